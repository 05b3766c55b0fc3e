import Core
import HTTP
import Hosting
import Postgres

/// One account of `/report/user`; an empty name stands for sessions that belong to nobody.
struct UserRow: Codable, Equatable, Sendable {
    var user: String
    var username: String
    /// Wh.
    var total: Int64
    var count: Int64
    /// Wh per session.
    var average: Double
    /// Minor units.
    var amount: Int64
}

extension UserRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        user = try cells.next()
        username = try cells.next()
        let sums = try SessionSums(&cells)
        total = sums.energyWh
        count = sums.sessions
        average = sums.average
        amount = sums.amount
    }
}

extension Query where Result == [UserRow] {
    static func users(of range: ReportRange, group: String?, cut: Cut) -> Self {
        """
        SELECT coalesce(nullif(driver.name, ''), driver.username, ''), coalesce(driver.username, ''), sums.energy_wh,
            sums.sessions, sums.amount
        FROM (\(SQL.sumsOfUsers(in: range, group: group))) AS sums (user_id, energy_wh, sessions, amount)
        LEFT JOIN accounts_view.account AS driver ON driver.user_id = sums.user_id
        ORDER BY 1, 2, sums.user_id
        LIMIT \(cut.limit)
        OFFSET \(cut.offset)
        """
    }
}

extension SQL {
    /// `user_id, energy_wh, sessions, amount`
    fileprivate static func sumsOfUsers(in range: ReportRange, group: String?) -> SQL {
        """
        SELECT part.user_id, \(raw: SessionSums.columns)
        \(SQL.parts(of: range, group: group, months: .ofUsers))
        GROUP BY part.user_id
        HAVING sum(part.sessions) <> 0
        """
    }
}

extension Reporting {
    func reportUsers(_ call: Call<None, SessionReportQuery, None>) async throws -> Listed<UserRow> {
        let range = try ReportRange(from: call.query.from, to: call.query.to)
        let (database, group) = (host.database, call.query.group)
        return try await Listed(call.query, of: call.request) {
            let users: Int64 = try await database.run(
                "SELECT count(*) FROM (\(SQL.sumsOfUsers(in: range, group: group))) AS sums")
            return Int(users)
        } rows: { cut in
            try await database.run(.users(of: range, group: group, cut: cut))
        }
    }
}
