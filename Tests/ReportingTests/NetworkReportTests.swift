import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

private struct UptimeLine: Codable, Equatable {
    var charge_point_id: String
    var online_seconds: Int64
    var offline_seconds: Int64
    var uptime_percent: Double
    var final_state: String
}

private struct StateLine: Codable, Equatable {
    var charge_point_id: String
    var state: String
    var since: Date
    var duration_seconds: Int64
    var last_event_text: String
}

private struct StationLine: Codable, Equatable {
    var name: String
    var sessions: Int64
    var energy_wh: Int64
    var amount_decimal: String
    var utilisation_percent: Double
}

private struct UnusedLine: Codable, Equatable {
    var name: String
    var last_session: Date?
}

@Suite(.reportingUp) struct `A report of uptime` {
    private func uptime(_ range: String) async throws -> [UptimeLine] {
        try await ReportingUp.current.report("/api/v1/report/uptime?\(range)")
    }

    @Test func `counts connections, silences that nobody closed, and what it knows of only`() async throws {
        let rows = try NetworkRows()
        for point in ["CP1", "CP2", "CP3"] { try await rows.point(point) }
        // Away for an hour at 06:00, and from 20:00 on, when it fell silent.
        try await rows.connect("CP1", at: "2026-10-14T12:00:00Z", aliveUntil: "2026-10-16T00:00:00Z")
        try await rows.disconnect("CP1", at: "2026-10-15T06:00:00Z")
        try await rows.connect("CP1", at: "2026-10-15T07:00:00Z", aliveUntil: "2026-10-15T20:00:00Z")
        // Known from noon on; a socket that was replaced without a word, then one after a silence.
        try await rows.connect("CP2", at: "2026-10-15T12:00:00Z", aliveUntil: "2026-10-15T18:00:00Z")
        try await rows.connect("CP2", at: "2026-10-15T14:00:00Z", aliveUntil: "2026-10-15T15:00:00Z")
        try await rows.connect("CP2", at: "2026-10-15T16:00:00Z", aliveUntil: "2027-10-15T15:00:00Z")

        let day = try await uptime("from=2026-10-15&to=2026-10-15")

        #expect(
            day == [
                UptimeLine(
                    charge_point_id: "CP1", online_seconds: 19 * 3_600, offline_seconds: 5 * 3_600,
                    uptime_percent: 79.17, final_state: "OFFLINE"),
                UptimeLine(
                    charge_point_id: "CP2", online_seconds: 11 * 3_600, offline_seconds: 3_600,
                    uptime_percent: 91.67, final_state: "ONLINE"),
                UptimeLine(
                    charge_point_id: "CP3", online_seconds: 0, offline_seconds: 0, uptime_percent: 0,
                    final_state: "UNKNOWN"),
            ])
    }

    @Test func `ends now, though its range does not`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        try await rows.point("CP1")
        let now = up.clock.now
        try await rows.connect(
            "CP1", at: Timestamp.text(now - 7_200), aliveUntil: Timestamp.text(now + 600))

        let lines = try await uptime(
            "from=\(Timestamp.text(now - 86_400))&to=\(Timestamp.text(now + 86_400))")

        #expect(lines.map(\.online_seconds) == [7_200])
        #expect(lines.map(\.final_state) == ["ONLINE"])
    }
}

@Suite(.reportingUp) struct `A report of the network` {
    @Test func `says who is online, since when, and what was last heard`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        for point in ["CP1", "CP2", "CP3"] { try await rows.point(point) }
        let now = up.clock.now
        try await rows.connect("CP1", at: Timestamp.text(now - 60), aliveUntil: Timestamp.text(now + 600))
        try await rows.connect("CP2", at: Timestamp.text(now - 600), aliveUntil: Timestamp.text(now - 90))
        try await rows.owner.run(
            """
            INSERT INTO gateway.sys_log (logged_at, charge_point_id, feature, text)
            VALUES (\(now - 30), 'CP1', 'StatusNotification', 'connector #1: Charging'), (\(now - 60), 'CP1', 'Boot', 'hello')
            """)

        let lines: [StateLine] = try await up.report("/api/v1/report/status")

