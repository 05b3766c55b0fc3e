import Synchronization

/// Lets work that blocks or burns a core run off the event loops, a few at a time: password hashing, PDF, libcurl.
///
/// Whoever finds the gate busy waits in order, without holding a thread; whoever finds the queue full is refused at
/// once, for an overloaded process must not collect promises.
package final class BlockingGate: Sendable {
    private let name: String
    private let begin: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let width: Int
    private let capacity: Int
    private let state = Mutex(State())

    /// Work, and what is to be done when it is over.
    private typealias Piece = @Sendable () -> (@Sendable () -> Void)

    private struct State {
        var running = 0
        var waiting: [Piece] = []
    }

    /// `width` pieces of work run side by side, `capacity` more may wait. `begin` runs a closure on a thread that may
    /// block: Dispatch's, of the module that owns the gate.
    package init(
        name: String, width: Int, capacity: Int,
        begin: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        precondition(width > 0 && capacity >= 0, "a gate has a way through")
        self.name = name
        self.width = width
        self.capacity = capacity
        self.begin = begin
    }

    package struct Full: Error, CustomStringConvertible {
        package let description: String
    }

    package func run<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let cancelled = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let admitted = admit {
                    // Work that nobody waits for any more is not begun.
                    let result =
                        cancelled.isSet ? .failure(CancellationError()) : Swift.Result { try work() }
                    return { continuation.resume(with: result) }
                }
                if !admitted {
                    continuation.resume(throwing: Full(description: "\(name): too much work waits"))
                }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    private func admit(_ work: @escaping Piece) -> Bool {
        enum Verdict { case start, wait, refuse }
        let verdict: Verdict = state.withLock { state in
            if state.running < width {
                state.running += 1
                return .start
            }
            guard state.waiting.count < capacity else { return .refuse }
            state.waiting.append(work)
            return .wait
        }
        if verdict == .start { begin { self.perform(work) } }
        return verdict != .refuse
    }

    private func perform(_ first: Piece) {
        var finish = first()
        // The way is free before anybody hears that it is.
        while let next = takeNext() {
            finish()
            finish = next()
        }
        finish()
    }

    private func takeNext() -> Piece? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
    }
}

/// A flag that a task's cancellation sets and that blocking work looks at.
package final class Cancellation: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isSet: Bool { flag.load(ordering: .relaxed) }

    package func set() {
        flag.store(true, ordering: .relaxed)
    }
}
