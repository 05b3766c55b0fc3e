import Core
import FoundationEssentials
import Postgres
import ReportingService
import TestSupport
import Testing

private struct HourLine: Codable, Equatable {
    var date: String
    var hour: Int
    var consumed: Double
}

private struct PowerLine: Codable, Equatable {
    var time: Date
    var average_w: Int64
    var peak_w: Int64
}

private struct ConcurrencyLine: Codable, Equatable {
    var time: Date
    var peak_sessions: Int64
}

@Suite(.reportingUp) struct `Energy by the hour` {
    /// 10:30 to 12:30: slow until 11:15, then fast.
    private func unevenSession() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        let charge = try Charge(1, at: "2026-10-15T12:30:00Z", energy: 10_000)
        try await up.facts.write(charge)
        try await rows.begin(1, at: "2026-10-15T10:30:00Z")
        try await rows.reading(of: 1, at: "2026-10-15T11:15:00Z", energy: 1_500)
        try await rows.reading(of: 1, at: "2026-10-15T11:20:00Z", energy: 9_999, grade: "rejected")
        try await rows.reading(of: 1, at: "2026-10-15T12:00:00Z", energy: 9_000)
        try await up.facts.tellEnded(charge)
        try await up.caughtUp()
    }

    @Test func `is counted when it flowed, by lines between readings, with nothing in the other hours`()
        async throws
    {
        try await unevenSession()

        let hours: [HourLine] = try await ReportingUp.current.report(
            "/api/v1/report/export?from=2026-10-15&to=2026-10-16")

        #expect(hours.count == 48)
        #expect(hours.first == HourLine(date: "2026-10-15", hour: 0, consumed: 0))
        #expect(hours[10] == HourLine(date: "2026-10-15", hour: 10, consumed: 1))
        #expect(hours[11] == HourLine(date: "2026-10-15", hour: 11, consumed: 8))
        #expect(hours[12] == HourLine(date: "2026-10-15", hour: 12, consumed: 1))
        #expect(hours.reduce(0) { $0 + $1.consumed } == 10)
    }

    @Test func `is refused for more than 366 days`() async throws {
        let up = ReportingUp.current
        let boss = try await up.rows.person("boss", role: "operator")

        let answer = try await up.get("/api/v1/report/export?from=2025-01-01&to=2026-01-03", as: boss.token)

        #expect(answer.status == 400)
    }

    @Test func `is told as power too, with its highest moment`() async throws {
        try await unevenSession()

        let hours: [PowerLine] = try await ReportingUp.current.items(
            "/api/v1/reports/power?from=2026-10-15T10:00:00Z&to=2026-10-15T13:00:00Z&order=asc")

        #expect(hours.map(\.average_w) == [1_000, 8_000, 1_000])
        #expect(hours.map(\.peak_w) == [2_000, 10_000, 2_000])
    }

    @Test func `adds up at each moment, not over the hour`() async throws {
        let up = ReportingUp.current
        // One ends where the other begins; a third lies over both.
        for (number, begin, end) in [
            (1, "2026-10-15T10:00:00Z", "2026-10-15T10:20:00Z"),
            (2, "2026-10-15T10:20:00Z", "2026-10-15T10:40:00Z"),
            (3, "2026-10-15T10:10:00Z", "2026-10-15T10:30:00Z"),
        ] {
            let charge = try Charge(Int64(number), at: end, energy: 3_000)
            try await up.facts.write(charge)
            try await NetworkRows().begin(Int64(number), at: begin)
            try await up.facts.tellEnded(charge)
        }
        try await up.caughtUp()
        let range = "from=2026-10-15T10:00:00Z&to=2026-10-15T12:00:00Z&order=asc"

        let power: [PowerLine] = try await up.items("/api/v1/reports/power?\(range)")
        let together: [ConcurrencyLine] = try await up.items("/api/v1/reports/concurrency?\(range)")

        #expect(power.map(\.peak_w) == [18_000, 0])
        #expect(together.map(\.peak_sessions) == [2, 0])
    }

    @Test func `leaves an hour again when the session was in truth another`() async throws {
        let up = ReportingUp.current
        var charge = try Charge(1, at: "2026-10-15T12:30:00Z", energy: 10_000)
        try await up.facts.end(charge)
        charge.endedAt += 5 * 3_600
        charge.energy = 4_000
        try await up.facts.write(charge)
        try await NetworkRows().begin(1, at: "2026-10-15T17:00:00Z")
        try await up.facts.tellAmended(charge)
        try await up.caughtUp()

        let hours: [HourLine] = try await up.report("/api/v1/report/export?from=2026-10-15&to=2026-10-15")

        #expect(hours.filter { $0.consumed > 0 } == [HourLine(date: "2026-10-15", hour: 17, consumed: 4)])
    }

    @Test func `has a start that no clock could have shown`() async throws {
        let up = ReportingUp.current
        let late = try Charge(1, at: "2026-10-15T12:30:00Z", energy: 7_440)
        try await up.facts.write(late)
        try await NetworkRows().begin(1, at: "1999-01-01T00:00:00Z")
        try await up.facts.tellEnded(late)
        let early = try Charge(2, at: "2026-10-15T12:30:00Z", energy: 60)
        try await up.facts.write(early)
        try await NetworkRows().begin(2, at: "2026-10-15T13:30:00Z")
        try await up.facts.tellEnded(early)
        try await up.caughtUp()

        let hours: [HourLine] = try await up.report("/api/v1/report/export?from=2026-09-01&to=2026-10-31")

        #expect((hours.reduce(0) { $0 + $1.consumed } * 1_000).rounded() == 7_500)
        #expect(hours.filter { $0.consumed > 0 }.count == 31 * 24 + 1)
    }
}

