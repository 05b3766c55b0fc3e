import Core
import Synchronization
import Testing

@Suite struct `A gate for blocking work` {
    /// Keeps what it is told to begin, so that a test says when it runs.
    private final class Threads: Sendable {
        private let work = Mutex<[@Sendable () -> Void]>([])

        var count: Int { work.withLock { $0.count } }

        func begin(_ more: @escaping @Sendable () -> Void) {
            work.withLock { $0.append(more) }
        }

        func runNext() {
            work.withLock { $0.removeFirst() }()
        }
    }

    @Test func `hands back what the work gave or threw`() async throws {
        let gate = BlockingGate(name: "test", width: 1, capacity: 0) { $0() }

        #expect(try await gate.run { 42 } == 42)
        await #expect(throws: OutsideLimits.self) { try await gate.run { throw OutsideLimits("x") } }
        #expect(try await gate.run { 43 } == 43)
    }

    @Test func `begins no more than its width and refuses what cannot wait`() async throws {
        let threads = Threads()
        let gate = BlockingGate(name: "test", width: 1, capacity: 1, begin: threads.begin)

        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 1...3 {
                group.addTask {
                    do { return try await gate.run { number } } catch is BlockingGate.Full { return nil }
                }
            }
            // Two are inside or waiting; the third hears no without any of them having run.
            #expect(try await group.next() == .some(nil))
            #expect(threads.count == 1)

            threads.runNext()
            let results = try await group.reduce(into: []) { $0.append($1) }
            #expect(results.compactMap(\.self).count == 2)
            #expect(threads.count == 0)
        }
    }

    @Test func `does not begin work that nobody waits for`() async {
        let threads = Threads()
        let gate = BlockingGate(name: "test", width: 1, capacity: 1, begin: threads.begin)
        let task = Task { try await gate.run { Issue.record("was run") } }
        while threads.count == 0 { await Task.yield() }

        task.cancel()
        threads.runNext()

        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
