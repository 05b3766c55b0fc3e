import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `A price question` {
    private static let standard: JSONValue = [
        "plan_id": "standard", "price_per_kwh": 35, "price_per_hour": 120, "free_minutes": 60,
    ]

    private static func ask(_ house: BillingHouse, _ more: [String: JSONValue], as person: Person)
        async throws
        -> Answer
    {
        let body = ["charge_point_id": "CP-1", "connector_id": 1].merging(more) { $1 }
        return try await house.call(.post, "/payment-plans/quote", as: person, .object(body))
    }

    @Test(.house, .fact(52)) func `is answered part by part`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna", plan: "standard")
            _ = try await house.call(.post, "/payment-plans", as: admin, Self.standard)
            _ = try await house.call(.post, "/discounts", as: admin, ["code": "SUN10", "value": 10])
            try await house.point("CP-1")

            let long = try await Self.ask(house, ["energy_wh": 15_000, "minutes": 90], as: anna)
            let short = try await Self.ask(house, ["energy_wh": 15_000, "minutes": 59], as: anna)
            let cheap = try await Self.ask(
                house, ["energy_wh": 15_000, "minutes": 90, "discount_code": "sun10"], as: anna)
            let wrong = try await Self.ask(house, ["discount_code": "MOON"], as: anna)

            #expect(
                long.json == [
                    "rule": "plan:standard", "price_per_kwh": 35, "price_per_hour": 120, "free_minutes": 60,
                    "energy_part": 525, "time_part": 60, "discount": 0, "total": 585, "currency": "EUR",
                ])
            #expect(short.json["total"] == 525)
            #expect(cheap.json["discount"] == 59)
            #expect(cheap.json["total"] == 526)
            #expect(wrong.code == 2042)
        }
    }

    @Test(
        .house, .fact(53),
        arguments: [
            ("2026-11-20T23:30:00Z", "plan:night"), ("2026-11-20T06:00:59Z", "plan:night"),
            ("2026-11-20T06:01:00Z", "plan:default"), ("2026-11-20T22:00:00Z", "plan:night"),
            ("2026-11-20T21:59:59Z", "plan:default"),
        ] as [(String, String)])
    func `goes by the window of a plan, bounds included`(start: String, rule: String) async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna", plan: "night")
            _ = try await house.call(
                .post, "/payment-plans", as: admin,
                ["plan_id": "night", "price_per_kwh": 20, "start_time": "22:00", "end_time": "06:00"])
            try await house.point("CP-1")

            let quote = try await Self.ask(house, ["start_time": .string(start)], as: anna)

            #expect(quote.json["rule"] == .string(rule))
        }
    }

    @Test(.house) func `reads windows in TARIFF_TIMEZONE`() async throws {
        try await BillingHouse.open(["TARIFF_TIMEZONE": "Europe/Prague"]) { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna", plan: "night")
            _ = try await house.call(
                .post, "/payment-plans", as: admin,
                ["plan_id": "night", "price_per_kwh": 20, "start_time": "22:00", "end_time": "06:00"])
            try await house.point("CP-1")

            let evening = try await Self.ask(house, ["start_time": "2026-11-20T21:00:00Z"], as: anna)
            let morning = try await Self.ask(house, ["start_time": "2026-11-20T05:30:00Z"], as: anna)

            #expect(evening.json["rule"] == "plan:night")
            #expect(morning.json["rule"] == "plan:default")
        }
    }

    @Test(.house, .fact(54)) func `takes the connector before the plan, and the plan before the station`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna", plan: "standard")
            let berta = try await house.person("berta")
            _ = try await house.call(.post, "/payment-plans", as: admin, Self.standard)
            let host = try await house.person("host")
            try await house.point("CP-1", owner: host, price: 50)
            try await house.owner.run(
                """
                WITH site AS (
                    INSERT INTO accounts.site (name, latitude, longitude, address, price_per_kwh, created_at)
                    VALUES ('Square', 50, 14, 'Square 7', 40, \(house.clock.now))
                    RETURNING id
                )
                UPDATE accounts.charge_point SET site_id = (SELECT id FROM site)
                """ as Query<Void>)
            func price(_ person: Person) async throws -> [JSONValue?] {
                let quote = try await Self.ask(house, [:], as: person)
                return [quote.json["price_per_kwh"], quote.json["rule"]]
            }

            #expect(try await price(anna) == [50, "connector:1"])
            #expect(try await price(host) == [0, "own"])
            try await house.owner.run("UPDATE accounts.connector SET price_per_kwh = NULL" as Query<Void>)
            #expect(try await price(anna) == [35, "plan:standard"])
            #expect(try await price(berta) == [40, "station:1"])
            try await house.owner.run("UPDATE accounts.site SET price_per_kwh = NULL" as Query<Void>)
            #expect(try await price(berta) == [0, "plan:default"])
        }
    }

    @Test(.house) func `is about what the caller may know of`() async throws {
        try await BillingHouse.open { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            let boss = try await house.person("boss", role: "operator")
            try await house.point("CP-1", owner: host)
            try await house.owner.run("UPDATE accounts.charge_point SET access_level = 5" as Query<Void>)

            #expect(try await Self.ask(house, [:], as: anna).status == 404)
            #expect(try await Self.ask(house, [:], as: host).status == 200)
            #expect(try await Self.ask(house, [:], as: boss).status == 200)
            try await house.owner.run(
                """
                INSERT INTO accounts.access_grant (charge_point_id, user_id, granted_by, created_at)
                VALUES ('CP-1', \(anna.id), \(host.id), \(house.clock.now))
                """ as Query<Void>)
            #expect(try await Self.ask(house, [:], as: anna).status == 200)
            #expect(try await Self.ask(house, ["connector_id": 2], as: boss).status == 404)
            let port = try await house.call(.post, "/payment-plans/quote", as: boss, ["port_id": 1])
            #expect(port.status == 200)
            let nothing = try await house.call(.post, "/payment-plans/quote", as: boss, [:])
            #expect(nothing.status == 400)
        }
    }
}

