import Bus
import Contracts
import Core
import Foundation
import HTTP
import Hosting
import Postgres
import TestSupport
import Testing

@Suite struct `Parking` {
    private static func end(
        _ number: Int64, of person: Person, cost: Int64, in house: BillingHouse
    ) async throws {
        let event = ParkingEnded(
            ID(number), lot: ID(1), user: ID(person.id), cost: Money(cost, .eur), spot: "Central Square-12",
            at: house.clock.now)
        try await house.owner.run(.announce(event))
        house.host.bus.publish(event)
    }

    private static func caughtUp(_ house: BillingHouse) async throws {
        let owner = house.owner
        try await BillingHouse.eventually("the log of accounts is read") {
            try await owner.run(
                """
                SELECT count(*) FROM accounts.event_log AS event
                JOIN billing.event_cursor AS cursor ON cursor.source = 'accounts' AND cursor.consumer = 'parking'
                WHERE (event.transaction_id, event.sequence) > (cursor.transaction_id, cursor.sequence)
                """ as Query<Int64>) == 0
        }
    }

    @Test(.house, .fact(72)) func `is taken from the balance once, also below nothing`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")

            for _ in 0..<2 { try await Self.end(7, of: anna, cost: 500, in: house) }
            try await Self.end(8, of: anna, cost: 0, in: house)
            try await BillingHouse.eventually("it is booked") {
                try await house.balance(of: anna) == -500
            }
            try await Self.caughtUp(house)

            let entries = try await house.call(.get, "/transactions", as: anna).items
            #expect(entries.map { $0["amount"] } == [-500])
            #expect(entries.first?["subject"] == "parking")
            #expect(entries.first?["parking_reservation_id"] == 7)
            #expect(entries.first?["description"] == "Parking at Central Square-12")
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `costs no balance with PARKING_BILLING none, nor afterwards`() async throws {
        try await BillingHouse.open(["PARKING_BILLING": "none"]) { house in
            let anna = try await house.person("anna")
            try await Self.end(7, of: anna, cost: 500, in: house)
            let owner = house.owner
            try await BillingHouse.eventually("the cursor stands") {
                try await owner.run(
                    "SELECT count(*) FROM billing.event_cursor WHERE consumer = 'parking'" as Query<Int64>)
                    == 1
            }
            try await Self.caughtUp(house)
            #expect(try await house.balance(of: anna) == 0)
        }
        try await BillingHouse.open { house in
            let berta = try await house.person("berta")
            try await Self.end(8, of: berta, cost: 300, in: house)
            try await BillingHouse.eventually("the next one is booked") {
                try await house.balance(of: berta) == -300
            }
            let entries: Int64 = try await house.owner.run("SELECT count(*) FROM billing.ledger_entry")
            #expect(entries == 1)
        }
    }
}
