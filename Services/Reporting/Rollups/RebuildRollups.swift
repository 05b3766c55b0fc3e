package import Core
import FoundationEssentials
package import Postgres

/// Makes all facts and sums anew from what gateway and billing publish, in portions of their own transactions, beside
/// everything that goes on. Any number of processes may work on it: each takes the next portion.
package struct RebuildRollups: Sendable {
    let database: Database
    let clock: Clock
    /// Sessions of one portion.
    let portion: Int64

    package init(_ database: Database, clock: Clock = .system, portion: Int64 = 5_000) {
        self.database = database
        self.clock = clock
        self.portion = portion
    }

    /// How far it has come after a portion.
    package enum Progress: Equatable, Sendable {
        case facts(upTo: Int64)
        /// Of signals that no session came of.
        case attempts
        case sums(day: String)
        case done
    }

    /// Begins it, also when one is half done.
    package func ask() async throws {
        let now = clock.now
        try await database.transaction { transaction in
            try await transaction.run(
                """
                INSERT INTO reporting.rebuild AS work (asked_at) VALUES (\(now))
                ON CONFLICT (only_one) DO UPDATE
                SET asked_at = excluded.asked_at, session_id = 0, day = NULL, finished_at = NULL
                """)
            try await transaction.run(.holdSums, within: .seconds(300))
            try await transaction.run(.forgetCursor)
        }
    }

    /// Does what was asked for to its end; nothing when nothing was. Returns the number of portions.
    @discardableResult
    package func run(_ tell: (Progress) -> Void = { _ in }) async throws -> Int {
        var portions = 0
        while true {
            try Task.checkCancellation()
            let progress = try await database.transaction { try await step(in: $0) }
            guard let progress else { return portions }
            portions += 1
            tell(progress)
            if progress == .done { return portions }
        }
    }

    private struct Position: RowDecodable {
        let session: Int64
        let last: Int64
        let day: Date?

        init(_ cells: inout Cells) throws {
            session = try cells.next()
            last = try cells.next()
            day = try cells.next()
        }
    }

    private func step(in transaction: Transaction) async throws -> Progress? {
        let position: Position? = try await transaction.run(
            """
            SELECT work.session_id,
                coalesce((SELECT max(session_id) FROM gateway_view.session), 0),
                work.day::timestamp AT TIME ZONE 'UTC'
            FROM reporting.rebuild AS work
            WHERE work.finished_at IS NULL
            FOR UPDATE
            """)
        guard let position else { return nil }
        // Whoever follows the events waits until this portion is over.
        try await transaction.run(.holdSums, within: .seconds(300))
        if position.session < position.last {
            return try await facts(after: position.session, in: transaction)
        }
        if position.day == nil, try await GatherAttempts(at: clock.now).portion(in: transaction) {
            return .attempts
        }
        return try await sums(after: position.day.map { CalendarDay(of: $0, in: .gmt) }, in: transaction)
    }

    private func facts(after session: Int64, in transaction: Transaction) async throws -> Progress {
        let range = (session + 1)...(session + portion)
        try await transaction.run(
            """
            DELETE FROM reporting.session_flow
            WHERE session_id BETWEEN \(range.lowerBound) AND \(range.upperBound)
            """)
        try await transaction.run(
            """
            DELETE FROM reporting.session_fact
            WHERE session_id BETWEEN \(range.lowerBound) AND \(range.upperBound)
            """)
        try await transaction.run(.readFacts(of: range), within: Self.patience)
        try await transaction.run(.readFlows(of: range), within: Self.patience)
        try await transaction.run(.dropAttempts(ofSessions: range), within: Self.patience)
        try await transaction.run(.readAttempts(ofSessions: range), within: Self.patience)
        try await transaction.run("UPDATE reporting.rebuild SET session_id = \(range.upperBound)")
        return .facts(upTo: range.upperBound)
    }

    private func sums(after last: CalendarDay?, in transaction: Transaction) async throws -> Progress {
        let first = last?.adding(days: 1).start ?? .distantPast
        guard let next = try await transaction.run(.nextDayWithSums(from: first)) else {
            try await transaction.run("UPDATE reporting.rebuild SET finished_at = \(clock.now)")
            return .done
        }
        let day = CalendarDay(of: next, in: .gmt)
        var statements = Self.sumsOfDay(day.start, day.adding(days: 1).start)
        if last?.firstOfMonth != day.firstOfMonth {
            statements += Self.sumsOfMonth(day.firstOfMonth.start, day.firstOfNextMonth.start)
            statements += Self.sumsOfYear(day)
        }
        for statement in statements { try await transaction.run(statement, within: Self.patience) }
        try await transaction.run("UPDATE reporting.rebuild SET day = \(day.text)::date")
        return .sums(day: day.text)
    }

    private static let patience = Duration.seconds(300)
}

