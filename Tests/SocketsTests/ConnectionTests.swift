import Core
import Sockets
import Synchronization
import Testing

@Suite struct `A connection` {
    @Test(arguments: ["127.0.0.1", "::1", "::"])
    func `carries bytes both ways`(host: String) async throws {
        try await withServer(host: host, accept: { $0.handler = GreetAndClose() }) { address, loop in
            let reachable =
                host == "::" ? SocketAddress(host: "127.0.0.1", port: address.port) ?? address : address

            let heard = try await converse(with: reachable, on: loop, saying: "hello")

            #expect(String(decoding: heard.bytes, as: UTF8.self) == "hello to you")
            #expect(heard.reason == .peerClosed)
        }
    }

    @Test func `delivers everything before it closes in good order`() async throws {
        let answer = [UInt8](repeating: 7, count: 5_000_000)
        try await withServer(accept: { connection in
            connection.write(answer)
            connection.closeAfterFlush()
        }) { address, loop in
            // What the server never reads must not turn its last bytes into a reset.
            let heard = try await converse(with: address, on: loop, saying: "unread")

            #expect(heard.bytes.count == answer.count)
            #expect(heard.reason == .peerClosed)
        }
    }

    @Test func `offers what was left unused again in front of what follows`() async throws {
        let calls = Mutex<[String]>([])
        try await withServer(accept: { connection in
            let handler = Scripted()
            handler.onBytes = { bytes, connection in
                let text = String(decoding: bytes, as: UTF8.self)
                calls.withLock { $0.append(text) }
                guard text.hasSuffix(".") else {
                    connection.write(Array("more".utf8))
                    return 0
                }
                connection.closeAfterFlush()
                return bytes.count
            }
            connection.handler = handler
        }) { address, loop in
            let connection = try await loop.connect(to: address, timeout: .seconds(5))
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                let handler = Scripted()
                handler.onBytes = { bytes, connection in
                    connection.write(Array("two.".utf8))
                    return bytes.count
                }
                handler.onClosed = { _ in done.resume() }
                connection.handler = handler
                connection.write(Array("one ".utf8))
            }
        }
        #expect(calls.withLock { $0 } == ["one ", "one two."])
    }

    @Test func `ends when its handler leaves too much unused`() async throws {
        var limits = Connection.Limits()
        limits.carriedBytes = 10
        try await withServer(
            limits: limits,
            accept: { connection in
                let handler = Scripted()
                handler.onBytes = { _, _ in 0 }
                connection.handler = handler
            }
        ) { address, loop in
            let heard = try await converse(with: address, on: loop, saying: "more than ten bytes")

            #expect(heard.bytes.isEmpty)
        }
    }

    @Test func `is closed when its reader lets too much wait`() async throws {
        let reason = Mutex<CloseReason?>(nil)
        var limits = Connection.Limits()
        limits.outputBytes = 100_000
        try await withServer(
            limits: limits,
            accept: { connection in
                let handler = Scripted()
                handler.onClosed = { ended in reason.withLock { $0 = ended } }
                connection.handler = handler
                connection.write([UInt8](repeating: 0, count: 100_001))
            }
        ) { address, loop in
            _ = try await converse(with: address, on: loop)
        }
        #expect(reason.withLock { $0 } == .slowReader)
    }

    @Test func `tells its producer when waiting output has drained`() async throws {
        var limits = Connection.Limits()
        limits.highWater = 1_000
        limits.lowWater = 500
        try await withServer(
            limits: limits,
            accept: { connection in
                let handler = Scripted()
                handler.onDrained = { connection in
                    connection.write(Array("!".utf8))
                    connection.closeAfterFlush()
                }
                connection.handler = handler
                connection.write([UInt8](repeating: 46, count: 4_000_000))
            }
        ) { address, loop in
            let heard = try await converse(with: address, on: loop)

            #expect(heard.bytes.count == 4_000_001)
            #expect(heard.bytes.last == 33)
        }
    }

    @Test func `hears nothing while reading is paused, and everything afterwards`() async throws {
        try await withServer(accept: { connection in
            let handler = Scripted()
            handler.onBytes = { [unowned loop = connection.loop] bytes, connection in
                let first = bytes.count
                connection.pauseReading()
                loop.schedule(after: .milliseconds(20)) {
                    connection.handler = GreetAndClose()
                    connection.resumeReading()
                }
                return min(1, first)
            }
            connection.handler = handler
        }) { address, loop in
            let heard = try await converse(with: address, on: loop, saying: "abc")

            #expect(String(decoding: heard.bytes, as: UTF8.self) == "bc to you")
        }
    }

    @Test func `that nobody listens to is refused with the reason`() async throws {
        let loops = try EventLoops(count: 1)
        let loop = loops.next()
        let closed = try #require(SocketAddress(host: "127.0.0.1", port: 1))

        await #expect(throws: SocketError.self) {
            try await Task(executorPreference: loop) {
                let connection = try await loop.connect(to: closed, timeout: .seconds(5))
                connection.close()
            }.value
        }

        await loops.stop()
    }
}

@Suite struct `A listener` {
    @Test func `serves each connection on the loop that accepted it`() async throws {
        let loopsSeen = Mutex<Set<Int>>([])
        try await withServer(
            loops: 2,
            accept: { connection in
                loopsSeen.withLock { _ = $0.insert(connection.loop.index) }
                connection.handler = GreetAndClose()
            }
        ) { address, loop in
            // The kernel spreads by the peer's port: among this many both loops have their share.
            for _ in 0..<64 { _ = try await converse(with: address, on: loop, saying: "x") }
        }
        #expect(loopsSeen.withLock { $0 } == [0, 1])
    }

    @Test func `lets no more in than its limit, and the next when one has left`() async throws {
        var limits = Connection.Limits()
        limits.connectionsPerLoop = 1
        try await withServer(limits: limits, accept: { $0.handler = GreetAndClose() }) { address, loop in
            async let first = converse(with: address, on: loop, saying: "a")
            async let second = converse(with: address, on: loop, saying: "b")

            let heard = try await [first, second].map { String(decoding: $0.bytes, as: UTF8.self) }

            #expect(heard == ["a to you", "b to you"])
        }
    }

    @Test func `says which call failed when the port is taken by another program`() async throws {
        try await withServer(accept: { $0.close() }) { address, loop in
            // SO_REUSEPORT shares a port among sockets that all ask for it, so the refusal needs an address
            // that is not this machine's.
            let foreign = try #require(SocketAddress(host: "192.0.2.1", port: address.port))
            let loops = try EventLoops(count: 1)
            await #expect(throws: SocketError.self) {
                try await Listener.open(foreign, on: loops) { $0.close() }
            }
            await loops.stop()
        }
    }
}

/// Answers the first thing that it hears with ` to you` behind it, and closes.
final class GreetAndClose: ConnectionHandler {
    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        connection.write(Array(bytes) + Array(" to you".utf8))
        connection.closeAfterFlush()
        return bytes.count
    }
    func closed(_ connection: Connection, _ reason: CloseReason) {}
}
