import CEpoll
import Dispatch
import Glibc
import Synchronization

/// The loops of a process, a thread each. They run from `init` until `stop`.
package final class EventLoops: Sendable {
    package let all: [EventLoop]
    private let turn = Atomic<Int>(0)
    private let threads: [pthread_t]

    /// - Parameters:
    ///   - count: how many; at least one.
    ///   - name: what the threads are called in `top` and `perf`, followed by their number.
    package init(count: Int, name: String = "loop") throws(SocketError) {
        precondition(count > 0, "a process needs at least one loop")
        // A peer that went away is an error of the write, not a signal to the process.
        signal(SIGPIPE, SIG_IGN)
        var loops: [EventLoop] = []
        for index in 0..<count { loops.append(try EventLoop(index: index)) }
        all = loops
        var started: [pthread_t] = []
        for loop in loops { started.append(try Self.startThread(for: loop, named: "\(name) \(loop.index)")) }
        threads = started
    }

    private static func startThread(for loop: EventLoop, named name: String) throws(SocketError) -> pthread_t
    {
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<EventLoop>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
        guard failure == 0 else { throw SocketError(call: "pthread_create", number: failure) }
        // The kernel keeps fifteen characters.
        voltbus_name_thread(thread, String(name.prefix(15)))
        return thread
    }

    /// Each loop in turn, for work that belongs to none.
    package func next() -> EventLoop {
        all[turn.wrappingAdd(1, ordering: .relaxed).oldValue % all.count]
    }

    /// Ends the threads after their ready jobs. Close listeners and connections before.
    package func stop() async {
        for loop in all { loop.stop() }
        let threads = threads
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // Joining blocks, so it must not happen on a loop or in the pool that runs tasks.
            DispatchQueue.global().async {
                for thread in threads { pthread_join(thread, nil) }
                continuation.resume()
            }
        }
    }
}
