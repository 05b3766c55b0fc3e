import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `Points` {
    private static func threshold(
        _ house: BillingHouse, _ admin: Person, _ points: Int64 = 400, _ value: String = "10"
    ) async throws -> Int64 {
        let made = try await house.call(
            .post, "/points/thresholds", as: admin,
            ["points_required": .integer(points), "discount_value": .string(value)])
        return try #require(made.json["id"]?.number)
    }

    private static func give(_ house: BillingHouse, _ points: Int64, to person: Person, by admin: Person)
        async throws -> Answer
    {
        try await house.call(
            .post, "/points", as: admin,
            ["user_id": .integer(person.id), "points": .integer(points), "description": "By hand"])
    }

    @Test(.house, .fact(75)) func `come from energy, and become a code of one use`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, energy: 12_340))
            try await house.settled(number)
            let earned = try await house.call(.get, "/points/", as: anna)
            #expect(earned.json["points"] == 1_234)
            #expect(earned.json["points_per_kwh"] == 100)
            #expect(earned.items.map { $0["points"] } == [1_234])
            #expect(earned.items.map { $0["charging_id"] } == [.integer(number)])
            #expect(earned.items.map { $0["reason"] } == ["charging"])
            _ = try await Self.give(house, -814, to: anna, by: admin)
            let threshold = try await Self.threshold(house, admin)
            let body: JSONValue = ["threshold_id": .integer(threshold)]

            let code = try await house.call(.post, "/points/exchange", as: anna, body)
            let again = try await house.call(.post, "/points/exchange", as: anna, body)

            #expect(code.status == 201)
            #expect(code.json["discount_code"]?.text?.wholeMatch(of: /[A-Z0-9]{8}/) != nil)
            #expect(code.json["discount_value"] == "10.00")
            #expect(code.json["expires_at"] == "2026-12-20T10:30:00Z")
            #expect(code.json["remaining_points"] == 20)
            #expect(again.status == 409)
            #expect(again.code == 2043)
            let stored = try await house.call(.get, "/discounts", as: admin).items.first
            #expect(stored?["code"] == code.json["discount_code"])
            #expect(stored?["max_uses"] == 1)
            #expect(stored?["user_id"] == .integer(anna.id))
            #expect(stored?["value"] == "10.00")
            let list = try await house.call(.get, "/points", as: anna)
            #expect(list.items.map { $0["points"] } == [-400, -814, 1_234])
            #expect(list.items.map { $0["balance_after"] } == [20, 420, 1_234])
        }
    }

    @Test(.house) func `hold a code as long as DISCOUNT_EXCHANGE_DAYS says`() async throws {
        try await BillingHouse.open(["DISCOUNT_EXCHANGE_DAYS": "3"]) { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            _ = try await Self.give(house, 400, to: anna, by: admin)
            let threshold = try await Self.threshold(house, admin)

            let code = try await house.call(
                .post, "/points/exchange", as: anna, ["threshold_id": .integer(threshold)])

            #expect(code.json["expires_at"] == "2026-11-23T10:30:00Z")
        }
    }

    @Test(.house) func `are spent once, though ten exchanges come at once`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            _ = try await Self.give(house, 900, to: anna, by: admin)
            let threshold = try await Self.threshold(house, admin)

            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await house.call(
                            .post, "/points/exchange", as: anna, ["threshold_id": .integer(threshold)]
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }

            #expect(statuses.filter { $0 == 201 }.count == 2)
            #expect(statuses.filter { $0 == 409 }.count == 8)
            #expect(try await house.call(.get, "/points", as: anna).json["points"] == 100)
        }
    }

    @Test(.house) func `that were spent before they could be taken back are not given again`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna)
            let number = try await house.store(sample)
            try await house.settled(number)
            #expect(try await house.call(.get, "/points", as: anna).json["points"] == 1_500)
            #expect(try await Self.give(house, -1_500, to: anna, by: admin).status == 201)

            try await house.amend(number, sample, energy: 0, amendment: 1)
            try await house.settled(number, amendment: 1)
            try await house.amend(number, sample, energy: 15_000, amendment: 2)
            try await house.settled(number, amendment: 2)

            #expect(try await house.call(.get, "/points", as: anna).json["points"] == 0)
        }
    }

    @Test(.house) func `are exchanged by thresholds whose changes leave a trace`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let id = try await Self.threshold(house, admin)
            _ = try await house.call(
                .patch, "/points/thresholds/\(id)", as: admin, ["points_required": 9])
            _ = try await house.call(.delete, "/points/thresholds/\(id)", as: admin)

            let actions: [String] = try await house.owner.run(
                "SELECT action FROM billing.audit_entry WHERE action LIKE '%_THRESHOLD' ORDER BY id LIMIT 9")
            #expect(actions == ["CREATE_THRESHOLD", "UPDATE_THRESHOLD", "DELETE_THRESHOLD"])
        }
    }

    @Test(.house) func `never fall below nothing`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))

            let given = try await Self.give(house, 50, to: anna, by: admin)
            #expect(given.status == 201)
            #expect(given.json["reason"] == "manual")
            let above = try await Self.give(house, -51, to: anna, by: admin)
            #expect(above.code == 2043)
            #expect(try await Self.give(house, 0, to: anna, by: admin).status == 400)
            #expect(try await Self.give(house, 1, to: anna, by: berta).status == 403)
            #expect(try await Self.give(house, -50, to: anna, by: admin).json["balance_after"] == 0)

            let path = "/points/\(try #require(given.json["id"]?.number))"
            #expect(try await house.call(.get, path, as: anna).json == given.json)
            #expect(try await house.call(.get, path, as: berta).status == 404)
            #expect(try await house.call(.patch, path, as: admin, [:]).status == 405)
            let seen = try await house.call(.get, "/points?user_id=\(anna.id)", as: admin)
            #expect(seen.items.count == 2)
            #expect(try await house.call(.get, "/points?user_id=\(anna.id)", as: berta).items.isEmpty)
        }
    }

    /// What was earned is spent; then the bill falls.
    @Test(.house) func `that are taken back after they were spent leave nothing, not less`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna)
            let number = try await house.store(sample)
            try await house.settled(number)
            _ = try await Self.give(house, -1_400, to: anna, by: admin)

            try await house.amend(number, sample, energy: 5_000, amendment: 1)
            try await house.settled(number, amendment: 1)

            let points = try await house.call(.get, "/points", as: anna)
            #expect(points.json["points"] == 0)
            #expect(points.items.map { $0["points"] } == [-100, -1_400, 1_500])
        }
    }

    @Test(.house) func `have thresholds that administrators set`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let first = try await Self.threshold(house, admin)
            let second = try await Self.threshold(house, admin, 900, "25.5")
            let path = "/points/thresholds/\(second)"

            let read = try await house.call(.get, path, as: anna)
            #expect(read.json["discount_value"] == "25.50")
            #expect(read.json["is_active"] == true)
            let off = try await house.call(.patch, path, as: admin, ["is_active": false])
            #expect(off.json["points_required"] == 900)
            let active = try await house.call(.get, "/points/thresholds?all=true", as: anna)
            #expect(active.items.map { $0["id"] } == [.integer(first)])
            let all = try await house.call(.get, "/points/thresholds?all=true", as: admin)
            #expect(all.items.map { $0["id"] } == [.integer(second), .integer(first)])
            let exchange = try await house.call(
                .post, "/points/exchange", as: anna, ["threshold_id": .integer(second)])
            #expect(exchange.status == 404)

            #expect(try await house.call(.delete, path, as: anna).status == 403)
            #expect(try await house.call(.delete, path, as: admin).status == 204)
            #expect(try await house.call(.get, path, as: admin).status == 404)
            for body in [["points_required": 0], ["discount_value": 101], [:]] as [JSONValue] {
                let refused = try await house.call(.post, "/points/thresholds", as: admin, body)
                #expect(refused.status == 400)
            }
        }
    }
}