extension Query where Result == Date? {
    /// The first moment from there on about which a fact or a sum says something.
    fileprivate static func nextDayWithSums(from first: Date) -> Self {
        """
        SELECT min(moment) FROM (
            SELECT min(hour) AS moment FROM reporting.rollup_hour WHERE hour >= \(first)
            UNION ALL SELECT min(hour) FROM reporting.flow_hour WHERE hour >= \(first)
            UNION ALL SELECT min(ended_at) FROM reporting.session_fact WHERE ended_at >= \(first)
            UNION ALL SELECT min(hour) FROM reporting.session_flow WHERE hour >= \(first)
            UNION ALL SELECT min(month) FROM reporting.point_month WHERE month >= \(first)
            UNION ALL SELECT min(month) FROM reporting.user_month WHERE month >= \(first)
            UNION ALL SELECT min(year) FROM reporting.user_year WHERE year >= \(first)
            UNION ALL SELECT min(hour) FROM reporting.network_hour WHERE hour >= \(first)
            UNION ALL SELECT min(day) FROM reporting.point_day WHERE day >= \(first)
            UNION ALL SELECT min(at) FROM reporting.attempt WHERE at >= \(first)
            UNION ALL SELECT min(day) FROM reporting.attempt_day WHERE day >= \(first)
            UNION ALL SELECT min(month) FROM reporting.attempt_month WHERE month >= \(first)
        ) AS known
        """
    }
}

extension RebuildRollups {
    fileprivate static func sumsOfDay(_ begin: Date, _ end: Date) -> [Query<Void>] {
        [
            "DELETE FROM reporting.rollup_hour WHERE hour >= \(begin) AND hour < \(end)",
            """
            INSERT INTO reporting.rollup_hour
                (hour, charge_point_id, user_id, plan_id, sessions, energy_wh, amount)
            SELECT date_trunc('hour', ended_at, 'UTC'), charge_point_id, user_id, plan_id, count(*), sum(energy_wh),
                sum(amount)
            FROM reporting.session_fact
            WHERE ended_at >= \(begin) AND ended_at < \(end)
            GROUP BY 1, 2, 3, 4
            """,
            "DELETE FROM reporting.flow_hour WHERE hour >= \(begin) AND hour < \(end)",
            """
            INSERT INTO reporting.flow_hour (hour, charge_point_id, user_id, energy_wh, seconds)
            SELECT flow.hour, fact.charge_point_id, fact.user_id, sum(flow.energy_wh), sum(flow.seconds)
            FROM reporting.session_flow AS flow
            JOIN reporting.session_fact AS fact ON fact.session_id = flow.session_id
            WHERE flow.hour >= \(begin) AND flow.hour < \(end)
            GROUP BY 1, 2, 3
            """,
            "DELETE FROM reporting.network_hour WHERE hour >= \(begin) AND hour < \(end)",
            """
            INSERT INTO reporting.network_hour (hour, energy_wh, seconds)
            SELECT hour, sum(energy_wh), sum(seconds)
            FROM reporting.flow_hour
            WHERE hour >= \(begin) AND hour < \(end)
            GROUP BY hour
            """,
            "DELETE FROM reporting.point_day WHERE day = \(begin)",
            """
            INSERT INTO reporting.point_day (day, charge_point_id, sessions, energy_wh, amount, seconds)
            SELECT \(begin), charge_point_id, sum(sessions), sum(energy_wh), sum(amount), sum(seconds)
            FROM (
                SELECT charge_point_id, sessions, energy_wh, amount, 0::bigint
                FROM reporting.rollup_hour
                WHERE hour >= \(begin) AND hour < \(end)
                UNION ALL
                SELECT charge_point_id, 0, 0, 0, seconds
                FROM reporting.flow_hour
                WHERE hour >= \(begin) AND hour < \(end)
            ) AS part (charge_point_id, sessions, energy_wh, amount, seconds)
            GROUP BY charge_point_id
            """,
            "DELETE FROM reporting.attempt_day WHERE day = \(begin)",
            """
            INSERT INTO reporting.attempt_day (day, charge_point_id, cause, \(raw: AttemptSums.names))
            SELECT \(begin), charge_point_id, cause, \(raw: AttemptSums.ofRows)
            FROM reporting.attempt
            WHERE at >= \(begin) AND at < \(end)
            GROUP BY charge_point_id, cause
            """,
        ]
    }

