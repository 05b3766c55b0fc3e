import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.reportingUp) struct `A report by month` {
    private func month(_ range: String) async throws -> [MonthLine] {
        try await ReportingUp.current.report("/api/v1/report/month?\(range)")
    }

    @Test(.fact(98)) func `counts what stopped in the last hour of its last day, and asks for both ends`()
        async throws
    {
        let up = ReportingUp.current
        try await up.facts.end(try Charge(1, at: "2026-10-31T23:00:00Z", energy: 12_345, cost: 494))
        try await up.caughtUp()

        #expect(
            try await month("from=2026-10-01&to=2026-10-31") == [
                MonthLine(year: 2026, month: 10, total: 12_345, count: 1, average: 12_345, amount: 494)
            ])

        let boss = try await up.rows.person("boss", role: "operator")
        let answer = try await up.get("/api/v1/report/month?from=2026-10-01", as: boss.token)
        #expect(answer.status == 400)
        #expect(answer.text.contains("Failed to get report: parameter 'to' is missing"))
        let user = try await up.rows.person("anna")
        let refusal = try await up.get(
            "/api/v1/report/month?from=2026-10-01&to=2026-10-31", as: user.token)
        #expect(refusal.status == 403)
    }

    @Test func `cuts months where they end in UTC`() async throws {
        let up = ReportingUp.current
        for (number, moment) in [
            "2026-09-30T23:59:59.999Z", "2026-10-01T00:00:00Z", "2026-10-31T23:59:59.999Z",
            "2026-11-01T00:00:00Z", "2026-12-31T23:30:00Z", "2027-01-01T00:30:00Z",
        ].enumerated() {
            try await up.facts.end(try Charge(Int64(number + 1), at: moment, energy: 1_000))
        }
        try await up.caughtUp()
        func line(_ year: Int, _ month: Int, _ count: Int64) -> MonthLine {
            MonthLine(year: year, month: month, total: 1_000 * count, count: count, average: 1_000, amount: 0)
        }

        #expect(try await month("from=2026-10-01&to=2026-10-31") == [line(2026, 10, 2)])
        #expect(
            try await month("from=2026-09-01&to=2027-01-31") == [
                line(2026, 9, 1), line(2026, 10, 2), line(2026, 11, 1), line(2026, 12, 1), line(2027, 1, 1),
            ])
        #expect(try await month("from=2026-11-01&to=2026-11-01") == [line(2026, 11, 1)])
        #expect(try await month("from=2028-01-01&to=2028-12-31") == [])
    }

    /// In Prague October 2026 lasts from 22:00 UTC on 30 September to 23:00 UTC on 31 October.
    @Test func `takes the ends of another time zone, and still counts by UTC`() async throws {
        let up = ReportingUp.current
        for (number, moment) in [
            "2026-09-30T21:59:59Z", "2026-09-30T22:00:00Z", "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z",
        ].enumerated() {
            try await up.facts.end(try Charge(Int64(number + 1), at: moment, energy: 1_000))
        }
        try await up.caughtUp()

        let lines = try await month("from=2026-10-01T00:00:00%2B02:00&to=2026-11-01T00:00:00%2B01:00")

        #expect(lines.map(\.month) == [9, 10])
        #expect(lines.map(\.count) == [1, 1])
    }

    @Test(arguments: [
        ("to=2026-10-31", "parameter 'from' is missing"),
        ("from=&to=2026-10-31", "parameter 'from' is missing"),
        ("from=2026-10-01", "parameter 'to' is missing"),
        ("from=yesterday&to=2026-10-31", "parameter 'from' is neither a date nor a time"),
        ("from=2026-02-30&to=2026-10-31", "parameter 'from' is neither a date nor a time"),
        ("from=2026-10-01T00:00:00&to=2026-10-31", "parameter 'from' is neither a date nor a time"),
        ("from=2026-10-02&to=2026-09-30", "parameter 'to' lies before 'from'"),
    ])
    func `refuses a range that says nothing`(range: String, reason: String) async throws {
        let up = ReportingUp.current
        let boss = try await up.rows.person("boss", role: "operator")

        for report in ["month", "user", "charger"] {
            let answer = try await up.get("/api/v1/report/\(report)?\(range)", as: boss.token)
            #expect(answer.status == 400)
            #expect(answer.text.contains("Failed to get report: \(reason)"), "\(answer.text)")
        }
    }
}

