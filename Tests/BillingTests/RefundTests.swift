import Contracts
import Core
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `A refund` {
    private static func refund(
        _ house: BillingHouse, _ path: String, _ amount: Int64?, as person: Person
    ) async throws -> Answer {
        let body: JSONValue = amount.map { ["amount": .integer($0)] } ?? [:]
        return try await house.call(.post, "/payment/refund/\(path)", as: person, body)
    }

    @Test(.house, .fact(69)) func `never gives back more than was paid`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("card_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            let early = try await Self.refund(house, "\(session)", nil, as: boss)
            try await house.payments()

            #expect(try await Self.refund(house, "\(session)", 200, as: anna).status == 403)
            let first = try await Self.refund(house, "\(session)", 200, as: boss)
            let second = try await Self.refund(house, "\(session)", 400, as: boss)

            #expect(early.code == 3003)
            #expect(first.status == 200)
            #expect(first.json["refund_amount"] == 200)
            #expect(first.json["refund_time"]?.text == Timestamp.text(house.clock.now))
            #expect(second.status == 409)
            #expect(second.code == 3003)
            #expect(try await house.view(session, as: anna)["refund_amount"] == 200)
            #expect(try await house.view(session, as: anna)["payment_billed"] == 525)
            #expect(try await house.entries(of: anna) == [-525, 200])
            #expect(try await house.balance(of: anna) == 0)
            // Not charged again, and the rest without a number.
            try await house.payments()
            #expect(try await Self.refund(house, "\(session)", nil, as: boss).json["refund_amount"] == 525)
            #expect(try await Self.refund(house, "\(session)", nil, as: boss).code == 3003)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `of a session by balance goes to the balance, and the host gives the share back`()
        async throws
    {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "12.5"]) { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            let boss = try await house.person("boss", role: "operator")
            let session = try await house.store(SampleSession(driver: anna, host: host, minutes: 59))
            try await house.settled(session)
            let share = try await house.entries(of: host).reduce(0, +)

            for amount in [100, 33, 392] as [Int64] {
                #expect(try await Self.refund(house, "\(session)", amount, as: boss).status == 200)
            }

            #expect(share == 459)
            #expect(try await house.entries(of: anna) == [-525, 100, 33, 392])
            #expect(try await house.balance(of: anna) == 0)
            // However it was cut, exactly the share has gone back.
            #expect(try await house.entries(of: host).reduce(0, +) == 0)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `that ten people ask for at once happens as often as there is money`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("card_1", of: anna)
            let (card, balance) = (
                try await house.unpaidSession(of: anna),
                try await house.store(SampleSession(point: "CP-2", driver: anna, minutes: 59))
            )
            try await house.settled(balance)
            try await house.payments()

            for session in [card, balance] {
                let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<10 {
                        group.addTask { try await Self.refund(house, "\(session)", 100, as: boss).status }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(answers.filter { $0 == 200 }.count == 5)
                #expect(try await house.view(session, as: anna)["refund_amount"] == 500)
            }
            #expect(try await house.balance(of: anna) == -25)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `by order is one of that order alone`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("card_1", of: anna)
            _ = try await house.call(.post, "/payment/top-up", as: anna, ["amount": 1_000])
            _ = try await house.call(
                .post, "/transactions", as: try await house.person("admin", role: "admin"),
                ["user_id": .integer(anna.id), "amount": 300, "type": "Payment"])

            // 1000 were charged, but only 700 are left on the balance.
            let above = try await Self.refund(house, "order/1200", 701, as: boss)
            let fits = try await Self.refund(house, "order/1200", 700, as: boss)
            let unknown = try await Self.refund(house, "order/4711", 1, as: boss)
            let nothing = try await Self.refund(house, "order/1200", nil, as: boss)

            #expect(above.code == 3004)
            #expect(fits.status == 200)
            #expect(fits.json["refund_amount"] == 700)
            #expect(unknown.status == 404)
            #expect(nothing.status == 400)
            #expect(try await house.balance(of: anna) == 0)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `that the provider refuses changes nothing`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("keep_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            try await house.payments()
            _ = try await house.call(.post, "/payment/top-up", as: anna, ["amount": 1_000])

            let card = try await Self.refund(house, "\(session)", nil, as: boss)
            let topUp = try await Self.refund(house, "order/1201", 1_000, as: boss)

            #expect(card.code == 3003)
            #expect(topUp.code == 3004)
            #expect(try await house.view(session, as: anna)["refund_amount"] == 0)
            #expect(try await house.view(session, as: anna)["refund_time"] == "0001-01-01T00:00:00Z")
            #expect(try await house.balance(of: anna) == 1_000)
            #expect(try await house.booksAgree())
        }
    }

    /// Set aside until the provider is asked again under the same number.
    @Test(.house) func `whose answer is lost is asked for again, and booked once`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("slow_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            try await house.payments()
            try await house.payments()

            let lost = try await Self.refund(house, "\(session)", 200, as: boss)
            #expect(lost.status == 503)
            #expect(lost.code == 3005)
            #expect(try await Self.refund(house, "\(session)", 400, as: boss).code == 3003)
            #expect(try await house.entries(of: anna) == [-525])
            try await house.payments()
            try await house.payments()

            #expect(try await house.entries(of: anna) == [-525, 200])
            #expect(try await house.view(session, as: anna)["refund_amount"] == 200)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `by staff is not given a second time when the bill falls`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            let sample = SampleSession(driver: anna, minutes: 10)
            let session = try await house.store(sample)
            try await house.settled(session)
            _ = try await Self.refund(house, "\(session)", 400, as: boss)

            try await house.amend(session, sample, energy: 0, amendment: 1)
            try await house.settled(session, amendment: 1)

            // All of the 525 that were paid, and no more.
            #expect(try await house.entries(of: anna) == [-525, 400, 125])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `has an invoice that corrects the first`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            let session = try await house.store(SampleSession(driver: anna, minutes: 59))
            try await house.settled(session)
            let invoice = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(session)])
            _ = try await Self.refund(house, "\(session)", 108, as: boss)
            let refund = try await house.call(.get, "/transactions?type=Refund", as: anna).items.first

            let correction = try await house.call(
                .post, "/invoices", as: anna, ["transaction_id": try #require(refund?["id"])])

            #expect(correction.status == 201)
            #expect(correction.json["kind"] == "correction")
            #expect(correction.json["corrects"] == invoice.json["number"])
            #expect(correction.json["gross"] == -108)
            #expect(correction.json["net"] == -100)
            #expect(correction.json["number"] == "VB2026/000002")
        }
    }
}