    fileprivate static func sumsOfMonth(_ begin: Date, _ end: Date) -> [Query<Void>] {
        [
            "DELETE FROM reporting.point_month WHERE month = \(begin)",
            """
            INSERT INTO reporting.point_month (month, charge_point_id, sessions, energy_wh, amount, seconds)
            SELECT \(begin), charge_point_id, sum(sessions), sum(energy_wh), sum(amount), sum(seconds)
            FROM (
                SELECT charge_point_id, 1::bigint, energy_wh, amount, 0::bigint
                FROM reporting.session_fact
                WHERE ended_at >= \(begin) AND ended_at < \(end)
                UNION ALL
                SELECT fact.charge_point_id, 0, 0, 0, flow.seconds
                FROM reporting.session_flow AS flow
                JOIN reporting.session_fact AS fact ON fact.session_id = flow.session_id
                WHERE flow.hour >= \(begin) AND flow.hour < \(end)
            ) AS part (charge_point_id, sessions, energy_wh, amount, seconds)
            GROUP BY charge_point_id
            """,
            "DELETE FROM reporting.user_month WHERE month = \(begin)",
            """
            INSERT INTO reporting.user_month (month, user_id, sessions, energy_wh, amount)
            SELECT \(begin), user_id, count(*), sum(energy_wh), sum(amount)
            FROM reporting.session_fact
            WHERE ended_at >= \(begin) AND ended_at < \(end)
            GROUP BY user_id
            """,
            "DELETE FROM reporting.attempt_month WHERE month = \(begin)",
            """
            INSERT INTO reporting.attempt_month (month, charge_point_id, cause, \(raw: AttemptSums.names))
            SELECT \(begin), charge_point_id, cause, \(raw: AttemptSums.ofRows)
            FROM reporting.attempt
            WHERE at >= \(begin) AND at < \(end)
            GROUP BY charge_point_id, cause
            """,
        ]
    }

    /// Of the months up to this one: the later ones make it whole.
    fileprivate static func sumsOfYear(_ day: CalendarDay) -> [Query<Void>] {
        let first = day.firstOfYear
        return [
            "DELETE FROM reporting.user_year WHERE year = \(first.start)",
            """
            INSERT INTO reporting.user_year (year, user_id, sessions, energy_wh, amount)
            SELECT \(first.start), user_id, sum(sessions), sum(energy_wh), sum(amount)
            FROM reporting.user_month
            WHERE month >= \(first.start) AND month < \(first.firstOfNextYear.start)
            GROUP BY user_id
            """,
        ]
    }
}
