import Core
import Synchronization

extension EventLoop {
    /// Suspends the calling task for at least `duration`, by a deadline of this loop. Loop thread only.
    ///
    /// Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        checkIsolated()
        let sleeper = Sleeper(loop: self)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                sleeper.start(continuation, duration)
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
        guard !wasCancelled, !Task.isCancelled else {
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
