/// Lets one through at a time, in the order in which they came. Whoever waits here holds no connection of the database and
/// no lock in it; there are never more of them than requests under way.
actor Turnstile {
    private var isTaken = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    private func enter() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func leave() {
        if queue.isEmpty { isTaken = false } else { queue.removeFirst().resume() }
    }

    /// Throws: what `work` throws, and `CancellationError` where nobody waits for it any more when its turn comes.
    nonisolated func pass<Value: Sendable>(
        _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        await enter()
        do {
            try Task.checkCancellation()
            let value = try await work()
            await leave()
            return value
        } catch {
            await leave()
            throw error
        }
    }
}
