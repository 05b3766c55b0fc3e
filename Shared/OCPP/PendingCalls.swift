package import Core

/// The calls to one station: at most one is under way, the rest wait in order, those that end a session in front.
/// OCPP-J 1.6 §4.1.1. A value that says what to do; sockets and clocks are the caller's.
package struct PendingCalls: Sendable {
    package enum Action: Equatable, Sendable {
        case nothing
        case send(String)
        /// The queue is full.
        case refuse(String)
        /// An answer to the call that is under way, and the call to send next.
        case deliver(answerTo: String, thenSend: String?)
        /// The station took too long; its answer, should it still come, is nobody's any more.
        case giveUp(String, thenSend: String?)
        /// An answer that nobody waits for.
        case report(strayAnswer: String)
    }

    private struct Waiting {
        let id: String
        let isUrgent: Bool
    }

    private var underWay: (id: String, deadline: MonotonicInstant)?
    private var waiting: [Waiting] = []
    private let most: Int
    private let patience: Duration

    /// - Parameters:
    ///   - most: calls that may wait beside the one that is under way.
    ///   - patience: how long the station may take for an answer.
    package init(most: Int = 20, patience: Duration = .seconds(10)) {
        self.most = most
        self.patience = patience
    }

    package var isIdle: Bool { underWay == nil }
    package var count: Int { waiting.count + (isIdle ? 0 : 1) }
    /// When `expire` wants to be asked.
    package var deadline: MonotonicInstant? { underWay?.deadline }

    /// - Parameter isUrgent: goes in front of those that are not, behind those that are.
    package mutating func submit(_ id: String, isUrgent: Bool = false, at now: MonotonicInstant) -> Action {
        guard underWay != nil else {
            underWay = (id, now + patience)
            return .send(id)
        }
        guard waiting.count < most else { return .refuse(id) }
        let place = isUrgent ? waiting.firstIndex { !$0.isUrgent } ?? waiting.endIndex : waiting.endIndex
        waiting.insert(Waiting(id: id, isUrgent: isUrgent), at: place)
        return .nothing
    }

    package mutating func received(answerTo id: String, at now: MonotonicInstant) -> Action {
        guard underWay?.id == id else { return .report(strayAnswer: id) }
        return .deliver(answerTo: id, thenSend: next(at: now))
    }

    package mutating func expire(at now: MonotonicInstant) -> Action {
        guard let late = underWay, late.deadline <= now else { return .nothing }
        return .giveUp(late.id, thenSend: next(at: now))
    }

    /// The caller no longer wants it. One that is under way keeps its place: the station is at it.
    package mutating func withdraw(_ id: String) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: place)
        return true
    }

    /// Everything that ends with the connection: the call that is under way and those behind it. Nothing passes to the
    /// next connection.
    package mutating func drop() -> [String] {
        defer {
            underWay = nil
            waiting = []
        }
        return [underWay?.id].compactMap(\.self) + waiting.map(\.id)
    }

    private mutating func next(at now: MonotonicInstant) -> String? {
        guard !waiting.isEmpty else {
            underWay = nil
            return nil
        }
        let id = waiting.removeFirst().id
        underWay = (id, now + patience)
        return id
    }
}
