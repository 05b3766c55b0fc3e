import Core

/// Why somebody who wanted to charge did not, or not to the end: the first of these that holds.
enum AttemptCause: String, CaseIterable, Codable, Sendable {
    /// The card is unknown, blocked, expired, charges elsewhere, or was withdrawn meanwhile.
    case refused
    /// No balance and no card that can pay.
    case noMeans = "no_means"
    /// The connector is occupied, reserved for somebody else, switched off, faulty, or its station is closed.
    case unavailable
    /// The charge point was away when an app asked for it.
    case offline
    /// The charge point said no to a start by an app.
    case rejected
    /// Allowed to charge, but no car was plugged in in time.
    case notPlugged = "not_plugged"
    /// Allowed to charge and plugged in, but the charge point never began.
    case noStart = "no_start"
    /// Plugged in, and nothing else: no card, no app.
    case abandoned
    /// Began, and ended properly without any energy.
    case noEnergy = "no_energy"
    /// The charge point broke it off: emergency stop, power loss, restart, another start at the same connector.
    case fault
    /// The charge point fell silent and was not heard of in time.
    case lost
    /// The energy flowed, and the payment failed.
    case unpaid
}

/// How far attempts came, as columns of their sums.
enum AttemptSums {
    static let names: StaticString = "attempts, plugged, authorised, started, energised, stopped, paid"
    /// Counted from rows of `reporting.attempt`.
    static let ofRows: StaticString = """
        count(*), count(*) FILTER (WHERE plugged), count(*) FILTER (WHERE authorised), count(*) FILTER (WHERE started),
        count(*) FILTER (WHERE energised), count(*) FILTER (WHERE stopped), count(*) FILTER (WHERE paid)
        """
}
