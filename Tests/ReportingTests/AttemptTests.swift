import Core
import FoundationEssentials
import Postgres
import ReportingService
import TestSupport
import Testing

/// One line of the report as clients read it.
private struct AttemptLine: Codable, Equatable {
    var key: String
    var attempts: Int64
    var succeeded: Int64
    var success_percent: Double
    var causes: [String: Int64]
    var stages: [String: Int64]
}

/// What somebody did at CP1 one day, and what it counts as.
private struct AttemptStory: Sendable, CustomTestStringConvertible {
    let title: String
    let causes: [String: Int64]
    let succeeded: Int64
    let happens: @Sendable (AttemptRows) async throws -> Void

    var testDescription: String { title }

    init(
        _ title: String, _ causes: [String: Int64], succeeded: Int64 = 0,
        _ happens: @escaping @Sendable (AttemptRows) async throws -> Void
    ) {
        self.title = title
        self.causes = causes
        self.succeeded = succeeded
        self.happens = happens
    }

    static let all: [AttemptStory] = [
        .init("plugs in, shows a card and charges", [:], succeeded: 1) { rows in
            try await rows.plug("10:00:00")
            try await rows.card("10:00:20")
            try await rows.session(1, "10:00:30", until: "11:00:00")
        },
        .init("shows the card first, and once more to end it", [:], succeeded: 1) { rows in
            try await rows.card("10:00:00")
            try await rows.plug("10:00:50")
            try await rows.session(1, "10:01:00", until: "11:00:00")
            try await rows.card("10:59:50")
        },
        .init("is refused with a card that nobody knows, shown three times", ["refused": 1]) { rows in
            try await rows.plug("10:00:00")
            try await rows.card("10:00:20", refusal: "Invalid")
            try await rows.card("10:00:40", refusal: "Invalid")
            try await rows.card("10:01:20", refusal: "Invalid")
        },
        .init("is refused, has the card mended and charges", ["refused": 1], succeeded: 1) { rows in
            try await rows.plug("10:00:00")
            try await rows.card("10:00:20", refusal: "Expired")
            try await rows.card("10:03:00")
            try await rows.session(1, "10:03:05", until: "11:00:00")
        },
        .init("has a start refused that the station had begun already", ["refused": 1]) { rows in
            try await rows.card("10:00:20", refusal: "Blocked")
            try await rows.session(1, "10:00:30", until: "10:02:00", end: "deauthorized", refusal: "card")
        },
        .init("has no money", ["no_means": 1]) { rows in
            try await rows.card("10:00:20")
            try await rows.session(1, "10:00:30", until: "10:02:00", end: "deauthorized", refusal: "means")
        },
        .init("comes to a connector that is kept for another", ["unavailable": 1]) { rows in
            try await rows.session(1, "10:00:30", until: "10:02:00", end: "deauthorized", refusal: "reserved")
        },
        .init("asks by app for a point that is away, again and again", ["offline": 1]) { rows in
            try await rows.plug("10:00:00")
            for moment in ["10:00:30", "10:00:50", "10:01:40"] { try await rows.request(moment, code: 2020) }
        },
        .init("asks by app for an occupied connector", ["unavailable": 1]) { rows in
            try await rows.request("10:00:30", code: 2023)
        },
        .init("asks by app without money", ["no_means": 1]) { rows in
            try await rows.request("10:00:30", code: 2041)
        },
        .init("is turned down by the station, which the app hears", ["rejected": 1]) { rows in
            try await rows.session(
                1, "10:00:30", until: "10:00:32", end: "start_rejected", door: "api", begins: false)
            try await rows.request("10:00:32", code: 2021)
        },
        .init("starts by app and never plugs in", ["not_plugged": 1]) { rows in
            try await rows.session(
                1, "10:00:30", until: "10:02:00", end: "start_timeout", door: "api", begins: false)
        },
        .init("starts by app and plugs in, and nothing begins", ["no_start": 1]) { rows in
            try await rows.plug("10:01:00")
            try await rows.session(
                1, "10:00:30", until: "10:02:00", end: "start_timeout", door: "api", begins: false)
        },
        .init("shows a good card, and nothing begins", ["no_start": 1]) { rows in
            try await rows.plug("10:00:00")
            try await rows.card("10:00:20")
        },
        .init("shows a good card and goes away", ["not_plugged": 1]) { rows in
            try await rows.card("10:00:20")
        },
        .init("plugs in twice, the plug being stiff, and drives on", ["abandoned": 1]) { rows in
            try await rows.plug("10:00:00")
            try await rows.plug("10:00:40")
        },
        .init("charges nothing", ["no_energy": 1]) { rows in
            try await rows.session(1, "10:00:30", until: "10:20:00", energy: 0)
        },
        .init("has the emergency stop pressed", ["fault": 1]) { rows in
            try await rows.session(1, "10:00:30", until: "10:20:00", end: "system_error")
        },
        .init("charges at a station that falls silent", ["lost": 1]) { rows in
            try await rows.session(1, "10:00:30", until: "10:20:00", end: "connection_lost")
        },
        .init("charges, and the card cannot pay", ["unpaid": 1]) { rows in
            try await rows.session(1, "10:00:30", until: "11:00:00", cost: 480, paid: 0, error: "0190")
        },
        .init("charges while another is refused beside", ["refused": 1], succeeded: 1) { rows in
            try await rows.session(1, "10:00:00", until: "11:00:00")
            try await rows.card("10:30:00", tag: "OTHER", refusal: "Invalid")
        },
    ]
}

