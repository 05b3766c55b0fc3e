import Core
import Foundation
import HTTP
import TestSupport
import Testing

@Suite struct `An invoiced session that changes` {
    private static func invoices(_ house: BillingHouse, of person: Person) async throws -> [JSONValue] {
        try await house.call(.get, "/invoices?order=asc", as: person).items
    }

    /// Behind the minute in which the service looks for changes.
    private static func invoices(_ house: BillingHouse, of person: Person, reach count: Int) async throws
        -> [JSONValue]
    {
        house.clock.advance(by: .seconds(61))
        try await BillingHouse.eventually("\(count) invoices") {
            try await invoices(house, of: person).count == count
        }
        return try await invoices(house, of: person)
    }

    @Test(.house) func `gets a supplementary and a corrective invoice by itself, for the difference alone`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna)
            let session = try await house.store(sample)
            try await house.settled(session)
            let first = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(session)])
            #expect(first.json["gross"] == 585)

            try await house.amend(session, sample, energy: 20_000, amendment: 1)
            try await house.caughtUp()
            let more = try await Self.invoices(house, of: anna, reach: 2)
            try await house.amend(session, sample, energy: 10_000, amendment: 2)
            try await house.caughtUp()
            let less = try await Self.invoices(house, of: anna, reach: 3)

            #expect(more.last?["kind"] == "invoice")
            #expect(more.last?["gross"] == 175)
            #expect(more.last?["corrects"] == first.json["number"])
            #expect(less.last?["kind"] == "correction")
            #expect(less.last?["gross"] == -350)
            #expect(less.last?["corrects"] == first.json["number"])
            #expect(less.compactMap { $0["number"]?.text?.suffix(1) } == ["1", "2", "3"])
            #expect(less.compactMap { $0["gross"]?.number }.reduce(0, +) == 410)
            #expect(try await house.balance(of: anna) == -410)
        }
    }

    @Test(.house) func `gets no invoice for a change where nobody asked for one before`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let admin = try await house.person("admin", role: "admin")
            let sample = SampleSession(driver: anna)
            let silent = try await house.store(sample)
            let asked = try await house.store(SampleSession(point: "CP-2", driver: berta))
            try await house.caughtUp()
            _ = try await house.call(.post, "/invoices", as: berta, ["charging_id": .integer(asked)])

            try await house.amend(silent, sample, energy: 20_000, amendment: 1)
            try await house.caughtUp()
            let refund = try await house.call(
                .post, "/payment/refund/\(asked)", as: admin, ["amount": 85, "reason": "Goodwill"])

            #expect(refund.status == 200)
            let corrected = try await Self.invoices(house, of: berta, reach: 2)
            #expect(corrected.last?["gross"] == -85)
            #expect(corrected.last?["kind"] == "correction")
            #expect(try await Self.invoices(house, of: anna).isEmpty)
        }
    }
}
