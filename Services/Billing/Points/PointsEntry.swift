import Contracts
import Core
import FoundationEssentials
import Postgres

/// A movement of points, as the API shows it (api.md 4.9).
struct PointsBody: Codable, Equatable, Sendable {
    var id: Int64
    var user_id: Int64
    var points: Int64
    var reason: String
    var description: String
    @OrNull var charging_id: Int64?
    var balance_after: Int64
    var created_at: Date
}

extension PointsBody: RowDecodable {
    static let columns: StaticString =
        "id, user_id, points, reason, description, charging_id, balance_after, created_at"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user_id = try cells.next()
        points = Int64(try cells.next(Int32.self))
        reason = try cells.next()
        description = try cells.next()
        charging_id = try cells.next()
        balance_after = try cells.next()
        created_at = try cells.next()
    }
}

/// A movement before it is written.
struct PointsMove: Sendable {
    var user: ID<User>
    var points: Int64
    /// `charging`, `exchange` or `manual`.
    var reason: String
    var description: String
    var session: ID<ChargingSession>?
    var balanceAfter: Int64
    var cause: String
}

/// What moved, and what there is now: less moves than was asked for where it would fall below nothing.
struct MovedPoints: Row, Sendable {
    var moved: Int64
    var after: Int64

    static let columns = "moved, after"

    init(_ cells: inout Cells) throws {
        moved = try cells.next()
        after = try cells.next()
    }
}

extension Query where Result == Int64? {
    static func points(of user: ID<User>) -> Self {
        "SELECT points FROM billing.points WHERE user_id = \(user)"
    }

    /// No row where they would fall below nothing.
    static func spendPoints(of user: ID<User>, by points: Int64) -> Self {
        """
        UPDATE billing.points SET points = points + \(points) WHERE user_id = \(user) AND points + \(points) >= 0
        RETURNING points
        """
    }
}

extension Transaction {
    /// Never below nothing, whatever is taken back.
    func movePoints(of user: ID<User>, by points: Int64) async throws -> MovedPoints {
        try await run(.openPoints(of: user))
        return try await run(.movePoints(of: user, by: points))
    }
}

extension Query where Result == Void {
    fileprivate static func openPoints(of user: ID<User>) -> Self {
        "INSERT INTO billing.points (user_id) VALUES (\(user)) ON CONFLICT DO NOTHING"
    }
}

extension Query where Result == Void {
    /// More points, and the entry of them, by one statement.
    static func earnPoints(
        _ points: Int64, of user: ID<User>, for session: ID<ChargingSession>, _ description: String,
        cause: String,
        at now: Date
    ) -> Self {
        """
        WITH purse AS (
            INSERT INTO billing.points AS known (user_id, points) VALUES (\(user), \(points))
            ON CONFLICT (user_id) DO UPDATE SET points = known.points + excluded.points
            RETURNING points
        )
        INSERT INTO billing.points_entry (user_id, points, reason, description, charging_id, balance_after, cause, created_at)
        SELECT \(user), \(Int32(clamping: points)), 'charging', \(description), \(session), purse.points, \(cause), \(now)
        FROM purse
        """
    }
}

extension Query where Result == MovedPoints {
    fileprivate static func movePoints(of user: ID<User>, by points: Int64) -> Self {
        """
        WITH held AS (
            SELECT points FROM billing.points WHERE user_id = \(user) FOR UPDATE
        )
        UPDATE billing.points AS known
        SET points = greatest(0, known.points + \(points))
        FROM held
        WHERE known.user_id = \(user)
        RETURNING known.points - held.points, known.points
        """
    }
}

extension Query where Result == ID<PointsBody> {
    static func enterPoints(_ move: PointsMove, at now: Date) -> Self {
        """
        INSERT INTO billing.points_entry
            (user_id, points, reason, description, charging_id, balance_after, cause, created_at)
        VALUES (\(move.user), \(Int32(clamping: move.points)), \(move.reason), \(move.description),
            \(move.session as ID<ChargingSession>?), \(move.balanceAfter), \(move.cause), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func enter(_ move: PointsMove, at now: Date) -> Self {
        Query<Void>(Query<ID<PointsBody>>.enterPoints(move, at: now).sql)
    }
}

extension Query where Result == [PointsBody] {
    static func pointsEntries(of user: ID<User>, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: PointsBody.columns) FROM billing.points_entry
            WHERE user_id = \(user) ORDER BY id \(order) LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == PointsBody? {
    static func pointsEntry(_ id: Int64) -> Self {
        "SELECT \(raw: PointsBody.columns) FROM billing.points_entry WHERE id = \(id)"
    }
}

extension Query where Result == Int64 {
    static func countPointsEntries(of user: ID<User>) -> Self {
        "SELECT count(*) FROM billing.points_entry WHERE user_id = \(user)"
    }
}
