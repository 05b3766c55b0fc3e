import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres

enum ReservationStatus: String, Codable, CaseIterable, Sendable {
    /// Of a booking whose time has not come, or on its way to the station.
    case planned
    case active, used, cancelled, expired, failed
}

/// A connector that is kept free for somebody (api.md 4.4).
struct ReservationBody: Codable, Equatable, Sendable {
    var id: Int64
    var user_id: Int64
    var charge_point_id: String
    var connector_id: Int
    /// Empty for a host who looks at a guest's: a tag is what the guest charges with.
    var id_tag: String
    @OrNull var meeting_id: Int64?
    var start_time: Date
    var expires_at: Date
    var status: ReservationStatus
    var detail: String
    var created_at: Date
}

struct ReservationRow: JoinedRow, Equatable, Sendable {
    var id: ID<Reservation>
    var user: ID<User>
    var point: String
    var connector: Int32
    var tag: String
    var meeting: ID<Meeting>?
    var startsAt: Date
    var expiresAt: Date
    var status: String
    var detail: String
    var createdAt: Date
    /// Host of the point.
    var owner: Int64?

    static let columns = """
        kept.id, kept.user_id, kept.charge_point_id, kept.connector_id, kept.tag, kept.meeting_id, kept.starts_at,
        kept.expires_at, kept.status, kept.detail, kept.created_at, point.owner_id
        """

    static let relations: SQL = """
        FROM accounts.reservation AS kept
        JOIN accounts.charge_point AS point ON point.charge_point_id = kept.charge_point_id
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        tag = try cells.next()
        meeting = try cells.next()
        startsAt = try cells.next()
        expiresAt = try cells.next()
        status = try cells.next()
        detail = try cells.next()
        createdAt = try cells.next()
        owner = try cells.next()
    }

    func isFor(_ caller: Caller) -> Bool {
        user.number == caller.user || owner == caller.user || caller.isPower
    }

    func body(for caller: Caller) -> ReservationBody {
        ReservationBody(
            id: id.number, user_id: user.number, charge_point_id: point, connector_id: Int(connector),
            id_tag: user.number == caller.user || caller.isPower ? tag : "", meeting_id: meeting?.number,
            start_time: startsAt, expires_at: expiresAt,
            status: ReservationStatus(rawValue: status) ?? .failed, detail: detail, created_at: createdAt)
    }
}

/// Every "no" about reservations that is none of a charge point's.
enum ReservationRefusal: Refusal, Equatable {
    case noSuchReservation
    case hasOneAlready
    case notActive(String)
    case connectorTaken(String)

    var problem: Problem {
        switch self {
        case .noSuchReservation: Problem(.notFound, "reservation not found")
        case .hasOneAlready: Problem(.conflict, code: 2031, "you have an active reservation already")
        case .notActive(let status): Problem(.conflict, code: 2031, "reservation is \(status)")
        case .connectorTaken(let why): Problem(.conflict, code: 2023, why)
        }
    }
}
