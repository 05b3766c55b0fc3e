import Core
import Dispatch
import Synchronization

/// Whether the work was done in time. Work that does not listen to cancellation is left behind: that is the point,
/// and why no task group will do.
func finishes(within limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
    await value(within: limit) {
        await work()
        return true
    } ?? false
}

/// The work's result, or nil when it did not come in time; the work is cancelled then.
func value<Value: Sendable>(
    within limit: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withCheckedContinuation { continuation in
        let first = First(continuation)
        // Not on the caller's executor: work that blocks it would stop the clock as well.
        let task = Task(executorPreference: globalConcurrentExecutor) { first.say(await work()) }
        let end = DispatchTime.now() + .nanoseconds(Int(limit.wholeNanoseconds))
        DispatchQueue.global().asyncAfter(deadline: end) {
            task.cancel()
            first.say(nil)
        }
    }
}

/// Lets the first of two answers through.
private final class First<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value?, Never>?>

    init(_ continuation: CheckedContinuation<Value?, Never>) {
        self.continuation = Mutex(continuation)
    }

    func say(_ value: Value?) {
        continuation.withLock { $0.take() }?.resume(returning: value)
    }
}
