import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `A top-up` {
    @Test(.house, .fact(8)) func `changes the balance once for one key`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("card_1", of: anna)
            func fill(_ amount: Int64) async throws -> Answer {
                try await house.call(
                    .post, "/payment/top-up", as: anna, ["amount": .integer(amount)], key: "august")
            }

            let (first, second, other) = (try await fill(5_000), try await fill(5_000), try await fill(6_000))

            #expect(first.status == 201)
            #expect(first.json["type"] == "TopUp")
            #expect(first.json["amount"] == 5_000)
            #expect(first.json["balance_after_decimal"] == "50.00")
            #expect(second.bytes == first.bytes)
            #expect(second.headers["Idempotency-Replayed"] == "true")
            #expect(other.status == 409)
            #expect(other.code == 2050)
            #expect(try await house.balance(of: anna) == 5_000)
            let entry = try await house.call(
                .get, "/transactions/\(try #require(first.json["id"]?.number))", as: anna)
            #expect(entry.json["order"]?["order"] == 1200)
            #expect(entry.json["order"]?["kind"] == "top_up")
            #expect(entry.json["charging"] == .null)
        }
    }

    @Test(
        .house,
        arguments: [
            ("fail_1", 1_000, 409, 3002), ("down_1", 1_000, 503, 3005), ("slow_1", 1_000, 503, 3005),
            ("card_1", 99, 400, 2001), ("card_1", 100_001, 400, 2001), ("", 1_000, 409, 2041),
        ] as [(String, Int64, Int, Int64)])
    func `gives nothing where the card gives nothing`(
        card: String, amount: Int64, status: Int, code: Int64
    ) async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            if !card.isEmpty { try await house.save(card, of: anna) }

            let answer = try await house.call(
                .post, "/payment/top-up", as: anna, ["amount": .integer(amount)])

            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect((answer.headers["Retry-After"] != nil) == (status == 503))
            #expect(try await house.balance(of: anna) == 0)
        }
    }

    /// Answers above 500 are not kept, so the same key comes again: it must find the order of the first.
    @Test(.house) func `whose answer was lost is found again by its key`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("slow_1", of: anna)
            func fill() async throws -> Answer {
                try await house.call(.post, "/payment/top-up", as: anna, ["amount": 1_000], key: "august")
            }

            let (lost, found) = (try await fill(), try await fill())
            try await house.payments()

            #expect(lost.status == 503)
            #expect(found.status == 201)
            #expect(try await house.balance(of: anna) == 1_000)
            #expect(try await house.call(.get, "/payment/orders", as: anna).items.count == 1)
        }
    }

    @Test(.house) func `without an answer is booked when the run has asked`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("slow_1", of: anna)

            let lost = try await house.call(.post, "/payment/top-up", as: anna, ["amount": 1_000])
            try await house.payments()

            #expect(lost.status == 503)
            #expect(try await house.balance(of: anna) == 1_000)
            #expect(try await house.booksAgree())
        }
    }
}