@Suite(.reportingUp) struct `A report's range` {
    @Test func `may cut hours in two`() async throws {
        let up = ReportingUp.current
        var order = Shuffle(seed: 98)
        let start = try #require(Timestamp("2026-10-14T00:00:00Z")).date
        var charges: [Charge] = []
        for number in 1...80 as ClosedRange<Int64> {
            var charge = try Charge(number, energy: number, cost: 1)
            charge.endedAt = start + Double(order.next() % (6 * 3_600))
            charges.append(charge)
        }
        // Where whole hours meet what is left of others.
        charges[0].endedAt = start + 3_600
        charges[1].endedAt = start + 2 * 3_600
        for charge in charges { try await up.facts.end(charge) }
        try await up.caughtUp()

        var ranges = (0..<25).map { _ in
            let ends = [order.next() % (6 * 3_600), order.next() % (6 * 3_600)].map(Double.init).sorted()
            return (start + ends[0], start + ends[1])
        }
        ranges += [
            (start, start + 6 * 3_600), (start + 3_600, start + 2 * 3_600), (start + 3_600, start + 3_600),
            (start + 3_599, start + 3_601), (start + 600, start + 1_200),
        ]
        for (begin, end) in ranges {
            let inside = charges.filter { begin <= $0.endedAt && $0.endedAt < end }
            let lines: [MonthLine] = try await up.report(
                "/api/v1/report/month?from=\(Timestamp.text(begin))&to=\(Timestamp.text(end))")
            #expect(lines.reduce(0) { $0 + $1.count } == Int64(inside.count), "\(begin) to \(end)")
            #expect(lines.reduce(0) { $0 + $1.total } == inside.reduce(0) { $0 + $1.energy })
            #expect(lines.reduce(0) { $0 + $1.amount } == Int64(inside.count))
        }
    }
}

@Suite(.reportingUp) struct `A report over months` {
    /// Months are taken whole, and what they have too much is taken off again.
    @Test func `has what ended in its range, whichever end of a month is nearer`() async throws {
        let up = ReportingUp.current
        var order = Shuffle(seed: 31)
        let start = try #require(Timestamp("2026-07-20T00:00:00Z")).date
        let days: UInt64 = 110
        var charges: [Charge] = []
        for number in 1...90 as ClosedRange<Int64> {
            var charge = try Charge(
                number, point: "CP\(number % 3)", user: 1 + number % 4, energy: number, cost: 2)
            charge.endedAt = start + Double(order.next() % (days * 86_400))
            charges.append(charge)
        }
        for charge in charges { try await up.facts.end(charge) }
        try await up.caughtUp()

        for _ in 0..<20 {
            let ends = [order.next() % (days * 86_400), order.next() % (days * 86_400)].map(Double.init)
                .sorted()
            let (begin, end) = (start + ends[0], start + ends[1])
            let inside = charges.filter { begin <= $0.endedAt && $0.endedAt < end }
            let range = "from=\(Timestamp.text(begin))&to=\(Timestamp.text(end))"

            let months: [MonthLine] = try await up.report("/api/v1/report/month?\(range)")
            #expect(months.reduce(0) { $0 + $1.total } == inside.reduce(0) { $0 + $1.energy }, "\(range)")
            #expect(months.allSatisfy { $0.count > 0 })
            let points: [ChargerLine] = try await up.report("/api/v1/report/charger?\(range)")
            for point in Set(charges.map(\.point)) {
                let count = inside.filter { $0.point == point }.count
                #expect(points.first { $0.user == point }?.count == (count == 0 ? nil : Int64(count)))
            }
            let users: [UserLine] = try await up.report("/api/v1/report/user?\(range)")
            #expect(users.count == Set(inside.map(\.user)).count)
            #expect(users.reduce(0) { $0 + $1.amount } == Int64(2 * inside.count))
        }
    }
}

@Suite(.reportingUp) struct `A report by account` {
    private let range = "from=2026-10-01&to=2026-10-31"

    /// Anna with her name in group `fleet`, Bert without a name in the default group.
    private func drivers() async throws -> (anna: Int64, bert: Int64) {
        let up = ReportingUp.current
        let (anna, bert) = (try await up.rows.person("anna").id, try await up.rows.person("bert").id)
        let owner = try FreshDatabase.current.database(as: .owner)
        try await owner.run(
            "UPDATE accounts.account SET name = 'ada nowak', user_group = 'fleet' WHERE id = \(anna)")
        try await owner.run("UPDATE accounts.account SET name = '' WHERE id = \(bert)")
        return (anna, bert)
    }

    private func charges() async throws {
        let up = ReportingUp.current
        let (anna, bert) = try await drivers()
        try await up.facts.end(try Charge(1, user: anna, energy: 10_000, cost: 400))
        try await up.facts.end(try Charge(2, user: anna, energy: 10_000, cost: 400))
        try await up.facts.end(
            try Charge(3, at: "2026-10-20T01:00:00Z", user: anna, energy: 12_345, cost: 494))
        try await up.facts.end(try Charge(4, user: bert, energy: 5_000, cost: 200))
        try await up.facts.end(try Charge(5, energy: 7_000))
        try await up.caughtUp()
    }