        #expect(lines.map(\.state) == ["ONLINE", "OFFLINE", "UNKNOWN"])
        #expect(lines.map(\.duration_seconds) == [60, 90, 0])
        #expect(lines.map(\.last_event_text) == ["connector #1: Charging", "", ""])
        #expect(Timestamp.text(lines[2].since) == "0001-01-01T00:00:00Z")
    }

    @Test func `tells stations by their use, and those that nobody uses`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        let (harbour, forest) = (try await rows.site("Harbour"), try await rows.site("Forest"))
        try await rows.point("CP1", at: harbour, connectors: 2)
        try await rows.point("CP2", at: forest)
        let charge = try Charge(1, at: "2026-10-15T12:00:00Z", energy: 10_000, cost: 450)
        try await up.facts.write(charge)
        try await rows.owner.run("UPDATE gateway.session SET station_id = \(harbour)")
        try await up.facts.tellSettled(charge)
        try await up.caughtUp()

        let stations: [StationLine] = try await up.items(
            "/api/v1/reports/stations?from=2026-10-15T00:00:00Z&to=2026-10-15T20:00:00Z&order=asc")
        #expect(
            stations == [
                StationLine(
                    name: "Harbour", sessions: 1, energy_wh: 10_000, amount_decimal: "4.50",
                    utilisation_percent: 2.5),
                StationLine(
                    name: "Forest", sessions: 0, energy_wh: 0, amount_decimal: "0.00", utilisation_percent: 0),
            ])

        let days = Int(up.clock.now.timeIntervalSince(charge.endedAt) / 86_400)
        let lately: [UnusedLine] = try await up.items(
            "/api/v1/reports/unused-stations?days=\(days + 1)&order=asc")
        #expect(lately == [UnusedLine(name: "Forest", last_session: nil)])
        let ever: [UnusedLine] = try await up.items("/api/v1/reports/unused-stations?days=\(days)&order=asc")
        #expect(
            ever == [
                UnusedLine(name: "Harbour", last_session: charge.endedAt),
                UnusedLine(name: "Forest", last_session: nil),
            ])
    }

    @Test func `finds the hours in which most sessions begin`() async throws {
        let up = ReportingUp.current
        var number: Int64 = 0
        let midnight = CalendarDay(of: up.clock.now, in: .gmt).adding(days: -2).start
        for (hour, times) in [(7, 2), (17, 4), (8, 3), (3, 1)] {
            for _ in 0..<times {
                number += 1
                var charge = try Charge(number)
                charge.endedAt = midnight + Double(hour + 1) * 3_600 + 60
                try await up.facts.end(charge)
            }
        }
        try await up.caughtUp()
        let boss = try await up.rows.person("boss", role: "operator")

        let month = try await up.get("/api/v1/reports/peak-hours", as: boss.token)
        let day = try await up.get("/api/v1/reports/peak-hours?period=24h", as: boss.token)
        let other = try await up.get("/api/v1/reports/peak-hours?period=year", as: boss.token)

        #expect(
            month.text
                == #"{"peak_hours":[{"hour":17,"usage":4},{"hour":8,"usage":3},{"hour":7,"usage":2}]}"#)
        #expect(day.text == #"{"peak_hours":[]}"#)
        #expect(other.status == 400)
    }

    @Test func `adds up what was sold, for administrators`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        for (cause, amount, type, subject, moment) in [
            ("a", 5_000, "TopUp", "topup", "2026-10-01T00:00:00Z"),
            ("b", -700, "Payment", "charging", "2026-10-10T00:00:00Z"),
            ("c", -300, "Payment", "parking", "2026-10-31T23:59:59Z"),
            ("d", 100, "Refund", "charging", "2026-10-11T00:00:00Z"),
            ("e", -9_999, "Payment", "charging", "2026-11-01T00:00:00Z"),
        ] as [(String, Int64, String, String, String)] {
            try await rows.entry(cause, amount, type: type, subject: subject, of: 1, at: moment)
        }
        let target = "/api/v1/reports/turnover?from=2026-10-01&to=2026-10-31"

        let answer = try await up.get(target, as: try await up.admin())
        let figures = try JSONReader.decode(JSONValue.self, from: answer.body)
        #expect(figures["top_ups"] == .integer(5_000))
        #expect(figures["charging_decimal"] == .string("7.00"))
        #expect(figures["parking"] == .integer(300))
        #expect(figures["refunds"] == .integer(100))
        #expect(figures["commission"] == .integer(0))
        #expect(figures["turnover_decimal"] == .string("10.00"))
        #expect(figures["currency"] == .string("EUR"))

        let boss = try await up.rows.person("boss", role: "operator")
        #expect(try await up.get(target, as: boss.token).status == 403)
    }

    @Test func `shows everything at a glance, and the same for a while`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        let now = up.clock.now
        try await rows.point("CP1", connectors: 2)
        try await rows.point("CP2")
        try await rows.connect("CP1", at: Timestamp.text(now - 60), aliveUntil: Timestamp.text(now + 600))
        try await rows.owner.run(
            """
            INSERT INTO gateway.connector_status (charge_point_id, connector_id, status, since, received_at)
            VALUES ('CP1', 1, 'Charging', \(now), \(now)), ('CP1', 2, 'Available', \(now), \(now)),
                ('CP2', 1, 'Available', \(now), \(now))
            """)
        var charge = try Charge(1, point: "CP1", energy: 9_000, cost: 360)
        charge.endedAt = now
        try await up.facts.end(charge)
        try await up.caughtUp()
        let boss = try await up.rows.person("boss", role: "operator")

        let first = try await up.get("/api/v1/reports/dashboard", as: boss.token)
        #expect(
            first.text
                == #"{"charge_points":{"total":2,"online":1},"connectors":{"available":1,"occupied":1,"unavailable":1},"sessions":{"active":0,"today":1},"energy_today_wh":9000,"amount_today":360,"amount_today_decimal":"3.60","parking":{"spots":0,"occupied":0},"users":1}"#
        )

        try await rows.point("CP3")
        #expect(try await up.get("/api/v1/reports/dashboard", as: boss.token).text == first.text)
        // Another person has an entry of their own.
        let other = try await up.get("/api/v1/reports/dashboard", as: try await up.admin())
        #expect(other.text.contains(#""charge_points":{"total":3"#))
    }

    @Test func `is for those who run the network`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        for path in [
            "report/export", "report/uptime", "report/status", "reports/stations", "reports/peak-hours",
            "reports/turnover", "reports/dashboard", "reports/power", "reports/concurrency",
            "reports/unused-stations", "reports/parking", "reports/jobs", "backup/jobs",
        ] {
            #expect(try await up.get("/api/v1/\(path)", as: anna.token).status == 403, "\(path)")
        }
    }
}

