import Core
import FoundationEssentials
import Postgres
import ReportingService
import TestSupport
import Testing

/// Where there is an index for a statement, PostgreSQL takes it rather than read a large table from end to end. Tables of a few
/// rows are too small for that choice: reading them from end to end is made the last resort, and whoever does it still has no
/// index. In a filled database the choice is the planner's.
@Suite(.reportingUp) struct `Reports over large tables` {
    private static let large = [
        "session_fact", "session_flow", "rollup_hour", "flow_hour", "point_month", "user_month", "user_year",
        "network_hour", "point_day", "attempt", "attempt_day", "attempt_month", "session",
        "meter_reading_rest", "settled_session", "ledger_entry", "sys_log_rest", "presence_history_rest",
        "back_log", "audit_entry", "parking_reservation",
    ]

    private struct Scans: RowDecodable {
        let table: String
        let sequential: Int64
        let byIndex: Int64

        init(_ cells: inout Cells) throws {
            table = try cells.next()
            sequential = try cells.next()
            byIndex = try cells.next()
        }
    }

    /// New connections have the database's new settings; old ones hand in their figures when they end.
    private func renewConnections(_ boss: Database) async throws {
        let _: Int64 = try await boss.run(
            """
            SELECT count(pg_terminate_backend(pid, 5000))
            FROM pg_stat_activity
            WHERE datname = current_database() AND usename = 'reporting'
            """)
        let up = ReportingUp.current
        let someone = try await up.rows.person("someone\(UInt32.random(in: .min ... .max))")
        try await Wait.until { try await up.get("/api/v1/auditLogs", as: someone.token).status == 200 }
    }

    /// Every report of the service that reads what grows.
    private static let paths = [
        "report/month?RANGE", "report/user?RANGE", "report/charger?RANGE", "report/export?RANGE",
        "report/export?RANGE&group=a", "report/month?RANGE&group=a", "report/uptime?RANGE", "report/status",
        "reports/stations?RANGE", "reports/attempts?RANGE", "reports/attempts?RANGE&by=month",
        "reports/peak-hours", "reports/turnover?RANGE", "reports/dashboard", "reports/power?RANGE",
        "reports/power?RANGE&charge_point_id=CP1", "reports/concurrency?RANGE", "reports/unused-stations",
        "log/sys?RANGE", "log/sys?charge_point_id=CP1", "log/back?RANGE", "log/pay?RANGE",
        "reports/parking?RANGE", "auditLogs", "auditLogs?RANGE", "auditLogs?user_id=1",
    ]

    /// How often each table is read from end to end when everything is asked once.
    private func scans(of tables: [String], without left: Set<String> = []) async throws -> [Scans] {
        let up = ReportingUp.current
        let boss = try FreshDatabase.current.database(as: .superuser)
        try await renewConnections(boss)
        try await boss.run("SELECT pg_stat_reset()")
        let range = "from=2026-01-03T10:20:00Z&to=2026-11-18T10:40:00Z"
        let admin = try await up.admin()
        for path in Self.paths where !left.contains(path) {
            let answer = try await up.get("/api/v1/\(path.replacing("RANGE", with: range))", as: admin)
            #expect(answer.status == 200, "\(path): \(answer.text)")
        }
        try await renewConnections(boss)
        return try await boss.run(
            """
            SELECT relname, seq_scan, coalesce(idx_scan, 0)
            FROM pg_stat_user_tables
            WHERE relname = ANY(\(tables)) AND schemaname IN ('reporting', 'gateway', 'billing', 'accounts')
            ORDER BY relname
            """)
    }

    @Test func `find everything by an index`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        try await rows.point("CP1")
        for number in 1...20 as ClosedRange<Int64> {
            var charge = try Charge(number, user: number, energy: 1_000 * number, cost: number)
            charge.endedAt += Double(number) * 7_200
            try await up.facts.end(charge)
        }
        try await rows.entry("a", 100, type: "TopUp", subject: "topup", of: 1, at: "2026-10-16T00:00:00Z")
        try await up.caughtUp()
        try await FreshDatabase.current.database(as: .superuser).run(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$"
        )

        let scans = try await scans(of: Self.large)

        #expect(Set(scans.map(\.table)) == Set(Self.large))
        for scan in scans { #expect(scan.sequential == 0, "\(scan.table)") }
        // The figures have arrived, or the line above could not fail.
        #expect(scans.filter { $0.table == "session_fact" }.allSatisfy { $0.byIndex > 0 })
    }

    /// What has a row for nearly every session. The sums of days and months may be read whole by who asks for a year.
    private static let perSession = [
        "session_fact", "session_flow", "rollup_hour", "flow_hour", "session", "meter_reading_rest",
        "settled_session", "attempt",
    ]

    @Test func `find it by the planner's own choice, once there are rows enough`() async throws {
        let boss = try FreshDatabase.current.database(as: .superuser)
        for number in 1...20 { try await NetworkRows().point("CP\(number)") }
        try await boss.session { session in
            try await session.runScript(
                """
                INSERT INTO gateway.session (session_id, charge_point_id, connector_id, user_id, tag, status, end_reason,
                    requested_at, started_at, ended_at, meter_start, meter_stop, energy_wh, plan_id)
                SELECT number, 'CP' || 1 + number % 20, 1, 1 + number % 700, 'TAG', 'done', 'user_stopped', began, began,
                    began + interval '50 minutes', 0, 9000, 9000, 'default'
                FROM generate_series(1, 30000) AS number
                CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01Z' + interval '15 minutes' * number AS began) AS span;
                INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, energy_wh)
                SELECT session_id, charge_point_id, 1, started_at + interval '20 minutes', started_at, 3000
                FROM gateway.session;
                INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price,
                    discount, cost, funding, paid, settled_at)
                SELECT session_id, user_id, charge_point_id, 9000, 3000, 400, 0, 400, 'balance', 400, ended_at
                FROM gateway.session;
                """, within: .seconds(120))
        }
        let rebuild = RebuildRollups(try FreshDatabase.current.database(as: .reporting), portion: 30_000)
        try await rebuild.ask()
        try await rebuild.run()
        try await boss.session { try await $0.runScript("ANALYZE;", within: .seconds(60)) }

        // A group's hours have no sums of their own: its members' rows are all there is.
        let scans = try await scans(
            of: Self.perSession, without: ["report/export?RANGE&group=a"])

        #expect(Set(scans.map(\.table)) == Set(Self.perSession))
        for scan in scans { #expect(scan.sequential == 0, "\(scan.table)") }
        #expect(scans.filter { $0.table == "session_fact" }.allSatisfy { $0.byIndex > 0 })
    }
}
