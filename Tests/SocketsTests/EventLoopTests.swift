import Core
import Sockets
import Synchronization
import Testing

@Suite struct `An event loop` {
    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value)
        async throws -> Value
    {
        let loops = try EventLoops(count: 1)
        let loop = loops.next()
        let value = try await Task(executorPreference: loop) { try await body(loop) }.value
        await loops.stop()
        return value
    }

    @Test func `runs the tasks that prefer it on its own thread`() async throws {
        let here = try await onLoop { loop in
            let before = loop.isCurrent
            await Task.yield()
            return before && loop.isCurrent && EventLoop.current === loop
        }
        #expect(here)
        #expect(EventLoop.current == nil)
    }

    @Test func `fires deadlines in the order of their time, equal ones in the order they were set`()
        async throws
    {
        let order = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<[String], Never>) in
                var fired: [String] = []
                loop.schedule(after: .milliseconds(30)) {
                    fired.append("late")
                    done.resume(returning: fired)
                }
                let soon = MonotonicInstant.now + .milliseconds(5)
                for name in ["first", "second", "third"] {
                    loop.schedule(at: soon) { fired.append(name) }
                }
                let cancelled = loop.schedule(after: .milliseconds(10)) { fired.append("cancelled") }
                cancelled.cancel()
                cancelled.cancel()
                loop.schedule(after: .milliseconds(1)) { fired.append("early") }
            }
        }
        #expect(order == ["early", "first", "second", "third", "late"])
    }

    @Test func `keeps the order of deadlines when any of them are cancelled`() async throws {
        let fired = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
                var fired: [Int] = []
                var deadlines: [Deadline] = []
                let start = MonotonicInstant.now
                // A fixed shuffle: 37 is coprime to 101.
                for step in 0..<101 {
                    let place = step * 37 % 101
                    deadlines.append(
                        loop.schedule(at: start + .microseconds(place * 50)) { fired.append(place) })
                }
                for (step, deadline) in deadlines.enumerated() where step.isMultiple(of: 3) {
                    deadline.cancel()
                }
                loop.schedule(after: .milliseconds(20)) { done.resume(returning: fired) }
            }
        }
        #expect(fired == fired.sorted())
        #expect(fired.count == 67)
    }

    @Test func `sleeps until the time has come`() async throws {
        let slept = try await onLoop { loop in
            let start = MonotonicInstant.now
            try await loop.sleep(for: .milliseconds(20))
            return MonotonicInstant.now - start
        }
        #expect(slept >= .milliseconds(20))
    }

    @Test func `lets tasks of other threads sleep on it too`() async throws {
        let loops = try EventLoops(count: 1)
        let start = MonotonicInstant.now
        try await loops.next().sleep(for: .milliseconds(10))
        #expect(MonotonicInstant.now - start >= .milliseconds(10))
        await loops.stop()
    }

    @Test func `wakes a sleeper whose task is cancelled`() async throws {
        try await onLoop { loop in
            let sleeper = Task(executorPreference: loop) { try await loop.sleep(for: .seconds(3_600)) }
            await Task.yield()
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
    }

    @Test func `does what other threads leave for it, each once and in order`() async throws {
        let loops = try EventLoops(count: 1)
        let loop = loops.next()
        let seen = Mutex<[Int]>([])
        for number in 0..<10_000 { loop.execute { seen.withLock { $0.append(number) } } }
        try await loop.run {}
        #expect(seen.withLock { $0 } == Array(0..<10_000))
        await loops.stop()
    }

    @Test func `brings back what was thrown on it`() async throws {
        let loops = try EventLoops(count: 1)
        let loop = loops.next()
        await #expect(throws: SocketError.self) {
            try await loop.run { throw SocketError(call: "test", number: 1) }
        }
        await loops.stop()
    }

    @Test func `runs what a turn's end adds within the same turn`() async throws {
        let order = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<[String], Never>) in
                var order: [String] = []
                loop.beforeWaiting {
                    order.append("first")
                    loop.beforeWaiting {
                        order.append("added")
                        done.resume(returning: order)
                    }
                }
                loop.schedule(after: .zero) { order.append("next turn") }
            }
        }
        #expect(order == ["first", "added"])
    }
}

@Suite struct `A socket address` {
    @Test(arguments: [
        ("127.0.0.1", 80, "127.0.0.1:80"), ("::1", 443, "[::1]:443"), ("0.0.0.0", 0, "0.0.0.0:0"),
    ])
    func `reads numeric addresses`(host: String, port: Int, text: String) throws {
        #expect(try #require(SocketAddress(host: host, port: port)).description == text)
    }

    @Test(arguments: [("localhost", 80), ("127.0.0.1", 65_536), ("127.0.0.1", -1), ("1.2.3", 1), ("", 1)])
    func `refuses everything else`(host: String, port: Int) {
        #expect(SocketAddress(host: host, port: port) == nil)
    }

    @Test func `finds names through the resolver`() async throws {
        let found = try await SocketAddress.resolve("localhost", port: 80)
        #expect(found.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
    }
}