    @Test func `names drivers, and what nobody drove by an empty name`() async throws {
        try await charges()

        let lines: [UserLine] = try await ReportingUp.current.report("/api/v1/report/user?\(range)")

        #expect(
            lines == [
                UserLine(user: "", username: "", total: 7_000, count: 1, average: 7_000, amount: 0),
                UserLine(
                    user: "ada nowak", username: "anna", total: 32_345, count: 3, average: 10_781.67,
                    amount: 1_294),
                UserLine(user: "bert", username: "bert", total: 5_000, count: 1, average: 5_000, amount: 200),
            ])
    }

    @Test func `may be of one group, like every report`() async throws {
        try await charges()
        let up = ReportingUp.current

        let users: [UserLine] = try await up.report("/api/v1/report/user?\(range)&group=fleet")
        let months: [MonthLine] = try await up.report("/api/v1/report/month?\(range)&group=fleet")
        let chargers: [ChargerLine] = try await up.report("/api/v1/report/charger?\(range)&group=fleet")
        let nobody: [MonthLine] = try await up.report("/api/v1/report/month?\(range)&group=none")

        #expect(users.map(\.username) == ["anna"])
        #expect(months.map(\.count) == [3] && months.map(\.amount) == [1_294])
        #expect(chargers.map(\.total) == [32_345])
        #expect(nobody == [])
    }
}

@Suite(.reportingUp) struct `A report by charge point` {
    @Test func `tells each point's sums, in the order of their names`() async throws {
        let up = ReportingUp.current
        try await up.facts.end(try Charge(1, point: "CP9", energy: 10_000, cost: 400))
        try await up.facts.end(try Charge(2, point: "CP77", energy: 96_500, cost: 3_377))
        try await up.facts.end(try Charge(3, point: "CP77", energy: 1, cost: 0))
        try await up.facts.end(try Charge(4, point: "CP77", energy: 1, cost: 0))
        try await up.caughtUp()

        let lines: [ChargerLine] = try await up.report(
            "/api/v1/report/charger?from=2026-10-01&to=2026-10-31")

        #expect(
            lines == [
                ChargerLine(
                    user: "CP77", charge_point_id: "CP77", total: 96_502, count: 3, average: 32_167.33,
                    amount: 3_377),
                ChargerLine(
                    user: "CP9", charge_point_id: "CP9", total: 10_000, count: 1, average: 10_000, amount: 400
                ),
            ])
    }

    @Test func `is whole, or a page of it`() async throws {
        let up = ReportingUp.current
        for number in 1...12 as ClosedRange<Int64> {
            try await up.facts.end(try Charge(number, point: "CP\(100 + number)"))
        }
        try await up.caughtUp()
        let boss = try await up.rows.person("boss", role: "admin")
        let target = "/api/v1/report/charger?from=2026-10-01&to=2026-10-31"

        let whole = try await up.get(target, as: boss.token)
        let page = try await up.get(target + "&page=2&per_page=5", as: boss.token)

        #expect(try JSONReader.decode([ChargerLine].self, from: whole.body).count == 12)
        #expect(whole.headers["X-Total-Count"] == nil)
        let lines = try JSONReader.decode([ChargerLine].self, from: page.body)
        #expect(lines.map(\.user) == (106...110).map { "CP\($0)" })
        #expect(page.headers["X-Total-Count"] == "12")
        #expect(page.headers["Link"]?.contains("rel=\"next\"") == true)
    }
}

@Suite(.reportingUp) struct `Statistics` {
    @Test(
        arguments: [
            ("user", 403), ("operator", 200), ("admin", 200), (nil, 401),
        ] as [(String?, Int)])
    func `are for those who run the network`(role: String?, status: Int) async throws {
        let up = ReportingUp.current
        var token: String?
        if let role { token = try await up.rows.person("someone", role: role).token }

        for report in ["month", "user", "charger"] {
            let answer = try await up.get(
                "/api/v1/report/\(report)?from=2026-10-01&to=2026-10-31", as: token)
            #expect(answer.status == status, "\(report)")
            if status == 200 { #expect(answer.text == "[]") }
        }
    }

    @Test func `are not for an operator whose account is closed`() async throws {
        let up = ReportingUp.current
        let gone = try await up.rows.person("gone", role: "operator", isActive: false)

        let answer = try await up.get(
            "/api/v1/report/month?from=2026-10-01&to=2026-10-31", as: gone.token)

        #expect(answer.status == 401 || answer.status == 403)
    }
}
