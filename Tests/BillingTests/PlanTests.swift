import Core
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `A payment plan` {
    private static let night: JSONValue = [
        "plan_id": "night", "description": "At night", "price_per_kwh": 20, "price_per_hour": 60,
        "free_minutes": 30, "start_time": "22:00", "end_time": "06:00",
    ]

    @Test(.house) func `is made, read, changed in part, replaced and hidden`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")

            let made = try await house.call(.post, "/payment-plans", as: admin, Self.night)
            #expect(made.status == 201)
            let path = "/payment-plans/\(try #require(made.json["id"]?.number))"
            let read = try await house.call(.get, path, as: anna)
            #expect(read.json == made.json)
            #expect(read.json["start_time"] == "22:00")
            #expect(read.json["is_active"] == true)
            #expect(read.json["is_default"] == false)

            let changed = try await house.call(.patch, path, as: admin, ["price_per_kwh": 25])
            #expect(changed.json["price_per_kwh"] == 25)
            #expect(changed.json["price_per_hour"] == 60)
            #expect(changed.json["end_time"] == "06:00")

            let replaced = try await house.call(
                .put, path, as: admin, ["plan_id": "night", "price_per_kwh": 30])
            #expect(replaced.json["price_per_hour"] == 0)
            #expect(replaced.json["free_minutes"] == 60)
            #expect(replaced.json["start_time"] == "")

            #expect(try await house.call(.delete, path, as: admin).status == 204)
            #expect(try await house.call(.get, path, as: anna).status == 404)
            #expect(try await house.call(.delete, path, as: admin).status == 404)
        }
    }

    @Test(.house) func `is listed by name and state, page by page`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            for price: Int64 in [10, 20] {
                _ = try await house.call(
                    .post, "/payment-plans", as: admin,
                    ["plan_id": "sun", "price_per_kwh": .integer(price), "is_active": .bool(price == 10)])
            }

            let named = try await house.call(.get, "/payment-plans?plan_id=sun", as: admin)
            let active = try await house.call(
                .get, "/payment-plans?plan_id=sun&is_active=true", as: admin)
            let first = try await house.call(.get, "/payment-plans?per_page=1&order=asc", as: admin)
            let none = try await house.call(.get, "/payment-plans?plan_id=moon", as: admin)

            #expect(named.items.map { $0["price_per_kwh"] } == [20, 10])
            #expect(active.items.map { $0["price_per_kwh"] } == [10])
            #expect(first.items.map { $0["plan_id"] } == ["default"])
            #expect(first.json["pagination"]?["total_items"] == 3)
            #expect(first.json["pagination"]?["has_next"] == true)
            #expect(none.json["pagination"]?["total_pages"] == 0)
        }
    }

    @Test(.house) func `is the default one alone`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let old = try await house.call(.get, "/payment-plans", as: admin).items.first?["id"]?.number ?? 0

            let made = try await house.call(
                .post, "/payment-plans", as: admin,
                ["plan_id": "new", "price_per_kwh": 40, "is_default": true])

            let plans = try await house.call(.get, "/payment-plans", as: admin).items
            #expect(plans.filter { $0["is_default"] == true }.map { $0["id"] } == [made.json["id"]])
            let path = "/payment-plans/\(try #require(made.json["id"]?.number))"
            let ended = try await house.call(.patch, path, as: admin, ["is_default": false])
            let deleted = try await house.call(.delete, path, as: admin)
            #expect([ended.status, deleted.status] == [409, 409])
            #expect(deleted.code == 2031)
            let back = try await house.call(
                .patch, "/payment-plans/\(old)", as: admin, ["is_default": true])
            #expect(back.status == 200)
            #expect(try await house.call(.delete, path, as: admin).status == 204)
        }
    }

    @Test(.house) func `stays while somebody is on it`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            _ = try await house.person("anna", plan: "night")
            let made = try await house.call(.post, "/payment-plans", as: admin, Self.night)

            let deleted = try await house.call(
                .delete, "/payment-plans/\(try #require(made.json["id"]?.number))", as: admin)

            #expect(deleted.status == 409)
            #expect(deleted.code == 2031)
        }
    }

    @Test(
        .house,
        arguments: [
            ["price_per_kwh": 1], ["plan_id": "sun"], ["plan_id": "s n", "price_per_kwh": 1],
            ["plan_id": "sun", "price_per_kwh": 100_001], ["plan_id": "sun", "price_per_kwh": -1],
            ["plan_id": "sun", "price_per_kwh": 1, "free_minutes": 1_441],
            ["plan_id": "sun", "price_per_kwh": 1, "start_time": "22:00"],
            ["plan_id": "sun", "price_per_kwh": 1, "start_time": "24:00", "end_time": "06:00"],
            ["plan_id": "sun", "price_per_kwh": .number(1.5)],
        ] as [JSONValue])
    func `is refused with what it cannot be`(_ body: JSONValue) async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")

            let answer = try await house.call(.post, "/payment-plans", as: admin, body)

            #expect(answer.status == 400)
            #expect(answer.json["errors"] != nil)
            #expect(try await house.call(.get, "/payment-plans", as: admin).items.count == 1)
        }
    }

    @Test(.house) func `is written by administrators only`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let berta = try await house.person("berta", role: "operator")

            for person in [anna, berta] {
                #expect(try await house.call(.post, "/payment-plans", as: person, Self.night).status == 403)
                #expect(try await house.call(.delete, "/payment-plans/1", as: person).status == 403)
            }
            #expect(try await house.call(.get, "/payment-plans").status == 401)
        }
    }

    @Test(.house, .fact(55)) func `changes no session that runs`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna", plan: "standard")
            let plan = try await house.call(
                .post, "/payment-plans", as: admin,
                ["plan_id": "standard", "price_per_kwh": 35, "price_per_hour": 120])
            var sample = SampleSession(driver: anna, isFinished: false)
            let number = try await house.store(sample)

            _ = try await house.call(
                .patch, "/payment-plans/\(try #require(plan.json["id"]?.number))", as: admin,
                ["price_per_kwh": 99, "price_per_hour": 0])
            sample.isFinished = true
            try await house.finish(number, sample)
            try await house.settled(number)

            #expect(try await house.entries(of: anna) == [-585])
        }
    }
}
