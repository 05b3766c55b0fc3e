import Core
import FoundationEssentials

/// What a station's word for a moment is worth: its own time where it can be believed, else ours (api.md 5.2).
struct StationClock: Equatable, Sendable {
    let moment: Date
    /// Why the station's time gave way; nil where it holds.
    let doubt: String?

    /// A clock may run ahead of ours by this much.
    private static let mostAhead: TimeInterval = 300
    /// Before 2010 there was no OCPP.
    private static let earliest = Date(timeIntervalSince1970: 1_262_304_000)

    static func judge(_ claimed: Timestamp?, received: Date) -> StationClock {
        guard let claimed else { return StationClock(moment: received, doubt: nil) }
        if !claimed.hasZone { return StationClock(moment: received, doubt: "time without a zone") }
        if claimed.date < earliest { return StationClock(moment: received, doubt: "clock before 2010") }
        if claimed.date > received + mostAhead {
            return StationClock(moment: received, doubt: "clock ahead of ours")
        }
        return StationClock(moment: claimed.date, doubt: nil)
    }
}