@Suite struct `A bill's explanation` {
    @Test(.house) func `shows every line, and is the same each time`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let number = try await house.store(SampleSession(driver: anna, readings: 5))
            try await house.settled(number)
            let path = "/transactions/info/\(number)/explain"

            let first = try await house.call(.get, path, as: anna)
            let second = try await house.call(.get, path, as: anna)

            #expect(first.status == 200)
            #expect(first.bytes == second.bytes)
            #expect(first.json["lines"]?.elements.map { $0["amount"] } == [525, 60])
            #expect(first.json["total"] == 585)
            #expect(first.json["readings"]?["count"] == 5)
            #expect(first.json["readings"]?["seconds"] == 5_400)
            #expect(first.json["readings"]?["energy_wh"] == 15_000)
            #expect(first.json["price"]?["price_per_kwh"] == 35)
            #expect(first.json["hash"]?.text?.count == 64)
            #expect(try await house.call(.get, path, as: berta).status == 404)
            try await house.owner.run("UPDATE gateway.session SET energy_wh = 14999" as Query<Void>)
            #expect(try await house.call(.get, path, as: anna).json["hash"] != first.json["hash"])
        }
    }

    @Test(.house) func `and the receipt wait for the end of the session`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, isFinished: false))

            for page in ["explain", "receipt"] {
                let answer = try await house.call(.get, "/transactions/info/\(number)/\(page)", as: anna)
                #expect(answer.status == 409)
                #expect(answer.code == 2024)
                #expect(try await house.call(.get, "/transactions/info/x/\(page)", as: anna).status == 400)
            }
        }
    }

    @Test(.house) func `for people is a page that runs nothing`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let host = try await house.person("host")
            try await house.point("CP-1")
            try await house.owner.run(
                "UPDATE accounts.charge_point SET title = '<script>alert(1)</script>'" as Query<Void>)
            let number = try await house.store(SampleSession(driver: anna, host: host))
            try await house.settled(number)

            let page = try await house.call(.get, "/transactions/info/\(number)/receipt", as: anna)

            let text = String(decoding: page.bytes, as: UTF8.self)
            #expect(page.headers["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(text.contains("5.85 EUR"))
            #expect(text.contains("&lt;script&gt;"))
            #expect(!text.contains("<script>"))
            #expect(
                try await house.call(.get, "/transactions/info/\(number)/receipt", as: host).status == 404)
        }
    }
}
