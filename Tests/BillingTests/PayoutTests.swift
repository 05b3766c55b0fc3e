import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `A host's payout` {
    private static let iban = "DE89 3704 0044 0532 0130 00"

    /// A host with an account, to whom a driver paid 1000, of which 900 are the host's.
    private struct Scene: Sendable {
        var anna: Person
        var ben: Person
        var host: Person
        var session: Int64
    }

    private static func earn(
        _ house: BillingHouse, as name: String = "hugo", energy: Int64 = 28_572, account: Bool = true
    ) async throws -> (Person, Int64) {
        let host = try await house.person(name)
        let driver = try await house.person("driver_of_\(name)")
        try await house.point("CP-\(name)", owner: host)
        let session = try await house.store(
            SampleSession(point: "CP-\(name)", driver: driver, host: host, energy: energy, minutes: 50))
        try await house.settled(session)
        if account { try await store(house, of: host) }
        return (host, session)
    }

    private static func store(_ house: BillingHouse, of host: Person, holder: String? = nil) async throws {
        let answer = try await house.call(
            .put, "/payouts/account", as: host,
            [
                "holder": .string(holder ?? "Łukasz \(host.name) Žižka"), "iban": .string(iban),
                "address": "Dlouhá 7, 110 00 Praha",
            ])
        #expect(answer.status == 200)
    }

    private static func open(_ body: @Sendable (BillingHouse, Scene) async throws -> Void) async throws {
        try await BillingHouse.open([
            "HOST_COMMISSION_PERCENT": "10", "SELLER_NAME": "Nabíječky s.r.o.",
            "SELLER_IBAN": "CZ65 0800 0000 1920 0014 5399",
        ]) { house in
            let anna = try await house.person("anna", role: "admin")
            let ben = try await house.person("ben", role: "admin")
            let (host, session) = try await earn(house)
            house.clock.advance(by: .seconds(40 * 86_400))
            try await body(house, Scene(anna: anna, ben: ben, host: host, session: session))
        }
    }

    private static func month(_ house: BillingHouse, daysAgo: Int = 40) -> String {
        String(Timestamp.text(house.clock.now - Double(daysAgo * 86_400)).prefix(7))
    }

    private static func draft(_ house: BillingHouse, by admin: Person) async throws -> Answer {
        try await house.call(.post, "/payouts", as: admin, ["month": .string(month(house))])
    }

    @Test(.house) func `is drafted by one administrator, approved by another, and paid once`() async throws {
        try await Self.open { house, scene in
            #expect(try await house.balance(of: scene.host) == 900)

            let made = try await Self.draft(house, by: scene.anna)

            #expect(made.status == 201)
            #expect(made.json["created"] == 1)
            let listed = try await house.call(.get, "/payouts", as: scene.host)
            let payout = try #require(listed.items.first)
            #expect(payout["status"] == "draft")
            #expect(payout["gross"] == 1_000)
            #expect(payout["commission"] == 100)
            #expect(payout["amount"] == 900)
            #expect(payout["sessions"] == 1)
            #expect(payout["energy_wh"] == 28_572)
            #expect(payout["month"] == .string(Self.month(house)))
            let path = "/payouts/\(try #require(payout["id"]?.number))"
            let early = try await house.call(.post, "\(path)/paid", as: scene.ben)
            let alone = try await house.call(.post, "\(path)/approve", as: scene.anna)
            let approved = try await house.call(.post, "\(path)/approve", as: scene.ben)
            let twice = try await house.call(.post, "\(path)/approve", as: scene.ben)
            let paid = try await house.call(.post, "\(path)/paid", as: scene.anna)
            let again = try await house.call(.post, "\(path)/paid", as: scene.anna)

            #expect([early, alone, approved, twice].map(\.status) == [409, 403, 200, 409])
            #expect(twice.code == 2031)
            #expect([paid, again].map(\.status) == [200, 409])
            #expect(paid.json["status"] == "paid")
            #expect(approved.json["approved_by"] == .integer(scene.ben.id))
            #expect(approved.json["ledger_entry_id"]?.number != nil)
            #expect(try await house.balance(of: scene.host) == 0)
            #expect(try await house.entries(of: scene.host, type: "Payout") == [-900])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is drafted for hosts with an account, and a repeat adds who is missing`() async throws
    {
        try await Self.open { house, scene in
            let (late, _) = try await Self.earn(house, as: "lena", account: false)
            house.clock.advance(by: .seconds(40 * 86_400))
            let first = try await Self.draft(house, by: scene.anna)
            try await Self.store(house, of: late)
            let second = try await Self.draft(house, by: scene.anna)
            let third = try await Self.draft(house, by: scene.anna)
            let now = String(Timestamp.text(house.clock.now).prefix(7))
            let running = try await house.call(.post, "/payouts", as: scene.anna, ["month": .string(now)])
            let nonsense = try await house.call(.post, "/payouts", as: scene.anna, ["month": "2026-13"])

            #expect([first, second, third].map { $0.json["created"]?.number } == [1, 1, 0])
            #expect([running, nonsense].map(\.status) == [400, 400])
            let all = try await house.call(.get, "/payouts?all=true&order=asc", as: scene.anna).items
            #expect(all.map { $0["user_id"]?.number } == [scene.host.id, late.id])
            let numbers = all.compactMap { $0["statement_number"]?.text }
            #expect(numbers.map { $0.suffix(6) } == ["000001", "000002"])
        }
    }

    @Test(.house) func `is seen by its host and by administrators alone`() async throws {
        try await Self.open { house, scene in
            let (other, _) = try await Self.earn(house, as: "olga")
            let driver = try await house.person("dora")
            _ = try await Self.draft(house, by: scene.anna)
            let id = try #require(
                try await house.call(.get, "/payouts", as: scene.host).items.first?["id"]?.number)

            let answers = try await [
                house.call(.get, "/payouts/\(id)", as: scene.host),
                house.call(.get, "/payouts/\(id)", as: scene.ben),
                house.call(.get, "/payouts/\(id)", as: other),
                house.call(.get, "/payouts/\(id)/pdf", as: other),
                house.call(.get, "/payouts", as: driver),
                house.call(.get, "/payouts/account", as: driver),
                house.call(.post, "/payouts/\(id)/approve", as: scene.host),
                house.call(.get, "/payouts/sepa?month=\(Self.month(house))", as: scene.host),
            ]

            #expect(answers.map(\.status) == [200, 200, 404, 404, 403, 403, 403, 403])
            #expect(try await house.call(.get, "/payouts?all=true", as: other).items.isEmpty)
        }
    }

    @Test(.house) func `goes to an account whose number is right, and shows its end alone`() async throws {
        try await Self.open { house, scene in
            let stored = try await house.call(.get, "/payouts/account", as: scene.host)
            let wrong = try await house.call(
                .put, "/payouts/account", as: scene.host,
                ["holder": "Hugo", "iban": "DE89370400440532013001", "address": "Here 1"])
            let none = try await house.call(.get, "/payouts/account", as: scene.anna)

            #expect(stored.json["iban"] == "**** 3000")
            #expect(stored.json["tax_id"]?.text == nil)
            #expect(wrong.status == 400)
            #expect(wrong.json["errors"]?["iban"] != nil)
            #expect(none.status == 404)
        }
    }

    @Test(.house) func `is refused when the balance no longer holds it`() async throws {
        try await Self.open { house, scene in
            let spent = try await house.call(
                .post, "/transactions", as: scene.anna,
                ["user_id": .integer(scene.host.id), "amount": 1, "type": "Payment"])
            _ = try await Self.draft(house, by: scene.anna)
            let id = try #require(
                try await house.call(.get, "/payouts", as: scene.host).items.first?["id"]?.number)

            let refused = try await house.call(.post, "/payouts/\(id)/approve", as: scene.ben)

            #expect(spent.status == 201)
            #expect(refused.status == 409)
            #expect(refused.code == 2040)
            #expect(try await house.call(.get, "/payouts/\(id)", as: scene.host).json["status"] == "draft")
        }
    }

    @Test(.house) func `takes back in the next month what a refund took of a credit`() async throws {
        try await Self.open { house, scene in
            _ = try await Self.draft(house, by: scene.anna)
            let refund = try await house.call(
                .post, "/payment/refund/\(scene.session)", as: scene.anna, ["amount": 500])
            #expect(refund.status == 200)
            let driver = try await house.person("dora")
            let more = try await house.store(
                SampleSession(
                    point: "CP-hugo", driver: driver, host: scene.host, energy: 57_143, minutes: 50))
            try await house.settled(more)
            house.clock.advance(by: .seconds(40 * 86_400))

            _ = try await Self.draft(house, by: scene.anna)

            let payouts = try await house.call(.get, "/payouts?order=asc", as: scene.host).items
            #expect(payouts.map { $0["gross"]?.number } == [1_000, 1_500])
            #expect(payouts.map { $0["amount"]?.number } == [900, 1_350])
            #expect(payouts.map { $0["energy_wh"]?.number } == [28_572, 57_143])
        }
    }

    @Test(.house, .judged) func `leaves as a credit transfer file that the schema of banks accepts`()
        async throws
    {
        try await Self.open { house, scene in
            let path = "/payouts/sepa?month=\(Self.month(house))"
            _ = try await Self.draft(house, by: scene.anna)
            let early = try await house.call(.get, path, as: scene.anna)
            let id = try #require(
                try await house.call(.get, "/payouts", as: scene.host).items.first?["id"]?.number)
            _ = try await house.call(.post, "/payouts/\(id)/approve", as: scene.ben)

            let file = try await house.call(.get, path, as: scene.anna)

            #expect(early.status == 404)
            #expect(file.headers["Content-Type"] == "application/xml")
            #expect(try await Judge.complaints(about: file.bytes, as: .pain) == [])
            let text = String(decoding: file.bytes, as: UTF8.self)
            for part in [
                "<CtrlSum>9.00</CtrlSum>", "<InstdAmt Ccy=\"EUR\">9.00</InstdAmt>",
                "<IBAN>DE89370400440532013000</IBAN>", "<IBAN>CZ6508000000192000145399</IBAN>",
                "<Nm>Lukasz hugo Zizka</Nm>", "<Nm>Nabijecky s.r.o.</Nm>",
            ] {
                #expect(text.contains(part))
            }
            let wrong = Array(text.replacing("<InstdAmt Ccy=\"EUR\">", with: "<InstdAmt>").utf8)
            #expect(try await Judge.complaints(about: wrong, as: .pain).isEmpty == false)
        }
    }

    @Test(.house, .judged) func `lists every session, however many there are`() async throws {
        try await Self.open { house, scene in
            let moment = house.clock.now - 40 * 86_400
            try await house.owner.run(
                """
                WITH settled AS (
                    INSERT INTO billing.settled_session (session_id, user_id, owner_id, charge_point_id, energy_wh, duration_s, price,
                        discount, cost, funding, paid, settled_at)
                    SELECT 70000 + number, 1, \(scene.host.id), 'CP-' || number, 1000, 60, 2, 0, 2, 'balance', 2, \(moment)
                    FROM generate_series(1, 2100) AS number
                    RETURNING session_id
                ), entry AS (
                    INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, balance_after, cause, created_at)
                    SELECT \(scene.host.id), 0, 'EUR', 'Credit', 'host', 'balance', 0, 'session:' || session_id, \(moment) FROM settled
                    RETURNING id, user_id, substr(cause, 9)::bigint AS session_id
                )
                INSERT INTO billing.host_share (entry_id, user_id, session_id, gross, credit, energy_wh, created_at)
                SELECT id, user_id, session_id, 2, 1, 1000, \(moment) FROM entry
                """ as Query<Void>)
            _ = try await Self.draft(house, by: scene.anna)
            let payout = try #require(try await house.call(.get, "/payouts", as: scene.host).items.first)
            #expect(payout["sessions"] == 2_101)
            #expect(payout["amount"] == 3_000)

            let paper = try await house.call(.get, try #require(payout["pdf_url"]?.text), as: scene.host)

            let text = try await Judge.text(of: paper.bytes)
            let listed = text.split(separator: "\n").count { $0.contains("CP-") }
            #expect(listed == 2_101)
        }
    }

    @Test(.house, .judged, arguments: [("en", "Statement"), ("pl", "Rozliczenie"), ("cs", "Vyúčtování")])
    func `is explained by a statement in the host's language that stays as it is`(
        language: String, title: String
    ) async throws {
        try await Self.open { house, scene in
            try await house.owner.run(
                "UPDATE accounts.account SET language = \(language) WHERE id = \(scene.host.id)"
                    as Query<Void>)
            _ = try await Self.draft(house, by: scene.anna)
            let path = try #require(
                try await house.call(.get, "/payouts", as: scene.host).items.first?["pdf_url"]?.text)

            let first = try await house.call(.get, path, as: scene.host)
            try await Self.store(house, of: scene.host, holder: "Somebody else")
            let second = try await house.call(.get, path, as: scene.host)

            #expect(first.status == 200)
            #expect(first.bytes == second.bytes)
            let text = try await Judge.text(of: first.bytes)
            for part in [
                title, "Łukasz hugo Žižka", "Nabíječky s.r.o.", "DE89 3704 0044 0532 0130 00", "28.572",
                "10.00",
                "1.00", "9.00",
            ] {
                #expect(text.contains(part), "\(part) is not in \(text)")
            }
        }
    }
}
