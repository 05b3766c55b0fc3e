import Core
import Sockets

/// One statement on its way: waiting for a connection, under way on one, or answered.
///
/// Touched on its loop's thread only; this confinement is what `@unchecked Sendable` stands for.
final class Errand: @unchecked Sendable {
    enum Work {
        case statement(SQL)
        /// Several statements in one text, without binds; only on a connection that nobody else uses.
        case script(String)
    }

    /// What the server answers to, in order; the synchronisation ends them.
    enum Step: Hashable {
        case begin
        case prepare
        case execute
    }

    let work: Work
    let submittedAt = MonotonicInstant.now
    let deadline: MonotonicInstant
    /// Opens the transaction under the same synchronisation: if it fails, the statement is not executed.
    let opening: StaticString?
    /// In a transaction a failed statement cannot simply be sent again.
    let isInTransaction: Bool
    var sequence: UInt64 = 0

    // While it is under way.
    var steps: [Step] = []
    var stepsDone = 0
    var result: RowSet?
    var failure: DatabaseError?
    var preparationFailed = false
    var wasAskedToStop = false
    var timesSent = 0

    private(set) var isCancelled = false
    private var answer: CheckedContinuation<RowSet, any Error>?

    init(
        _ work: Work, deadline: MonotonicInstant, opening: StaticString? = nil, isInTransaction: Bool = false
    ) {
        self.work = work
        self.deadline = deadline
        self.opening = opening
        self.isInTransaction = isInTransaction
    }

    var shape: StatementShape? {
        if case .statement(let sql) = work { sql.shape } else { nil }
    }

    func awaitAnswer(_ continuation: CheckedContinuation<RowSet, any Error>) {
        answer = continuation
    }

    func cancel() {
        isCancelled = true
    }

    /// From any thread; `then` runs on the loop afterwards.
    func loopCancel(on loop: EventLoop, then: @escaping @Sendable () -> Void) {
        loop.execute { [self] in
            cancel()
            then()
        }
    }

    func mustStop(at now: MonotonicInstant) -> Bool {
        isCancelled || deadline <= now
    }

    func succeed(_ rows: RowSet) {
        answer?.resume(returning: rows)
        answer = nil
    }

    func fail(_ error: any Error) {
        answer?.resume(throwing: error)
        answer = nil
    }

    /// Fails as one that was stopped while it waited or ran, and took no effect.
    func failAsStopped() {
        if isCancelled {
            fail(CancellationError())
        } else {
            fail(error(.deadlineExceeded(.impossible), "The statement took too long and was cancelled."))
        }
    }

    func error(_ kind: DatabaseError.Kind, _ message: String) -> DatabaseError {
        DatabaseError(kind, message, in: shape)
    }

    /// As before it was sent.
    func reset() {
        steps = []
        stepsDone = 0
        result = nil
        failure = nil
        preparationFailed = false
    }
}
