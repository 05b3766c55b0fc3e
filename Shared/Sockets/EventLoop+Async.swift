import Core
import Synchronization

extension EventLoop {
    /// Suspends the calling task for at least `duration`, by a deadline of this loop; from any task.
    ///
    /// Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper(loop: self)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // An actor's method that does nothing but sleep may get here before it has hopped to its loop.
                if isCurrent {
                    sleeper.start(continuation, duration)
                } else {
                    execute { sleeper.start(continuation, duration) }
                }
            }
        } onCancel: {
            execute { sleeper.cancel() }
        }
    }

    /// Runs `body` on the loop's thread and brings its result back; from any task.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        if isCurrent { return try body() }
        return try await withCheckedThrowingContinuation { continuation in
            execute { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// One sleeping task. Its state is touched on the loop's thread only.
private final class Sleeper: @unchecked Sendable {
    private let loop: EventLoop
    private var continuation: CheckedContinuation<Void, any Error>?
    private var deadline: Deadline?
    private var wasCancelled = false

    init(loop: EventLoop) {
        self.loop = loop
    }

    func start(_ continuation: CheckedContinuation<Void, any Error>, _ duration: Duration) {
        guard !wasCancelled else {
            continuation.resume(throwing: CancellationError())
            return
        }
        self.continuation = continuation
        deadline = loop.schedule(after: duration) { [self] in
            finish { $0.resume() }
        }
    }

    func cancel() {
        wasCancelled = true
        deadline?.cancel()
        finish { $0.resume(throwing: CancellationError()) }
    }

    private func finish(_ resume: (CheckedContinuation<Void, any Error>) -> Void) {
        guard let waiting = continuation else { return }
        continuation = nil
        resume(waiting)
    }
}