@Suite(.reportingUp) struct `A rebuild` {
    private static let tables: [SQL] = [
        "SELECT concat_ws(' ', session_id, started_at, ended_at, charge_point_id, connector_id, user_id, plan_id, energy_wh, amount) AS line FROM reporting.session_fact",
        "SELECT concat_ws(' ', session_id, hour, energy_wh, seconds) AS line FROM reporting.session_flow",
        "SELECT concat_ws(' ', hour, charge_point_id, user_id, plan_id, sessions, energy_wh, amount) AS line FROM reporting.rollup_hour WHERE sessions <> 0",
        "SELECT concat_ws(' ', hour, charge_point_id, user_id, energy_wh, seconds) AS line FROM reporting.flow_hour WHERE seconds <> 0",
        "SELECT concat_ws(' ', month, charge_point_id, sessions, energy_wh, amount, seconds) AS line FROM reporting.point_month WHERE sessions <> 0",
        "SELECT concat_ws(' ', month, user_id, sessions, energy_wh, amount) AS line FROM reporting.user_month WHERE sessions <> 0",
        "SELECT concat_ws(' ', year, user_id, sessions, energy_wh, amount) AS line FROM reporting.user_year WHERE sessions <> 0",
        "SELECT concat_ws(' ', hour, energy_wh, seconds) AS line FROM reporting.network_hour WHERE seconds <> 0",
        "SELECT concat_ws(' ', day, charge_point_id, sessions, energy_wh, amount, seconds) AS line FROM reporting.point_day WHERE sessions <> 0 OR seconds <> 0",
        "SELECT concat_ws(' ', origin, number, at, charge_point_id, plugged, started, paid, cause) AS line FROM reporting.attempt",
        "SELECT concat_ws(' ', day, charge_point_id, cause, attempts, plugged, authorised, started, energised, stopped, paid) AS line FROM reporting.attempt_day WHERE attempts <> 0",
        "SELECT concat_ws(' ', month, charge_point_id, cause, attempts, plugged, authorised, started, energised, stopped, paid) AS line FROM reporting.attempt_month WHERE attempts <> 0",
    ]

