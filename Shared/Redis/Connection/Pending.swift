import Sockets

/// One command on its way, from the call to its answer or to the end of the caller's patience, whichever is first.
///
/// Touched on its loop's thread only; this confinement is what `@unchecked Sendable` stands for.
final class Pending: @unchecked Sendable {
    private var onEnd: ((Result<Reply, any Error>) -> Void)?
    private var outcome: Result<Reply, any Error>?
    private var deadline: Deadline?
    /// What the connection had heard when the command was sent; none while it waits for a connection.
    var arrivalsBefore: UInt64?

    var hasEnded: Bool { outcome != nil }

    /// `onEnd` is called once; at once when it has ended already, by a cancellation that overtook it.
    func whenEnded(_ onEnd: @escaping (Result<Reply, any Error>) -> Void) {
        if let outcome { onEnd(outcome) } else { self.onEnd = onEnd }
    }

    func expire(by deadline: Deadline) { self.deadline = deadline }

    func succeed(_ reply: Reply) {
        if case .error(let text) = reply {
            end(.failure(RedisError(.refused(code: String(text.prefix { $0 != " " })), text)))
        } else {
            end(.success(reply))
        }
    }

    func fail(_ error: any Error) { end(.failure(error)) }

    private func end(_ outcome: Result<Reply, any Error>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        deadline?.cancel()
        deadline = nil
        onEnd?(outcome)
        onEnd = nil
    }
}
