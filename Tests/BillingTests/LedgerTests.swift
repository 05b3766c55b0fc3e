import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `The ledger` {
    @Test(.house, .fact(72)) func `keeps its sum under parallel bookings`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")

            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        let answer = try await house.call(
                            .post, "/transactions", as: admin,
                            [
                                "user_id": .integer(anna.id), "amount": .integer(Int64(100 + index)),
                                "type": index.isMultiple(of: 2) ? "TopUp" : "Refund",
                            ])
                        #expect(answer.status == 201)
                    }
                    group.addTask {
                        try await house.settled(
                            try await house.store(
                                SampleSession(point: "CP-\(index)", driver: anna, minutes: 10)))
                    }
                }
                try await group.waitForAll()
            }

            #expect(try await house.booksAgree())
            let expected = (0..<20).reduce(0) { $0 + 100 + $1 } - 20 * 525
            #expect(try await house.balance(of: anna) == Int64(expected))
        }
    }

    @Test(.house, .fact(73)) func `refuses changes, and debits above the balance`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            try await house.topUp(anna, 500, by: admin)

            let changed = try await house.call(.patch, "/transactions/1", as: admin, ["amount": 1])
            let above = try await house.call(
                .post, "/transactions/", as: admin,
                ["user_id": .integer(anna.id), "amount": 501, "type": "Payment"])
            let all = try await house.call(
                .post, "/transactions/", as: admin,
                ["user_id": .integer(anna.id), "amount": 500, "type": "Payment"])

            #expect(changed.status == 405)
            #expect(changed.headers["Allow"]?.contains("GET") == true)
            #expect(above.status == 409)
            #expect(above.code == 2040)
            #expect(all.status == 201)
            #expect(all.json["amount_decimal"] == "-5.00")
            #expect(try await house.balance(of: anna) == 0)
        }
    }

    @Test(.house) func `books a repeated request once`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let body: JSONValue = ["user_id": .integer(anna.id), "amount": 700, "type": "TopUp"]

            let first = try await house.call(.post, "/transactions/", as: admin, body, key: "once")
            let second = try await house.call(.post, "/transactions/", as: admin, body, key: "once")

            #expect(first.bytes == second.bytes)
            #expect(second.headers["Idempotency-Replayed"] == "true")
            #expect(try await house.balance(of: anna) == 700)
        }
    }

    @Test(.house) func `books once, even where the first answer was lost with its process`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let body: JSONValue = ["user_id": .integer(anna.id), "amount": 700, "type": "TopUp"]

            let first = try await house.call(.post, "/transactions/", as: admin, body, key: "once")
            try await house.owner.run("DELETE FROM billing.idempotency_key" as Query<Void>)
            let second = try await house.call(.post, "/transactions/", as: admin, body, key: "once")

            #expect(second.status == 201)
            #expect(second.json["id"] == first.json["id"])
            #expect(try await house.balance(of: anna) == 700)
        }
    }

    @Test(.house) func `takes a sign from the type, and asks an adjustment for its direction`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            func enter(_ more: [String: JSONValue]) async throws -> Answer {
                var body = more
                body["user_id"] = .integer(anna.id)
                body["amount"] = 100
                return try await house.call(.post, "/transactions/", as: admin, .object(body))
            }

            #expect(try await enter(["type": "Refund"]).json["amount"] == 100)
            #expect(try await enter(["type": "Adjustment", "direction": "debit"]).json["amount"] == -100)
            #expect(try await enter(["type": "Adjustment", "direction": "credit"]).json["amount"] == 100)
            let without = try await enter(["type": "Adjustment"])
            #expect(without.status == 400)
            #expect(without.json["errors"]?["direction"] != nil)
            #expect(try await enter(["type": "Credit"]).status == 400)
        }
    }

    @Test(.house, .fact(65)) func `is not the list of sessions`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let berta = try await house.person("berta")
            try await house.topUp(anna, 500, by: admin)
            let running = try await house.store(SampleSession(driver: anna, isFinished: false))
            let entry = try await house.call(.get, "/transactions", as: anna).items.first?["id"]?.number ?? 0

            let active = try await house.call(.get, "/transactions/active", as: anna)
            let one = try await house.call(.get, "/transactions/\(entry)", as: anna)

            #expect(active.items.map { $0["transaction_id"] } == [.integer(running)])
            #expect(one.status == 200)
            #expect(one.json["type"] == "TopUp")
            #expect(try await house.call(.get, "/transactions/\(entry)", as: berta).status == 404)
        }
    }

    @Test(.house) func `lets nobody change what is booked, not even its owner`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            try await house.topUp(anna, 500, by: admin)
            let billing = try FreshDatabase.current.database

            await #expect(throws: DatabaseError.self) {
                try await billing.run("UPDATE billing.ledger_entry SET amount = 1" as Query<Void>)
            }
            await #expect(throws: DatabaseError.self) {
                try await house.owner.run("DELETE FROM billing.posting" as Query<Void>)
            }
            await #expect(throws: DatabaseError.self) {
                try await house.owner.run(
                    """
                    INSERT INTO billing.posting (entry_id, account_id, amount)
                    SELECT entry.id, account.id, 1 FROM billing.ledger_entry AS entry, billing.ledger_account AS account
                    WHERE account.kind = 'payout'
                    """ as Query<Void>)
            }
        }
    }
}