    private func all() async throws -> [[String]] {
        let owner = try FreshDatabase.current.database(as: .owner)
        var all: [[String]] = []
        for table in Self.tables {
            all.append(
                try await owner.run(Query(("SELECT line FROM (" + table + ") AS row ORDER BY line") as SQL)))
        }
        return all
    }

    private func sessions(_ count: Int64) async throws {
        let up = ReportingUp.current
        var order = Shuffle(seed: 6)
        let owner = try FreshDatabase.current.database(as: .owner)
        for number in 1...count / 5 {
            try await owner.run(
                """
                INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind, tag, refusal)
                VALUES ('CP1', 0, timestamptz '2026-09-28Z' + interval '1 hour' * \(number), 'card', 'CARD', 'Invalid')
                """)
        }
        for number in 1...count {
            var charge = try Charge(
                number, at: "2026-09-28T12:30:00Z", point: "CP\(number % 3)", user: 1 + number % 4,
                energy: 100 * number,
                cost: 4 * number)
            charge.endedAt += Double(order.next() % (6 * 86_400))
            try await up.facts.end(charge)
        }
        try await up.caughtUp()
        _ = try await up.instances[0].gatherAttempts()
    }

    @Test func `comes to what the events had come to`() async throws {
        try await sessions(60)
        let kept = try await all()
        #expect(kept.allSatisfy { !$0.isEmpty })
        let database = try FreshDatabase.current.database(as: .reporting)
        let rebuild = RebuildRollups(database, portion: 7)

        try await rebuild.ask()
        let portions = try await rebuild.run()

        #expect(portions > 10)
        #expect(try await all() == kept)
    }

    @Test func `mends what was wrong, and takes out what nobody has any more`() async throws {
        try await sessions(20)
        let kept = try await all()
        let owner = try FreshDatabase.current.database(as: .owner)
        try await owner.run("UPDATE reporting.rollup_hour SET energy_wh = energy_wh + 1")
        try await owner.run("UPDATE reporting.user_month SET amount = 0")
        try await owner.run("UPDATE reporting.user_year SET amount = 0")
        try await owner.run("UPDATE reporting.network_hour SET energy_wh = 0")
        try await owner.run("UPDATE reporting.point_day SET seconds = seconds + 1")
        try await owner.run("UPDATE reporting.attempt_day SET attempts = attempts + 1")
        try await owner.run("DELETE FROM reporting.attempt_month")
        try await owner.run("INSERT INTO reporting.point_day VALUES ('2026-12-25Z', 'CP9', 1, 5, 5, 5)")
        try await owner.run("DELETE FROM reporting.session_fact WHERE session_id = 3")
        try await owner.run("INSERT INTO reporting.flow_hour VALUES ('2026-12-24 10:00Z', 'CP9', 0, 5, 5)")
        try await owner.run("INSERT INTO reporting.point_month VALUES ('2025-01-01Z', 'CP9', 1, 5, 5)")
        let rebuild = RebuildRollups(try FreshDatabase.current.database(as: .reporting), portion: 7)

        try await rebuild.ask()
        try await rebuild.run()

        #expect(try await all() == kept)
    }

    @Test func `goes on while sessions end`() async throws {
        try await sessions(30)
        let up = ReportingUp.current
        let rebuild = RebuildRollups(try FreshDatabase.current.database(as: .reporting), portion: 2)
        try await rebuild.ask()

        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await rebuild.run() }
            group.addTask { _ = try await rebuild.run() }
            group.addTask {
                for number in 31...60 as ClosedRange<Int64> {
                    try await up.facts.end(try Charge(number, energy: 1_000 + number, cost: 1))
                }
            }
            try await group.waitForAll()
        }
        try await up.caughtUp()
        let kept = try await all()
        try await rebuild.ask()
        try await rebuild.run()

        #expect(kept[0].count == 60)
        #expect(try await all() == kept)
    }

    @Test func `does nothing that nobody asked for`() async throws {
        #expect(try await RebuildRollups(try FreshDatabase.current.database(as: .reporting)).run() == 0)
    }
}
