import Synchronization

/// The wish to stop, made once and heard by everybody who waits for it.
final class StopRequest: Sendable {
    private struct State {
        var reason: String?
        var waiting: [Int: CheckedContinuation<String?, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Only the first counts.
    func make(_ reason: String) {
        let waiting = state.withLock { state in
            guard state.reason == nil else { return [Int: CheckedContinuation<String?, Never>]() }
            state.reason = reason
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: reason) }
    }

    /// The reason, or nil when the waiting task is cancelled.
    func wait() async -> String? {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: String?? = state.withLock { state in
                    if let reason = state.reason { return .some(reason) }
                    if Task.isCancelled { return .some(nil) }
                    state.waiting[number] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }
}
