package import Core

/// When to ping a peer and when to believe that it is gone. A value that is told the time.
package struct KeepAlive: Equatable, Sendable {
    package enum Action: Equatable, Sendable { case wait, ping, giveUp }

    private let interval: Duration
    private let patience: Duration
    private var nextPing: MonotonicInstant
    /// Until when the oldest unanswered ping must be followed by a sign of life.
    private var answerDue: MonotonicInstant?

    /// - Parameters:
    ///   - interval: between pings, whatever else is said.
    ///   - patience: how long after a ping anything at all must have arrived.
    package init(interval: Duration, patience: Duration, now: MonotonicInstant) {
        self.interval = interval
        self.patience = patience
        nextPing = now + interval
    }

    /// Any bytes are a sign of life, a Pong is only the surest.
    package mutating func heard() {
        answerDue = nil
    }

    /// When `due` should be asked next.
    package var next: MonotonicInstant {
        answerDue.map { min($0, nextPing) } ?? nextPing
    }

    /// What the time asks for.
    ///
    /// - Parameter isDeaf: reading is paused, so that an answer may lie unread; silence then proves nothing.
    package mutating func due(at now: MonotonicInstant, isDeaf: Bool) -> Action {
        if let due = answerDue, due <= now {
            guard isDeaf else { return .giveUp }
            answerDue = nil
        }
        guard nextPing <= now else { return .wait }
        nextPing = now + interval
        guard !isDeaf else { return .wait }
        if answerDue == nil { answerDue = now + patience }
        return .ping
    }
}