/// Rows of gateway, accounts and billing that attempts are made of. Everything is at CP1, connector 1, of driver 7.
private struct AttemptRows: Sendable {
    let owner: Database
    private let day: String

    init(on day: String = "2026-10-15") throws {
        self.day = day
        owner = try FreshDatabase.current.database(as: .owner)
    }

    private func at(_ time: String) throws -> Date { try NetworkRows.at("\(day)T\(time)Z") }

    func plug(_ time: String) async throws {
        try await owner.run(
            """
            INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind)
            VALUES ('CP1', 1, \(try at(time)), 'plug')
            """)
    }

    func card(_ time: String, tag: String = "TAG", refusal: String = "") async throws {
        try await owner.run(
            """
            INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind, tag, refusal)
            VALUES ('CP1', 0, \(try at(time)), 'card', \(tag), \(refusal))
            """)
    }

    func request(_ time: String, code: Int32) async throws {
        try await owner.run(
            """
            INSERT INTO accounts.refused_start (charge_point_id, connector_id, user_id, at, code)
            VALUES ('CP1', 1, 7, \(try at(time)), \(code))
            """)
    }

    /// A session that is over, and told to be.
    func session(
        _ number: Int64, _ begin: String, until end: String, end reason: String = "user_stopped",
        refusal: String = "", door: String = "station", begins: Bool = true, energy: Int64 = 10_000,
        cost: Int64? = nil, paid: Int64? = nil, error: String = ""
    ) async throws {
        var charge = try Charge(number, user: 7, energy: begins && refusal.isEmpty ? energy : 0, cost: cost)
        charge.endedAt = try at(end)
        let up = ReportingUp.current
        let started: Date? = begins ? try at(begin) : nil
        try await up.facts.write(charge)
        try await owner.run(
            """
            UPDATE gateway.session
            SET connector_id = 1, requested_at = \(try at(begin)), end_reason = \(reason), door = \(door),
                started_at = \(started as Date?), refusal = \(refusal),
                is_refused = \(refusal != "")
            WHERE session_id = \(number)
            """)
        try await settle(number, paid: paid ?? cost ?? 0, error: error)
        try await up.facts.tellEnded(charge)
        if cost != nil { try await up.facts.tellSettled(charge) }
    }

    func settle(_ number: Int64, paid: Int64, error: String = "") async throws {
        try await owner.run(
            """
            UPDATE billing.settled_session SET paid = \(paid), payment_error = \(error) WHERE session_id = \(number)
            """)
    }
}

@Suite(.reportingUp) struct `The report of attempts` {
    private static let october = "/api/v1/reports/attempts?from=2026-10-01&to=2026-10-31"

    /// After everything had its time.
    private func gathered() async throws {
        let up = ReportingUp.current
        try await up.caughtUp()
        _ = try await up.instances[0].gatherAttempts()
    }

    /// Sums against the rows that they are sums of, by day and by month.
    private func checkSums() async throws {
        let wrong: Int64 = try await FreshDatabase.current.database(as: .owner).run(
            """
            SELECT (
                SELECT count(*) FROM (
                    SELECT date_trunc('day', at, 'UTC') AS day, charge_point_id, cause, count(*) AS attempts,
                        count(*) FILTER (WHERE paid) AS paid
                    FROM reporting.attempt GROUP BY 1, 2, 3
                ) AS row
                FULL JOIN (SELECT * FROM reporting.attempt_day WHERE attempts <> 0) AS sums
                    USING (day, charge_point_id, cause)
                WHERE row.attempts IS DISTINCT FROM sums.attempts OR row.paid IS DISTINCT FROM sums.paid
            ) + (
                SELECT count(*) FROM (
                    SELECT date_trunc('month', at, 'UTC') AS month, charge_point_id, cause, count(*) AS attempts,
                        count(*) FILTER (WHERE plugged) AS plugged
                    FROM reporting.attempt GROUP BY 1, 2, 3
                ) AS row
                FULL JOIN (SELECT * FROM reporting.attempt_month WHERE attempts <> 0) AS sums
                    USING (month, charge_point_id, cause)
                WHERE row.attempts IS DISTINCT FROM sums.attempts OR row.plugged IS DISTINCT FROM sums.plugged
            )
            """)
        #expect(wrong == 0)
    }