@Suite(.reportingUp) struct `The audit log` {
    private struct Entry: Decodable, Equatable {
        var id: Int64
        var user_id: Int64?
        var action: String
    }

    private func act(_ action: String, in schema: SQL, by user: Int64?, at moment: String) async throws {
        let owner = try FreshDatabase.current.database(as: .owner)
        let statement: SQL = """
            INSERT INTO \(schema).audit_entry (user_id, action, details, created_at)
            VALUES (\(user as Int64?), \(action), '{"field":"name"}', \(try NetworkRows.at(moment)))
            """
        try await owner.run(Query<Void>(statement))
    }

    @Test(.fact(101)) func `shows a person their own acts only, and an administrator all, by time`()
        async throws
    {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let bert = try await up.rows.person("bert")
        let chief = try await up.rows.person("chief", role: "admin")
        try await act("login", in: "accounts", by: anna.id, at: "2026-10-01T10:00:00Z")
        try await act("REFUND", in: "billing", by: bert.id, at: "2026-10-01T11:00:00Z")
        try await act("CSC_COMMAND", in: "gateway", by: anna.id, at: "2026-10-01T12:00:00Z")
        try await act("unused_station", in: "reporting", by: nil, at: "2026-10-01T13:00:00Z")

        func actions(_ query: String, as person: AccountsRows.Person) async throws -> [String] {
            let answer = try await up.get("/api/v1/auditLogs/?\(query)", as: person.token)
            try #require(answer.status == 200, "\(answer.text)")
            return try JSONReader.decode(PageOf<Entry>.self, from: answer.body).items.map(\.action)
        }
        #expect(try await actions("", as: anna) == ["CSC_COMMAND", "login"])
        #expect(try await actions("action=login", as: anna) == ["login"])
        #expect(try await actions("user_id=\(anna.id)", as: anna) == ["CSC_COMMAND", "login"])
        #expect(try await actions("", as: chief) == ["unused_station", "CSC_COMMAND", "REFUND", "login"])
        #expect(try await actions("user_id=\(bert.id)&order=asc", as: chief) == ["REFUND"])
        #expect(
            try await actions("from=2026-10-01T11:00:00Z&to=2026-10-01T12:30:00Z&order=asc", as: chief)
                == ["REFUND", "CSC_COMMAND"])
        #expect(try await actions("per_page=2&page=2", as: chief) == ["REFUND", "login"])

        #expect(try await up.get("/api/v1/auditLogs?user_id=\(bert.id)", as: anna.token).status == 403)
        let own: Int64 = try await NetworkRows().owner.run("SELECT id FROM billing.audit_entry")
        #expect(try await up.get("/api/v1/auditLogs/\(own)", as: anna.token).status == 404)
        let shown = try await up.get("/api/v1/auditLogs/\(own)", as: bert.token)
        #expect(shown.status == 200)
        #expect(shown.text.contains(#""details":{"field":"name"}"#))
        #expect(try await up.get("/api/v1/auditLogs/999999", as: chief.token).status == 404)
    }
}

@Suite(.reportingUp) struct `The list of scheduled jobs` {
    @Test func `shows the runs of every service, newest first`() async throws {
        let up = ReportingUp.current
        try await NetworkRows().owner.run(
            """
            INSERT INTO billing.job_run (job, key, due_at, state, attempts, instance, started_at, leased_until, error)
            VALUES ('payment run', '2026-10-01', '2030-01-01Z', 'failed', 1, 'x', '2030-01-01Z', '2030-01-01Z', 'no provider')
            """)

        let items: [JSONValue] = try await up.items("/api/v1/reports/jobs?job=payment%20run")

        #expect(items.count == 1)
        #expect(items.first?["service"] == .string("billing"))
        #expect(items.first?["result"] == .string("failed"))
        #expect(items.first?["detail"] == .string("no provider"))
        let all: [JSONValue] = try await up.items("/api/v1/backup/jobs")
        #expect(all.first?["job"] == .string("payment run"))
    }
}
