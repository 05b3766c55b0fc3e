import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.reportingUp) struct `A log` {
    private func lines(_ target: String) async throws -> [JSONValue] {
        try await ReportingUp.current.report("/api/v1/log/\(target)")
    }

    @Test(.fact(99)) func `is for those who run the network, and there are three of them`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let boss = try await up.rows.person("boss", role: "operator")

        #expect(try await up.get("/api/v1/log/sys", as: anna.token).status == 403)
        let unknown = try await up.get("/api/v1/log/foo", as: boss.token)
        #expect(unknown.status == 404)
        #expect(unknown.text.contains("Failed to get log: unknown log name"))
        for name in ["sys", "back", "pay"] {
            #expect(try await up.get("/api/v1/log/\(name)", as: boss.token).status == 200)
        }
    }

    @Test func `of the system shows what stations did, newest first, by time and by point`() async throws {
        let rows = try NetworkRows()
        for (moment, point, text) in [
            ("2026-11-20T10:30:05.7Z", "CP77", "connector #1: Charging"),
            ("2026-11-20T10:30:00Z", "CP78", "hello"),
            ("2026-11-21T10:30:00Z", nil, "started"),
        ] as [(String, String?, String)] {
            try await rows.owner.run(
                """
                INSERT INTO gateway.sys_log (logged_at, charge_point_id, feature, text)
                VALUES (\(try NetworkRows.at(moment)), \(point as String?), 'StatusNotification', \(text))
                """)
        }

        let day = try await lines("sys?from=2026-11-20&to=2026-11-20")
        #expect(day.map { $0["text"] } == [.string("connector #1: Charging"), .string("hello")])
        #expect(day.first?["time"] == .string("2026-11-20 10:30:05"))
        #expect(day.first?["id"] == .string("CP77"))
        #expect(day.first?["importance"] == .string(" "))
        #expect(try await lines("sys?charge_point_id=CP78").count == 1)
        #expect(try await lines("sys?limit=1").map { $0["id"] } == [.string("*")])
        #expect(try await lines("sys?page=2&per_page=2").map { $0["text"] } == [.string("hello")])
        #expect(try await lines("sys?page=2&per_page=2&limit=3").count == 1)
    }

    @Test func `of requests has what failed, without what was in the path`() async throws {
        let up = ReportingUp.current
        _ = try await up.get("/api/v1/log/sys?charge_point_id=hidden")
        _ = try await up.get("/api/v1/report/status", as: try await up.admin())
        let owner = try FreshDatabase.current.database(as: .owner)
        try await Wait.until {
            let count: Int64 = try await owner.run(
                "SELECT count(*) FROM reporting.back_log WHERE text LIKE 'GET /api/v1/log/:name 401%'")
            return count == 1
        }

        let all = try await lines("back")
        let own = all.filter { $0["category"] == .string("auth") }
        #expect(own.contains { $0["level"] == .string("warning") })
        #expect(!JSONWriter.text(all).contains("hidden"))
        #expect(!JSONWriter.text(all).contains("report/status"))
    }

    @Test func `of payments is told by what billing has in its tables`() async throws {
        let rows = try NetworkRows()
        let at = try NetworkRows.at("2026-11-20T10:00:00Z")
        try await rows.owner.run(
            """
            INSERT INTO billing.payment_order (id, kind, user_id, session_id, amount, currency, opened_at, is_completed,
                result, closed_at)
            VALUES (1200, 'charging', 7, 5, 500, 'EUR', \(at), true, 'declined', \(at + 60)),
                (1201, 'charging', 7, 5, 500, 'EUR', \(at + 3_600), false, '', NULL)
            """)
        try await rows.owner.run(
            """
            INSERT INTO billing.payment_method (user_id, identifier, added_at, deleted_at)
            VALUES (7, 'secret-token', \(at - 60), NULL)
            """)
        try await rows.owner.run(
            """
            INSERT INTO billing.payment_refund (payment_order, amount, asked_at, state)
            VALUES (1200, 100, \(at + 7_200), 'asked')
            """)

        let all = try await lines("pay")

        #expect(
            all.map { $0["category"] } == ["refund", "retry", "pay", "pay", "method"].map { .string($0) })
        #expect(all.first?["time"] == .string("20-11-2026 12:00:00"))
        #expect(all[2]["text"] == .string("order 1200 of user 7 closed: declined"))
        #expect(!JSONWriter.text(all).contains("secret-token"))
    }
}
