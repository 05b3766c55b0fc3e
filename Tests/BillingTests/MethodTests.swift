import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `A card` {
    @Test(.house) func `is the caller's own, and the first one is the default`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))

            let first = try await house.save(
                "card_1", of: anna,
                [
                    "card_number": "**** **** **** 4242", "card_brand": "Visa", "card_country": "CZ",
                    "expiry_date": "09/29", "description": "Mine",
                ])
            let second = try await house.call(
                .post, "/payment/save?include_list=1", as: anna, ["identifier": "card_2"])

            #expect(first.status == 200)
            #expect(first.json["is_default"] == true)
            #expect(first.json["user_id"] == .integer(anna.id))
            #expect(first.json["user_name"] == "anna")
            #expect(first.json["expiry_date"] == "09/29")
            #expect(first.json["card_number"] == "**** **** **** 4242")
            #expect(first.json["fail_count"] == 0)
            #expect(second.json["saved"]?["is_default"] == false)
            #expect(second.json["methods"]?.elements.map { $0["identifier"] } == ["card_1", "card_2"])
            #expect(try await house.call(.get, "/payment/methods", as: anna).items.count == 2)
            let others = try await house.call(.get, "/payment/methods", as: berta)
            #expect(others.bytes == Array("[]".utf8))
        }
    }

    @Test(
        .house,
        arguments: [
            ["identifier": "card_1"], ["identifier": ""], [:],
            ["identifier": "card_2", "card_number": "4242 4242 4242 4242"],
            ["identifier": "card_2", "expiry_date": "13/29"],
            ["identifier": "card_2", "expiry_date": "9/29"],
        ] as [JSONValue])
    func `is refused twice, in full, and with a date that is none`(_ body: JSONValue) async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            try await house.save("card_1", of: anna)

            let answer = try await house.call(.post, "/payment/save", as: berta, body)

            #expect(answer.status == 400)
            #expect(answer.json["errors"] != nil)
            #expect(try await house.call(.get, "/payment/methods", as: berta).items.isEmpty)
        }
    }

    @Test(.house, .fact(71)) func `has one default at each moment`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            for identifier in ["card_1", "card_2", "card_3"] { try await house.save(identifier, of: anna) }
            func defaults() async throws -> [JSONValue?] {
                try await house.call(.get, "/payment/methods", as: anna).items
                    .filter { $0["is_default"] == true }.map { $0["identifier"] }
            }
            func act(_ path: String, _ body: JSONValue, as person: Person) async throws -> Answer {
                try await house.call(.post, "/payment/\(path)", as: person, body)
            }

            #expect(try await act("update", ["identifier": "card_9"], as: anna).status == 404)
            #expect(try await act("update", ["identifier": "card_1"], as: berta).status == 404)
            let made = try await act("update", ["identifier": "card_2", "is_default": true], as: anna)
            #expect(made.json["is_default"] == true)
            #expect(try await defaults() == ["card_2"])
            let renamed = try await act("update", ["identifier": "card_1", "description": "Old"], as: anna)
            #expect(renamed.json["description"] == "Old")
            #expect(renamed.json["is_default"] == false)
            let deleted = try await act("delete", ["identifier": "card_2"], as: anna)
            #expect(deleted.json["identifier"] == "card_2")
            // The one that was added last.
            #expect(try await defaults() == ["card_3"])
            #expect(try await act("delete", ["identifier": "card_2"], as: anna).status == 404)
            #expect(try await house.save("card_4", of: anna, ["is_default": true]).json["is_default"] == true)
            #expect(try await defaults() == ["card_4"])
        }
    }

    @Test(.house) func `stays while a session that runs is to be paid by it`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("card_1", of: anna)
            let sample = SampleSession(driver: anna, funding: "card", isFinished: false)
            let number = try await house.store(sample)
            try await house.owner.run(
                """
                UPDATE gateway.session SET payment_method_id = (SELECT max(id) FROM billing.payment_method)
                WHERE session_id = \(number)
                """ as Query<Void>)
            let body: JSONValue = ["identifier": "card_1"]

            let early = try await house.call(.post, "/payment/delete", as: anna, body)
            try await house.finish(number, sample)
            let later = try await house.call(.post, "/payment/delete", as: anna, body)

            #expect(early.status == 409)
            #expect(early.code == 2031)
            #expect(later.status == 200)
        }
    }
}
