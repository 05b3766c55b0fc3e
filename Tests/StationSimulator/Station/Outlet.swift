import Core
import FoundationEssentials
import OCPP

/// One connector of a station: its cable, its meter, its session.
struct Outlet {
    /// Who may charge as soon as the cable is in.
    struct Awaited {
        let idTag: String
        /// Tells this wait from an earlier one that ended.
        let number: Int
    }

    /// Who it is kept for.
    struct Kept {
        let reservation: Int
        let idTag: String
        let until: Date
    }

    let number: Int
    var meter: EnergyMeter
    var status = V16.ChargePointStatus.available
    var errorCode = V16.ChargePointErrorCode.noError
    var isPlugged = false
    var isOperative = true
    /// Goes out of service when its session has ended.
    var isToClose = false
    var session: Session?
    var awaited: Awaited?
    var kept: Kept?
    /// Up to when the meter has counted, by the station's clock.
    var countedUntil: Date

    /// The meter counts what the car drew since it was last looked at.
    mutating func count(until now: Date) {
        if session != nil, status == .charging {
            meter.pass(seconds: max(0, now.timeIntervalSince(countedUntil)))
        }
        countedUntil = now
    }

    func isKept(from tag: String, at now: Date) -> Bool {
        kept.map { $0.until > now && $0.idTag.lowercased() != tag.lowercased() } ?? false
    }

    var isFree: Bool { session == nil && awaited == nil && isOperative && errorCode == .noError }
}

/// One charging session as the station knows it. Shared by the messages about it that still wait to be sent.
final class Session {
    let connector: Int
    let idTag: String
    let startedAt: Timestamp
    let meterStart: Int
    /// By which it began.
    let reservation: Int?
    /// Nil until the central system has answered the start.
    var transactionId: Int?

    init(connector: Int, idTag: String, startedAt: Timestamp, meterStart: Int, reservation: Int?) {
        self.connector = connector
        self.idTag = idTag
        self.startedAt = startedAt
        self.meterStart = meterStart
        self.reservation = reservation
    }
}

/// What must reach the central system some day, in order, however long the connection is away.
enum TransactionMessage {
    case start(Session)
    case readings(Session?, connector: Int, [V16.MeterValue])
    case stop(Session, V16.StopTransaction.Request)
}
