import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `The payment run` {
    @Test(.house, .fact(57)) func `pays for a session once, and the host's share with it`() async throws {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            try await house.save("card_1", of: anna)
            let session = try await house.unpaidSession(of: anna, host: host)
            #expect(try await house.entries(of: host) == [])

            try await house.payments()
            try await house.payments()

            let view = try await house.view(session, as: anna)
            #expect(view["payment_billed"] == 525)
            #expect(view["payment_order"] == 1200)
            #expect(view["payment_error"] == "")
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await house.balance(of: anna) == 0)
            // 525 less 52.5, rounded half up.
            #expect(try await house.entries(of: host) == [472])
            let orders = try await house.orders(of: session, as: anna)
            #expect(orders.map { $0["result"] } == ["0000"])
            #expect(view["payment_orders"]?.elements == orders)
            let seen = try await house.view(session, as: host)
            #expect(seen["payment_orders"]?.elements.map { $0["identifier"] } == [""])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house, .fact(68)) func `takes a refusal down, and pays once by a working card`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("fail_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            try await house.payments()

            let failed = try await house.view(session, as: anna)
            #expect(failed["payment_billed"] == 0)
            #expect(failed["payment_error"] == "refused: 0190")
            let retry = try await house.call(.get, "/payment/retries?status=planned", as: boss).items
            #expect(retry.map { $0["transaction_id"] } == [.integer(session)])
            #expect(retry.first?["attempt"] == 0)
            #expect(retry.first?["last_result"] == "0190")
            #expect(retry.first?["unpaid"] == 525)
            #expect(
                retry.first?["next_at"]?.text == Timestamp.text(house.clock.now + 3_600))
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["fail_count"] } == [1])

            try await house.save("card_1", of: anna)
            try await house.paid(session)
            try await house.payments(after: 3_700)

            let paid = try await house.view(session, as: anna)
            #expect(paid["payment_billed"] == 525)
            #expect(paid["payment_error"] == "")
            #expect(try await house.entries(of: anna) == [-525])
            let done = try await house.call(.get, "/payment/retries?status=done", as: boss).items
            #expect(done.map { $0["next_at"] } == [.null])
        }
    }

    @Test(.house) func `tries again after an hour, a day, a week and a month, and then gives up`()
        async throws
    {
        try await BillingHouse.open(["EVENT_LOG_RETENTION_DAYS": "3650"]) { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("fail_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            func retry() async throws -> JSONValue? {
                try await house.call(.get, "/payment/retries", as: boss).items.first
            }
            func orders() async throws -> Int { try await house.orders(of: session, as: anna).count }

            try await house.payments()
            for (attempt, hours) in [1, 24, 168, 720].enumerated() {
                #expect(try await retry()?["attempt"] == .integer(Int64(attempt)))
                #expect(try await orders() == attempt + 1)
                try await house.payments(after: hours * 3_600 - 301)
                #expect(try await orders() == attempt + 1)
                try await house.payments(after: 302)
                #expect(try await orders() == attempt + 2)
            }
            #expect(try await retry()?["attempt"] == 4)
            #expect(try await retry()?["status"] == "given_up")
            #expect(try await retry()?["next_at"] == .null)
            try await house.payments(after: 720 * 3_600)
            #expect(try await orders() == 5)
            let announced: Int64 = try await house.owner.run(
                "SELECT count(*) FROM billing.event_log WHERE kind = 'billing.payment-failed'")
            #expect(announced == 5)
        }
    }

    @Test(.house) func `is asked for anew, or given up, by staff`() async throws {
        try await BillingHouse.open(["PAYMENT_RETRY_HOURS": "2"]) { house in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("fail_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            try await house.payments()
            let path = "/payment/retries/\(session)"

            #expect(try await house.call(.post, path, as: anna).status == 403)
            let tried = try await house.call(.post, path, as: boss)
            #expect(tried.status == 202)
            #expect(tried.json["status"] == "given_up")
            #expect(tried.json["attempt"] == 1)
            try await house.owner.run(
                "UPDATE billing.payment_method SET identifier = 'card_1'" as Query<Void>)
            let paid = try await house.call(.post, path, as: boss)
            #expect(paid.json["status"] == "done")
            #expect(paid.json["unpaid"] == 0)
            #expect(try await house.call(.post, path, as: boss).status == 404)
            #expect(try await house.call(.delete, path, as: boss).status == 404)

            try await house.owner.run(
                "UPDATE billing.payment_method SET identifier = 'fail_1'" as Query<Void>)
            let other = try await house.unpaidSession(of: anna)
            try await house.payments()
            #expect(try await house.call(.delete, "/payment/retries/\(other)", as: boss).status == 204)
            try await house.payments(after: 10 * 3_600)
            #expect(try await house.orders(of: other, as: anna).count == 1)
            #expect(try await house.call(.delete, "/payment/retries/4711", as: boss).status == 404)
        }
    }

    @Test(.house) func `waits for a card where there is none`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)

            try await house.payments()
            #expect(try await house.view(session, as: anna)["payment_error"] == "no payment method")
            #expect(try await house.orders(of: session, as: anna).isEmpty)
            try await house.save("card_1", of: anna)

            try await house.paid(session)
            #expect(try await house.view(session, as: anna)["payment_error"] == "")
        }
    }

    @Test(.house) func `prefers the session's own card, and replaces one that expires`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            for identifier in ["card_default", "card_own"] { try await house.save(identifier, of: anna) }
            try await house.save("card_old", of: anna, ["expiry_date": "11/26"])
            func session(by card: String) async throws -> Int64 {
                let number = try await house.unpaidSession(of: anna)
                try await house.owner.run(
                    """
                    UPDATE gateway.session
                    SET payment_method_id = (SELECT id FROM billing.payment_method WHERE identifier = \(card))
                    WHERE session_id = \(number)
                    """ as Query<Void>)
                return number
            }
            let (own, old) = (try await session(by: "card_own"), try await session(by: "card_old"))

            try await house.payments()

            #expect(try await house.orders(of: own, as: anna).map { $0["identifier"] } == ["card_own"])
            let boss = try await house.person("boss", role: "operator")
            #expect(try await house.view(own, as: anna)["payment_method"]?["identifier"] == "card_own")
            #expect(try await house.view(own, as: boss)["payment_method"]?["identifier"] == "")
            #expect(try await house.view(own, as: boss)["payment_method"]?["user_name"] == "anna")
            #expect(try await house.orders(of: old, as: anna).map { $0["identifier"] } == ["card_default"])
        }
    }

    @Test(.house) func `is not held up by those who have no card`() async throws {
        try await BillingHouse.open { house in
            let (poor, anna) = (try await house.person("poor"), try await house.person("anna"))
            try await house.save("card_1", of: anna)
            // Some whose card has expired, too: they are looked at each time.
            let worn = try await house.person("worn")
            try await house.enterCard("card_old", of: worn)
            try await house.owner.run(
                "UPDATE billing.payment_method SET expires_on = '2020-01-31' WHERE identifier = 'card_old'"
                    as Query<Void>)
            try await house.owner.run(
                """
                INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price, discount, cost,
                    funding, settled_at)
                SELECT 100000 + number, CASE WHEN number > 520 THEN \(poor.id) ELSE \(worn.id) END, 'CP-9', 1, 1, 5, 0, 5, 'card',
                    \(house.clock.now)
                FROM generate_series(1, 530) AS number
                """ as Query<Void>)
            let session = try await house.store(
                SampleSession(driver: anna, funding: "card", minutes: 59))
            try await house.settled(session)
            try await house.owner.run(
                """
                UPDATE billing.settled_session SET session_id = 200000 WHERE session_id = \(session)
                """ as Query<Void>)

            try await house.payments()

            #expect(try await house.entries(of: anna) == [-525])
            let noted: Int64 = try await house.owner.run(
                "SELECT count(*) FROM billing.settled_session WHERE payment_error = 'no payment method'")
            #expect(noted == 530)
            try await house.save("card_2", of: poor)
            try await BillingHouse.eventually("what was owed is paid") {
                try await house.entries(of: poor).count == 10
            }
        }
    }

    @Test(.house) func `keeps one order for a provider that cannot be reached`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("down_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            for _ in 0..<4 { try await house.payments(after: 901) }

            let orders = try await house.orders(of: session, as: anna)
            #expect(orders.map { $0["is_completed"] } == [false])
            #expect(try await house.view(session, as: anna)["payment_error"] == "provider unreachable")
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["fail_count"] } == [0])
        }
    }

    /// Nobody knows whether a card was charged until the provider is asked; until then it is not charged again.
    @Test(
        .house,
        arguments: [
            ("slow_1", "0000", 525), ("slow_fail_1", "0190", 0),
            ("slow_lost_1", "closed without response", 0),
        ]
            as [(String, String, Int64)])
    func `asks what became of an order without an answer`(card: String, result: String, paid: Int64)
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save(card, of: anna)
            let session = try await house.unpaidSession(of: anna)
            try await house.payments()
            let unknown = try await house.orders(of: session, as: anna)
            #expect(unknown.map { $0["is_completed"] } == [false])
            let own = try await house.call(.post, "/payment/pay/\(session)", as: anna, [:])
            #expect(own.code == 3002)

            try await house.payments()

            let known = try await house.orders(of: session, as: anna)
            #expect(known.first?["result"] == .string(result))
            #expect(try await house.view(session, as: anna)["payment_billed"] == .integer(paid))
            #expect(try await house.entries(of: anna) == (paid > 0 ? [-paid] : []))
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `pauses before it charges anew what a provider never heard of`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("slow_lost_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            for _ in 0..<5 { try await house.payments() }

            #expect(try await house.orders(of: session, as: anna).count == 1)
            let view = try await house.view(session, as: anna)
            #expect(view["payment_error"] == "no answer from the provider")
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["fail_count"] } == [0])
            try await house.owner.run(
                "UPDATE billing.payment_method SET identifier = 'card_1'" as Query<Void>)
            try await house.payments(after: 3_600)
            #expect(try await house.entries(of: anna) == [-525])
        }
    }

    /// Who drives here is host there: whoever took balances as they come would wait for somebody who waits for them.
    @Test(.house) func `and bills that are settled meanwhile never wait for each other in a circle`()
        async throws
    {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
            let boss = try await house.person("boss", role: "operator")
            var people: [Person] = []
            for name in ["anna", "berta", "cyril", "dora"] { people.append(try await house.person(name)) }
            for (place, person) in people.enumerated() {
                try await house.enterCard("card_\(place)", of: person)
            }
            var number = 0
            func charge(_ funding: String) async throws -> [Int64] {
                var numbers: [Int64] = []
                for driver in people {
                    for host in people where host.id != driver.id {
                        number += 1
                        let sample = SampleSession(
                            point: "CP-\(number)", driver: driver, host: host, funding: funding, minutes: 59)
                        numbers.append(try await house.store(sample))
                    }
                }
                return numbers
            }
            let refundable = try await charge("balance")
            var byCard: [Int64] = []
            for _ in 0..<4 { byCard += try await charge("card") }
            try await house.caughtUp()

            try await withThrowingTaskGroup(of: Void.self) { [byCard] group in
                for session in byCard {
                    group.addTask {
                        _ = try await house.call(.post, "/payment/pay/\(session)", as: boss, [:])
                    }
                }
                for session in refundable {
                    group.addTask {
                        _ = try await house.call(.post, "/payment/refund/\(session)", as: boss, ["amount": 5])
                    }
                }
                for _ in 0..<6 { _ = try await charge("balance") }
                try await group.waitForAll()
            }
            try await house.caughtUp()

            let circles: Int64 = try await house.owner.run(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            #expect(circles == 0)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `charges a shortfall and gives back an excess of a bill that was amended`()
        async throws
    {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            try await house.save("card_1", of: anna)
            let sample = SampleSession(driver: anna, host: host, funding: "card", minutes: 10)
            let session = try await house.store(sample)
            try await house.settled(session)
            try await house.payments()

            try await house.amend(session, sample, energy: 20_000, amendment: 1)
            try await house.settled(session, amendment: 1)
            try await house.payments()
            #expect(try await house.view(session, as: anna)["payment_billed"] == 700)
            #expect(try await house.entries(of: host) == [472, 158])
            try await house.amend(session, sample, energy: 10_000, amendment: 2)
            try await house.settled(session, amendment: 2)
            try await house.payments()

            #expect(try await house.view(session, as: anna)["refund_amount"] == 350)
            #expect(try await house.entries(of: anna) == [-525, -175, 175, 175])
            #expect(try await house.entries(of: host).reduce(0, +) == 315)
            #expect(try await house.booksAgree())
        }
    }
}

