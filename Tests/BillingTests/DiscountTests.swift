import Core
import Foundation
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `A discount code` {
    @Test(.house) func `is made, read, changed and hidden by administrators`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let boss = try await house.person("boss", role: "operator")
            let body: JSONValue = ["code": "sun10", "value": "7.5", "max_uses": 3]

            let made = try await house.call(.post, "/discounts/", as: admin, body)
            #expect(made.status == 201)
            #expect(made.json["code"] == "SUN10")
            #expect(made.json["value"] == "7.50")
            #expect(made.json["expires_at"] == .null)
            #expect(made.json["usage_count"] == 0)
            #expect(made.json["reserved_count"] == 0)
            let path = "/discounts/\(try #require(made.json["id"]?.number))"
            #expect(try await house.call(.get, path, as: admin).json == made.json)
            #expect(try await house.call(.get, path, as: boss).status == 403)
            #expect(try await house.call(.post, "/discounts", as: admin, body).status == 400)
            #expect(try await house.call(.get, "/discounts?code=sun10", as: admin).items.count == 1)
            #expect(try await house.call(.get, "/discounts?code=moon", as: admin).items.isEmpty)

            let limited = try await house.call(
                .patch, path, as: admin, ["expires_at": "2026-12-01T00:00:00Z"])
            #expect(limited.json["expires_at"] == "2026-12-01T00:00:00Z")
            #expect(limited.json["max_uses"] == 3)
            let cleared = try await house.call(
                .patch, path, as: admin, ["expires_at": .null, "max_uses": .null])
            #expect(cleared.json["expires_at"] == .null)
            #expect(cleared.json["max_uses"] == .null)
            let replaced = try await house.call(.put, path, as: admin, ["code": "MOON", "value": 20])
            #expect(replaced.json["value"] == "20.00")
            #expect(try await house.call(.put, path, as: admin, ["value": 20]).status == 400)

            #expect(try await house.call(.delete, path, as: admin).status == 204)
            #expect(try await house.call(.get, path, as: admin).status == 404)
            // The name is free again.
            #expect(
                try await house.call(.post, "/discounts", as: admin, ["code": "MOON", "value": 1]).status
                    == 201)
        }
    }

    @Test(
        .house,
        arguments: [
            ["code": "AB", "value": 10], ["code": "A B C", "value": 10], ["code": "SUN"], ["value": 10],
            ["code": "SUN", "value": 0], ["code": "SUN", "value": "100.01"],
            ["code": "SUN", "value": "1.234"],
            ["code": "SUN", "value": 10, "max_uses": 0], ["code": "SUN", "value": 10, "user_id": 4711],
        ] as [JSONValue])
    func `is refused with what it cannot be`(_ body: JSONValue) async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")

            let answer = try await house.call(.post, "/discounts", as: admin, body)

            #expect(answer.status == 400)
            #expect(answer.json["errors"] != nil)
        }
    }

    @Test(.house) func `takes off its part, a half rounded up, and nothing is used up by asking`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            _ = try await house.call(
                .post, "/discounts", as: admin, ["code": "SUN10", "value": 10, "max_uses": 1])
            func quote(_ amount: Int64) async throws -> JSONValue {
                try await house.call(
                    .post, "/discounts/quote", as: anna, ["code": "sun10", "amount": .integer(amount)]
                ).json
            }

            #expect(
                try await quote(1_000) == [
                    "code": "SUN10", "original_amount": 1_000, "final_amount": 900, "discount": 100,
                ])
            #expect(try await quote(5)["discount"] == 1)
            #expect(try await quote(4)["discount"] == 0)
            #expect(try await house.call(.get, "/discounts", as: admin).items.first?["usage_count"] == 0)
        }
    }

    @Test(.house) func `is of no use when it is unknown, expired, used up, held or another's`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            func make(_ code: String, _ more: [String: JSONValue]) async throws {
                let body = more.merging(["code": .string(code), "value": 10]) { $1 }
                let made = try await house.call(.post, "/discounts", as: admin, .object(body))
                #expect(made.status == 201)
            }
            try await make("OLD", ["expires_at": "2026-11-20T10:30:00Z"])
            try await make("BERTA", ["user_id": .integer(berta.id)])
            try await make("HELD", ["max_uses": 1])
            try await make("USED", ["max_uses": 1])
            try await make("GOOD", ["max_uses": 2, "user_id": .integer(anna.id)])
            var sample = SampleSession(driver: anna, isFinished: false)
            sample.price.discount = FrozenDiscount(code: "HELD", value: .whole(10))
            _ = try await house.store(sample)
            sample = SampleSession(point: "CP-2", driver: anna)
            sample.price.discount = FrozenDiscount(code: "USED", value: .whole(10))
            try await house.settled(try await house.store(sample))

            for code in ["NONE", "OLD", "BERTA", "HELD", "USED"] {
                let answer = try await house.call(
                    .post, "/discounts/quote", as: anna, ["code": .string(code), "amount": 1_000])
                #expect(answer.status == 400, "\(code)")
                #expect(answer.code == 2042, "\(code)")
            }
            let good = try await house.call(
                .post, "/discounts/quote", as: anna, ["code": "GOOD", "amount": 1_000])
            #expect(good.status == 200)
        }
    }

    @Test(.house, .fact(74)) func `counts what sessions hold and what they have used`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let made = try await house.call(
                .post, "/discounts", as: admin, ["code": "SUN10", "value": 10, "max_uses": 3])
            let path = "/discounts/\(try #require(made.json["id"]?.number))"
            func counts() async throws -> [Int64?] {
                let code = try await house.call(.get, path, as: admin).json
                return [code["usage_count"]?.number, code["reserved_count"]?.number]
            }
            var sample = SampleSession(driver: anna, minutes: 59, isFinished: false)
            sample.price.discount = FrozenDiscount(code: "SUN10", value: .whole(10))
            var failing = sample
            failing.point = "CP-2"
            failing.began = false

            let number = try await house.store(sample)
            let failed = try await house.store(failing)
            #expect(try await counts() == [0, 2])
            #expect(try await house.call(.patch, path, as: admin, ["max_uses": 1]).status == 400)
            try await house.owner.run(
                """
                UPDATE gateway.session SET status = 'interrupted', ended_at = requested_at, energy_wh = 0
                WHERE session_id = \(failed)
                """ as Query<Void>)
            try await house.announceEnd(of: failed, failing)
            try await house.settled(failed)
            #expect(try await counts() == [0, 1])
            try await house.finish(number, sample)
            try await house.settled(number)

            #expect(try await counts() == [1, 0])
            #expect(try await house.entries(of: anna) == [-472])
            #expect(try await house.call(.patch, path, as: admin, ["max_uses": 1]).status == 200)
        }
    }
}
