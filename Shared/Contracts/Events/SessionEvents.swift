package import Core
package import FoundationEssentials

/// What every event about a session says first. The session itself, with its frozen price and its readings, is read from
/// `gateway_view`.
package struct SessionReference: Codable, Equatable, Sendable {
    package var number: ID<ChargingSession>
    package var place: ConnectorPlace
    /// Nil for a start that nobody's tag authorised.
    package var user: ID<User>?
    /// The tag as the station sent or was sent it.
    package var tag: String

    package init(_ number: ID<ChargingSession>, at place: ConnectorPlace, of user: ID<User>?, tag: String) {
        self.number = number
        self.place = place
        self.user = user
        self.tag = tag
    }
}

/// A session got its number and waits for its station (`initialized`).
package struct SessionRequested: Event {
    package static let kind = "session.requested"
    package static let channel = Channel.session

    package var session: SessionReference
    package var requestedAt: Date

    package init(_ session: SessionReference, at date: Date) {
        self.session = session
        requestedAt = date
    }
}

/// What a running session aims at was changed: the gateway that holds its station reads the session anew.
package struct SessionChanged: Event {
    package static let kind = "session.changed"
    package static let channel = Channel.session

    package var session: ID<ChargingSession>
    package var chargePoint: ChargePointID

    package init(_ session: ID<ChargingSession>, on chargePoint: ChargePointID) {
        self.session = session
        self.chargePoint = chargePoint
    }
}

/// The station said that charging has begun.
package struct SessionStarted: LoggedEvent {
    package static let kind = "session.started"
    package static let channel = Channel.session
    package static let owner = Service.gateway

    package var session: SessionReference
    package var startedAt: Date
    package var meterStart: Energy
    package var reservation: ID<Reservation>?
    package var meeting: ID<Meeting>?

    package init(
        _ session: SessionReference, at date: Date, meterStart: Energy, reservation: ID<Reservation>? = nil,
        meeting: ID<Meeting>? = nil
    ) {
        self.session = session
        startedAt = date
        self.meterStart = meterStart
        self.reservation = reservation
        self.meeting = meeting
    }

    package var subject: String { "\(session.number)" }
}

/// Why a session is over (api.md 4.7).
package enum SessionEnd: String, CaseIterable, Codable, Sendable {
    case userStopped = "user_stopped"
    case batteryFull = "battery_full"
    case targetReached = "target_reached"
    case balanceExhausted = "balance_exhausted"
    case deauthorized
    case systemError = "system_error"
    case connectionLost = "connection_lost"
    case startTimeout = "start_timeout"
    case startRejected = "start_rejected"
}

/// A session is over, also one that never began: billing settles it, whatever it cost. Exactly one per session.
package struct SessionEnded: LoggedEvent {
    package static let kind = "session.ended"
    package static let channel = Channel.session
    package static let owner = Service.gateway

    package var session: SessionReference
    package var end: Open<SessionEnd>
    /// OCPP's word, or `stopped by system`, `aborted by system`.
    package var reason: String
    /// Nil when it never left `initialized`.
    package var startedAt: Date?
    package var endedAt: Date
    package var energy: Energy
    /// Whether the last meter value was guessed: a late StopTransaction may still amend it.
    package var isGuessed: Bool

    package init(
        _ session: SessionReference, end: Open<SessionEnd>, reason: String, startedAt: Date?, endedAt: Date,
        energy: Energy, isGuessed: Bool = false
    ) {
        self.session = session
        self.end = end
        self.reason = reason
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.energy = energy
        self.isGuessed = isGuessed
    }

    package var subject: String { "\(session.number)" }
}

/// The facts of an ended session changed: a late stop, an orphan attached, a reading reviewed. The bill follows.
package struct SessionAmended: LoggedEvent {
    package static let kind = "session.amended"
    package static let channel = Channel.session
    package static let owner = Service.gateway

    package var session: SessionReference
    /// Counts the amendments of this session from 1: billing books each once.
    package var amendment: Int
    package var energy: Energy
    package var endedAt: Date
    package var cause: Open<Cause>

    package enum Cause: String, CaseIterable, Codable, Sendable {
        case lateStop = "late_stop"
        case orphanAttached = "orphan_attached"
        case readingReviewed = "reading_reviewed"
    }

    package init(
        _ session: SessionReference, amendment: Int, energy: Energy, endedAt: Date, cause: Open<Cause>
    ) {
        self.session = session
        self.amendment = amendment
        self.energy = energy
        self.endedAt = endedAt
        self.cause = cause
    }

    package var subject: String { "\(session.number)" }
}