@Suite struct `Paying for a session` {
    @Test(.house) func `charges a card at once, and once`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let session = try await house.unpaidSession(of: anna)
            let path = "/payment/pay/\(session)"

            let without = try await house.call(.post, path, as: anna, [:])
            #expect(without.status == 409)
            #expect(without.code == 2041)
            try await house.enterCard("fail_1", of: anna)
            let refused = try await house.call(.post, path, as: anna, ["identifier": "fail_1"])
            #expect(refused.status == 409)
            #expect(refused.code == 3002)
            #expect(try await house.call(.post, path, as: berta, [:]).status == 404)
            #expect(try await house.call(.post, path, as: anna, ["identifier": "card_9"]).code == 2041)

            // The refused one failed before; another is taken.
            try await house.enterCard("card_1", of: anna)
            let paid = try await house.call(.post, path, as: anna, [:])
            #expect(paid.status == 200)
            #expect(paid.json["result"] == "0000")
            #expect(paid.json["is_completed"] == true)
            let again = try await house.call(.post, path, as: anna, [:])
            #expect(again.status == 409)
            #expect(again.code == 3008)
            #expect(try await house.entries(of: anna) == [-525])
        }
    }

    @Test(.house) func `charges one card though ten requests come at once`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            try await house.enterCard("card_1", of: anna)

            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await house.call(.post, "/payment/pay/\(session)", as: anna, [:]).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }

            #expect(answers.filter { $0 == 200 }.count == 1)
            #expect(answers.filter { $0 == 409 }.count == 9)
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await house.booksAgree())
        }
    }
}
