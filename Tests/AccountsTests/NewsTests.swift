import AccountsService
import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp(unlimited)) struct `What other services say` {
    private let up = AccountsUp.current

    private func told(_ person: AccountsRows.Person) async throws -> [String] {
        try await up.get("/api/v1/notifications?type=system", as: person.token).json.elements.compactMap {
            $0["title"]?.text
        }
    }

    /// As the owner of the log writes it.
    private func announce(_ event: some LoggedEvent) async throws {
        let owner = try Registry().owner
        try await owner.transaction { try await $0.run(.announce(event)) }
        // The call to look; without it the log is read once a minute.
        up.accounts.host.bus.publish(event)
    }

    private func reference(_ number: Int64, of person: AccountsRows.Person) throws -> SessionReference {
        let point = try #require(ChargePointID("CP1"))
        return SessionReference(ID(number), at: ConnectorPlace(point, 1), of: ID(person.id), tag: "TAG")
    }

    @Test func `of a bill is told to whom it is about, once`() async throws {
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let now = up.clock.now
        let settled = SessionSettled(
            session: ID(812), user: ID(anna.id), energy: Energy(wattHours: 12_345), cost: Money(4_20, .eur),
            pointsEarned: 0, settledAt: now)

        for _ in 1...2 { try await announce(settled) }
        try await announce(
            SessionSettled(
                session: ID(813), user: ID(anna.id), energy: .zero, cost: Money(0, .eur), pointsEarned: 0,
                settledAt: now))
        try await announce(
            PaymentFailed(
                session: ID(812), user: ID(anna.id), attempt: 1, unpaid: Money(4_20, .eur),
                result: "declined",
                nextAttemptAt: now + 3_600))
        try await announce(
            PaymentFailed(
                session: ID(812), user: ID(anna.id), attempt: 2, unpaid: Money(4_20, .eur),
                result: "declined",
                nextAttemptAt: nil))

        try await Wait.until { try await told(anna).first == "Payment given up" }
        #expect(try await told(anna) == ["Payment given up", "Payment failed", "Charging ended"])
        let list = try await up.get("/api/v1/notifications", as: anna.token).json.elements
        #expect(
            list.last?["message"]
                == """
                You charged 12.34 kWh for 4.20 EUR. Receipt: http://localhost/api/v1/transactions/info/812/receipt
                """)
        #expect(try await told(bob) == [])
    }

    @Test func `of a bill is mailed to whoever wants that`() async throws {
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let owner = try Registry().owner
        try await owner.run(
            """
            UPDATE accounts.account SET warning_emails_enabled = true, warning_email = 'car@example.org', language = 'cs'
            WHERE id = \(anna.id)
            """)

        for (number, person) in [(812, bob), (813, anna), (813, anna)] as [(Int64, AccountsRows.Person)] {
            try await announce(
                SessionSettled(
                    session: ID(number), user: ID(person.id), energy: Energy(wattHours: 12_345),
                    cost: Money(4_20, .eur), pointsEarned: 0, settledAt: up.clock.now))
        }

        let mails = try await up.outbox.mails(to: "car@example.org")
        #expect(mails.count == 1)
        #expect(mails[0].contains("12.34 kWh") && mails[0].contains("/transactions/info/813/receipt"))
        #expect(try up.outbox.letters(to: "bob@example.org").isEmpty)
    }

    @Test func `of a session that ended against its driver's will is told`() async throws {
        let anna = try await up.rows.person("anna")
        let now = up.clock.now
        try await Registry().owner.run(
            """
            INSERT INTO gateway.session (session_id, charge_point_id, connector_id, user_id, tag, status, requested_at,
                ended_at, target_wh)
            OVERRIDING SYSTEM VALUE VALUES (4, 'CP1', 1, \(anna.id), 'TAG', 'done', now(), now(), 20000),
                (5, 'CP1', 1, \(anna.id), 'TAG', 'done', now(), now(), 20000)
            """)
        func end(_ number: Int64, _ end: SessionEnd, _ energy: Int64, hasBegun: Bool = true) async throws {
            try await announce(
                SessionEnded(
                    try reference(number, of: anna), end: .known(end), reason: "Other",
                    startedAt: hasBegun ? now : nil, endedAt: now, energy: Energy(wattHours: energy)))
        }

        try await end(1, .userStopped, 5_000)
        try await end(2, .balanceExhausted, 5_000)
        try await end(3, .connectionLost, 5_000)
        try await end(4, .systemError, 10_200)
        try await end(5, .systemError, 20_000)
        try await end(6, .startTimeout, 0, hasBegun: false)
        try await end(7, .connectionLost, 1)

        try await Wait.until { try await told(anna).count >= 4 }
        #expect(
            try await told(anna)
                == ["Session closed", "Charging stopped early", "Session closed", "Balance exhausted"])
        let early = try await up.get("/api/v1/notifications", as: anna.token).json.elements[1]["message"]
        #expect(early == "Session 4 at CP1 ended after 10.20 of 20.00 kWh.")
    }
}
