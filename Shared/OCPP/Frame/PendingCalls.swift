package import Core

/// The calls that we ask of one station. At most one may be under way; the rest wait, those that end a session before
/// the others, else in order. OCPP-J 1.6, §4.1.1.
///
/// Holds no socket and no clock: it is told what happened and returns what is to be done about it.
package struct PendingCalls<Ticket: Hashable & Sendable>: Sendable {
    package struct Limits: Sendable {
        /// Calls that wait behind the one under way.
        package var waiting = 20
        /// For an answer, counted from the moment of sending.
        package var answer: Duration = .seconds(10)

        package init() {}
    }

    package enum Priority: Int, Comparable, Sendable {
        case ordinary
        case endsTransaction

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// A call to be sent, and the ticket by which its asker knows it again.
    package struct Submission: Equatable, Sendable {
        package let ticket: Ticket
        package let id: MessageID
        /// The whole frame.
        package let frame: [UInt8]
        package let priority: Priority
        /// From this moment on it is not worth sending.
        package let sendBy: MonotonicInstant

        package init(
            ticket: Ticket, id: MessageID, frame: [UInt8], priority: Priority = .ordinary,
            sendBy: MonotonicInstant
        ) {
            self.ticket = ticket
            self.id = id
            self.frame = frame
            self.priority = priority
            self.sendBy = sendBy
        }
    }

    /// How a call ended without an answer.
    package enum Failure: Equatable, Sendable {
        /// It was never sent: too many wait.
        case queueFull
        /// It was never sent: its turn did not come in time.
        case neverSent
        /// It was sent, and no answer came in time; what the station did is not known.
        case noAnswer
        /// The connection ended; `wasSent` tells whether the station may have heard it.
        case lost(wasSent: Bool)
    }

    package enum Action: Equatable, Sendable {
        case send([UInt8])
        /// The frame that was just received answers this ticket.
        case deliver(Ticket)
        case fail(Ticket, Failure)
        /// An answer to nothing that is under way: too late, twice, or never asked.
        case reportStray(MessageID)
    }

    private struct UnderWay {
        let submission: Submission
        let answerBy: MonotonicInstant
    }

    private let limits: Limits
    private var underWay: UnderWay?
    private var waiting: [Submission] = []

    package init(limits: Limits = .init()) {
        self.limits = limits
    }

    package var waitingCount: Int { waiting.count }
    package var isIdle: Bool { underWay == nil && waiting.isEmpty }

    /// When `passed(_:)` wants to be called next; nil while nothing waits.
    package var nextDeadline: MonotonicInstant? {
        let sendBy = waiting.map(\.sendBy).min()
        guard let answerBy = underWay?.answerBy else { return sendBy }
        return min(answerBy, sendBy ?? answerBy)
    }

    package mutating func submit(_ submission: Submission, at now: MonotonicInstant) -> [Action] {
        guard underWay != nil else { return send(submission, at: now) }
        guard waiting.count < limits.waiting else { return [.fail(submission.ticket, .queueFull)] }
        let place = waiting.firstIndex { $0.priority < submission.priority } ?? waiting.endIndex
        waiting.insert(submission, at: place)
        return []
    }

    /// A CALLRESULT or CALLERROR for `id` has arrived.
    package mutating func received(answerTo id: MessageID, at now: MonotonicInstant) -> [Action] {
        guard let answered = underWay, answered.submission.id == id else { return [.reportStray(id)] }
        underWay = nil
        return [.deliver(answered.submission.ticket)] + sendNext(at: now)
    }

    /// Time has passed; calls beyond their deadline end.
    package mutating func passed(_ now: MonotonicInstant) -> [Action] {
        var actions: [Action] = []
        if let overdue = underWay, overdue.answerBy <= now {
            underWay = nil
            actions.append(.fail(overdue.submission.ticket, .noAnswer))
        }
        actions += dropOverdue(at: now)
        return underWay == nil ? actions + sendNext(at: now) : actions
    }

    /// The asker no longer wants it. What was sent cannot be called back; its answer is still awaited.
    package mutating func withdraw(_ ticket: Ticket) {
        waiting.removeAll { $0.ticket == ticket }
    }

    /// The connection is gone: nothing passes to the next one.
    package mutating func connectionEnded() -> [Action] {
        defer {
            underWay = nil
            waiting = []
        }
        let sent: [Action] = underWay.map { [.fail($0.submission.ticket, .lost(wasSent: true))] } ?? []
        return sent + waiting.map { .fail($0.ticket, .lost(wasSent: false)) }
    }

    private mutating func dropOverdue(at now: MonotonicInstant) -> [Action] {
        let overdue = waiting.filter { $0.sendBy <= now }
        waiting.removeAll { $0.sendBy <= now }
        return overdue.map { .fail($0.ticket, .neverSent) }
    }

    private mutating func sendNext(at now: MonotonicInstant) -> [Action] {
        let dropped = dropOverdue(at: now)
        guard !waiting.isEmpty else { return dropped }
        return dropped + send(waiting.removeFirst(), at: now)
    }

    private mutating func send(_ submission: Submission, at now: MonotonicInstant) -> [Action] {
        guard submission.sendBy > now else { return [.fail(submission.ticket, .neverSent)] }
        underWay = UnderWay(submission: submission, answerBy: now + limits.answer)
        return [.send(submission.frame)]
    }
}