    @Test(arguments: AttemptStory.all)
    fileprivate func `names the one cause of somebody who`(story: AttemptStory) async throws {
        // Nobody looks at the half of it: it happens tomorrow, and then it is over.
        try await story.happens(AttemptRows(on: "2026-11-21"))
        ReportingUp.current.clock.set(to: try NetworkRows.at("2026-11-21T13:00:00Z"))
        try await gathered()
        // Told and looked at once more, it is still the same.
        try await gathered()

        let lines: [AttemptLine] = try await ReportingUp.current.items("/api/v1/reports/attempts")

        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.key == "CP1")
        #expect(line.causes == story.causes)
        #expect(line.succeeded == story.succeeded)
        #expect(line.attempts == story.succeeded + story.causes.values.reduce(0, +))
        try await checkSums()
    }

    @Test func `has the stages that attempts came to, and the worst first`() async throws {
        let up = ReportingUp.current
        let rows = try AttemptRows()
        try await rows.plug("10:00:00")
        try await rows.card("10:00:20")
        try await rows.session(1, "10:00:30", until: "11:00:00", cost: 400)
        try await rows.session(2, "12:00:30", until: "13:00:00", end: "connection_lost", cost: 400)
        try await rows.card("14:00:20", refusal: "Invalid")
        try await up.facts.end(try Charge(3, point: "CP2", user: 7, cost: 100))
        try await up.facts.end(try Charge(4, at: "2026-11-02T10:00:00Z", point: "CP2", user: 7, cost: 100))
        try await rows.settle(3, paid: 100)
        try await rows.settle(4, paid: 100)
        for (point, model) in [("CP1", "Alpha"), ("CP2", "Beta")] {
            try await rows.owner.run(
                "INSERT INTO gateway.station (charge_point_id, vendor, model) VALUES (\(point), 'Acme', \(model))"
            )
        }
        try await gathered()

        let points: [AttemptLine] = try await up.items(Self.october)
        let models: [AttemptLine] = try await up.items(
            "/api/v1/reports/attempts?from=2026-10-01&to=2026-11-15&by=model&order=asc")
        let months: [AttemptLine] = try await up.items(
            "/api/v1/reports/attempts?from=2026-10-01&to=2026-11-15T12:00:00Z&by=month")

        #expect(points.map(\.key) == ["CP1", "CP2"])
        #expect(points[0].success_percent == 33.33)
        #expect(points[0].causes == ["lost": 1, "refused": 1])
        #expect(
            points[0].stages == [
                "plugged": 2, "authorised": 2, "started": 2, "energised": 2, "stopped": 1, "paid": 2,
            ])
        #expect(models.map(\.key) == ["Acme Beta", "Acme Alpha"])
        #expect(models[0].attempts == 2 && models[0].success_percent == 100)
        #expect(months.map(\.key) == ["2026-10", "2026-11"])
        #expect(months.map(\.attempts) == [4, 1])
        try await checkSums()
    }

    @Test func `cuts a month by days, and a day by moments`() async throws {
        let up = ReportingUp.current
        for (number, end) in [
            (1, "2026-10-03T12:00:00Z"), (2, "2026-10-12T08:59:00Z"), (3, "2026-10-12T10:01:00Z"),
            (4, "2026-10-20T12:00:00Z"), (5, "2026-10-31T23:59:00Z"),
        ] as [(Int64, String)] {
            try await up.facts.end(try Charge(number, at: end, user: 7))
        }
        try await gathered()

        for (range, count) in [
            ("from=2026-10-01&to=2026-10-31", 5), ("from=2026-10-12&to=2026-10-12", 2),
            ("from=2026-10-12T08:30:00Z&to=2026-10-31", 3), ("from=2026-10-02&to=2026-10-12T08:30:00Z", 2),
            ("from=2026-10-04&to=2026-10-20", 3),
        ] as [(String, Int64)] {
            let lines: [AttemptLine] = try await up.items("/api/v1/reports/attempts?\(range)&by=month")
            #expect(lines.map(\.attempts) == [count], "\(range)")
        }
        let none: [AttemptLine] = try await up.items("/api/v1/reports/attempts?from=2026-09-01&to=2026-09-30")
        #expect(none == [])
    }

    @Test func `takes back what a session explains that comes late`() async throws {
        let up = ReportingUp.current
        let rows = try AttemptRows()
        try await rows.plug("10:00:00")
        try await rows.card("10:00:20")
        try await gathered()
        let before: [AttemptLine] = try await up.items(Self.october)
        #expect(before.map(\.causes) == [["no_start": 1]])

        try await rows.session(1, "10:00:30", until: "11:00:00")
        try await gathered()

        let after: [AttemptLine] = try await up.items(Self.october)
        #expect(after.map(\.attempts) == [1] && after.map(\.succeeded) == [1])
        try await checkSums()
    }

    @Test func `waits until a plug had its time`() async throws {
        let up = ReportingUp.current
        try await AttemptRows().owner.run(
            """
            INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind)
            VALUES ('CP1', 1, \(up.clock.now - 600), 'plug')
            """)
        try await gathered()
        let early: [AttemptLine] = try await up.items("/api/v1/reports/attempts")
        #expect(early == [])

        up.clock.advance(by: .seconds(660))
        try await gathered()

        let late: [AttemptLine] = try await up.items("/api/v1/reports/attempts")
        #expect(late.map(\.causes) == [["abandoned": 1]])
    }

    @Test func `forgives a payment that comes later`() async throws {
        let up = ReportingUp.current
        let rows = try AttemptRows()
        try await rows.session(1, "10:00:30", until: "11:00:00", cost: 480, paid: 0, error: "0190")
        try await gathered()
        let before: [AttemptLine] = try await up.items(Self.october)
        #expect(before.map(\.causes) == [["unpaid": 1]])

        try await rows.settle(1, paid: 480)
        try await gathered()

        let after: [AttemptLine] = try await up.items(Self.october)
        #expect(after.map(\.succeeded) == [1] && after.map { $0.stages["paid"] } == [1])
    }

    @Test func `is for those who run the network`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")

        #expect(try await up.get(Self.october, as: anna.token).status == 403)
        #expect(try await up.get(Self.october).status == 401)
        let bad = try await up.get("\(Self.october)&by=colour", as: try await up.admin())
        #expect(bad.status == 400)
    }
}

