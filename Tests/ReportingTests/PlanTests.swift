import Core
import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Where there is an index for a statement, PostgreSQL takes it rather than read a large table from end to end. Tables of a
/// test are too small for that choice, so reading them from end to end is made the last resort: whoever does it still has
/// no index.
@Suite(.reportingUp) struct `Reports over large tables` {
    private static let large = [
        "session_fact", "session_flow", "rollup_hour", "flow_hour", "point_month", "user_month", "session",
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
        let boss = try FreshDatabase.current.database(as: .superuser)
        try await boss.run(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$"
        )
        try await renewConnections(boss)
        try await boss.run("SELECT pg_stat_reset()")

        let range = "from=2026-01-03T10:20:00Z&to=2026-11-18T10:40:00Z"
        let admin = try await up.admin()
        for path in [
            "report/month?\(range)", "report/user?\(range)", "report/charger?\(range)",
            "report/export?\(range)",
            "report/month?\(range)&group=a", "report/uptime?\(range)", "report/status",
            "reports/stations?\(range)",
            "reports/peak-hours", "reports/turnover?\(range)", "reports/dashboard", "reports/power?\(range)",
            "reports/concurrency?\(range)", "reports/unused-stations", "log/sys?\(range)",
            "log/sys?charge_point_id=CP1", "log/back?\(range)", "log/pay?\(range)",
            "reports/parking?\(range)",
            "auditLogs", "auditLogs?\(range)", "auditLogs?user_id=1",
        ] {
            let answer = try await up.get("/api/v1/\(path)", as: admin)
            #expect(answer.status == 200, "\(path): \(answer.text)")
        }
        try await renewConnections(boss)

        let scans: [Scans] = try await boss.run(
            """
            SELECT relname, seq_scan, coalesce(idx_scan, 0)
            FROM pg_stat_user_tables
            WHERE relname = ANY(\(Self.large)) AND schemaname IN ('reporting', 'gateway', 'billing', 'accounts')
            ORDER BY relname
            """)
        #expect(Set(scans.map(\.table)) == Set(Self.large))
        for scan in scans { #expect(scan.sequential == 0, "\(scan.table)") }
        // The figures have arrived, or the line above could not fail.
        #expect(scans.filter { $0.table == "session_fact" }.allSatisfy { $0.byIndex > 0 })
    }
}
