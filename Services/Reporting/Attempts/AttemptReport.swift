import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One line of `/reports/attempts`: how many who wanted to charge did.
struct AttemptRow: Codable, Equatable, Sendable {
    /// How many came so far. A car whose connector said nothing before it began counts as plugged in once energy flows.
    struct Stages: Codable, Equatable, Sendable {
        var plugged: Int64
        var authorised: Int64
        var started: Int64
        var energised: Int64
        var stopped: Int64
        var paid: Int64
    }

    /// A charge point, a model (`VENDOR MODEL`), or a month such as `2026-10`.
    var key: String
    var attempts: Int64
    var succeeded: Int64
    /// Two decimals.
    var success_percent: Double
    /// How many broke by what, of those that broke.
    var causes: [String: Int64]
    var stages: Stages
}

extension AttemptRow: RowDecodable {
    init(_ cells: inout Cells) throws {
        key = try cells.next()
        attempts = try cells.next()
        succeeded = try cells.next()
        success_percent = attempts == 0 ? 0 : (Double(succeeded) / Double(attempts) * 10_000).rounded() / 100
        causes = try JSONReader.decode([String: Int64].self, from: cells.next(JSONB.self).bytes)
        stages = Stages(
            plugged: try cells.next(), authorised: try cells.next(), started: try cells.next(),
            energised: try cells.next(), stopped: try cells.next(), paid: try cells.next())
    }
}

struct AttemptQuery: Codable, Sendable, PageParameters {
    enum Key: String, Codable, CaseIterable, Sendable {
        case charger, model, month
    }

    var from: String?
    var to: String?
    /// `charger` where it is not said.
    var by: Key?
    var page: Int?
    var per_page: Int?
    /// `desc`: the worst first.
    var order: Page.Order?
}

extension SQL {
    /// `key, attempts, succeeded, causes, plugged, authorised, started, energised, stopped, paid`
    fileprivate static func attempts(of range: ReportRange, by key: AttemptQuery.Key) -> SQL {
        let nothing = RangePiece(size: .moment, begin: range.begin, end: range.begin, isTaken: false)
        let pieces = [nothing] + range.pieces(of: [.month, .day, .moment])
        let (name, models): (SQL, SQL) =
            switch key {
            case .charger: ("part.charge_point_id", .nothing)
            case .month: ("to_char(part.moment AT TIME ZONE 'UTC', 'YYYY-MM')", .nothing)
            case .model:
                (
                    "coalesce(nullif(btrim(station.vendor || ' ' || station.model), ''), 'unknown')",
                    "LEFT JOIN gateway_view.station AS station ON station.charge_point_id = part.charge_point_id"
                )
            }
        return """
            SELECT key, sum(attempts)::bigint AS attempts,
                coalesce(sum(attempts) FILTER (WHERE cause = ''), 0)::bigint AS succeeded,
                coalesce(jsonb_object_agg(cause, attempts) FILTER (WHERE cause <> ''), '{}') AS causes,
                sum(plugged)::bigint AS plugged, sum(authorised)::bigint AS authorised, sum(started)::bigint AS started,
                sum(energised)::bigint AS energised, sum(stopped)::bigint AS stopped, sum(paid)::bigint AS paid
            FROM (
                SELECT \(name) AS key, part.cause, sum(part.attempts) AS attempts, sum(part.plugged) AS plugged,
                    sum(part.authorised) AS authorised, sum(part.started) AS started, sum(part.energised) AS energised,
                    sum(part.stopped) AS stopped, sum(part.paid) AS paid
                FROM (
                    \(SQL.union(pieces, attempts))
                ) AS part (moment, charge_point_id, cause, \(raw: AttemptSums.names))
                \(models)
                GROUP BY 1, 2
                HAVING sum(part.attempts) <> 0
            ) AS cause
            GROUP BY key
            """
    }

    private static func attempts(_ piece: RangePiece, sign: SQL) -> SQL {
        let sums: SQL = """
            \(sign) * attempts, \(sign) * plugged, \(sign) * authorised, \(sign) * started, \(sign) * energised,
            \(sign) * stopped, \(sign) * paid
            """
        return switch piece.size {
        case .year, .month:
            """
            SELECT month, charge_point_id, cause, \(sums)
            FROM reporting.attempt_month WHERE month >= \(piece.begin) AND month < \(piece.end)
            """
        case .day, .hour:
            """
            SELECT day, charge_point_id, cause, \(sums)
            FROM reporting.attempt_day WHERE day >= \(piece.begin) AND day < \(piece.end)
            """
        case .moment:
            """
            SELECT at, charge_point_id, cause, \(sign)::bigint, \(sign) * plugged::integer, \(sign) * authorised::integer,
                \(sign) * started::integer, \(sign) * energised::integer, \(sign) * stopped::integer, \(sign) * paid::integer
            FROM reporting.attempt WHERE at >= \(piece.begin) AND at < \(piece.end)
            """
        }
    }
}

extension Query where Result == [AttemptRow] {
    /// The lowest share of successes first; of two alike, the one with more failures.
    fileprivate static func attempts(of range: ReportRange, by key: AttemptQuery.Key, cut: Cut) -> Self {
        let order: SQL =
            cut.order == .descending
            ? "succeeded::numeric / attempts, attempts - succeeded DESC, key"
            : "succeeded::numeric / attempts DESC, attempts - succeeded, key DESC"
        return """
            SELECT key, attempts, succeeded, causes, plugged, authorised, started, energised, stopped, paid
            FROM (\(SQL.attempts(of: range, by: key))) AS line
            ORDER BY \(order)
            LIMIT \(cut.limit)
            OFFSET \(cut.offset)
            """
    }
}

extension Reporting {
    func reportAttempts(_ call: Call<None, AttemptQuery, None>) async throws -> PagedList<AttemptRow> {
        let range = try ReportRange(
            from: call.query.from, to: call.query.to, orLast: 30, at: host.clock.now)
        let (database, key) = (host.database, call.query.by ?? .charger)
        return try await PagedList(call.query) {
            Int(
                try await database.run("SELECT count(*) FROM (\(SQL.attempts(of: range, by: key))) AS line")
                    as Int64)
        } rows: { cut in
            try await database.run(.attempts(of: range, by: key, cut: cut))
        }
    }

    /// Follows what needs time to be told: attempts that no session came of, and payments that came later.
    package func gatherAttempts() async throws -> Int {
        var portions = 0
        repeat {
            portions += 1
            try Task.checkCancellation()
        } while try await host.database.transaction({ transaction in
            try await transaction.run(.holdSums, within: .seconds(300))
            let isMore = try await GatherAttempts(at: host.clock.now).portion(in: transaction)
            return try await lookAtPayments(in: transaction) || isMore
        })
        return portions
    }

    /// Nobody tells that a card paid at last. Whether there may be more.
    private func lookAtPayments(in transaction: Transaction) async throws -> Bool {
        let paid: [Int64] = try await transaction.run(
            """
            SELECT attempt.number
            FROM reporting.attempt AS attempt
            JOIN billing_view.settled_session AS settled ON settled.session_id = attempt.number
            WHERE attempt.origin = 'session' AND attempt.energised AND NOT attempt.paid AND settled.paid >= settled.cost
            ORDER BY attempt.number
            LIMIT 500
            """)
        for session in paid {
            try await transaction.run(.dropAttempts(ofSessions: session...session))
            try await transaction.run(.readAttempts(ofSessions: session...session))
        }
        return paid.count == 500
    }
}