@Suite struct `The pieces of a range` {
    /// Sums of pieces over any function of the moment come to the function over the range.
    @Test(arguments: [
        ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), ("2025-11-01T10:20:00Z", "2026-10-30T10:40:00Z"),
        ("2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z"), ("2026-02-16T23:59:59Z", "2026-07-16T00:00:01Z"),
        ("2026-10-12T08:30:00Z", "2026-10-12T08:45:00Z"), ("2024-07-02T12:00:00Z", "2026-07-02T12:00:00Z"),
        ("2026-10-12T08:30:00Z", "2026-10-12T08:30:00Z"),
    ])
    func `cover it once, whatever sizes there are`(begin: String, end: String) throws {
        let range = try ReportRange(begin: NetworkRows.at(begin), end: NetworkRows.at(end))
        for sizes: Set<RangePiece.Size> in [
            [.year, .month, .hour, .moment], [.month, .day, .hour, .moment], [.month, .day, .moment],
            [.hour, .moment], [.moment],
        ] {
            let pieces = range.pieces(of: sizes)

            var length = 0.0
            var edges: [Date: Int] = [:]
            for piece in pieces {
                #expect(piece.begin < piece.end && sizes.contains(piece.size))
                let sign = piece.isTaken ? -1 : 1
                length += Double(sign) * piece.end.timeIntervalSince(piece.begin)
                edges[piece.begin, default: 0] += sign
                edges[piece.end, default: 0] -= sign
            }
            #expect(length == range.end.timeIntervalSince(range.begin))
            let left = edges.filter { $0.value != 0 }
            #expect(left == (range.begin == range.end ? [:] : [range.begin: 1, range.end: -1]))
        }
    }

    @Test func `of a year are its sums alone`() throws {
        let range = try ReportRange(from: "2026-01-01", to: "2026-12-31")

        #expect(range.pieces(of: [.year, .month, .hour, .moment]).map(\.size) == [.year])
        #expect(range.pieces(of: [.month, .day, .hour, .moment]).map(\.size) == [.month])
    }
}
