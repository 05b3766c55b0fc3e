import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `Use of a host's points` {
    private let up = AccountsUp.current

    /// A finished session; with what billing made of it.
    private func session(
        on point: String, of user: Int64, host: Int64, energy: Int64, cost: Int64, credit: Int64
    ) async throws -> Int64 {
        let registry = try Registry()
        let id = try await registry.session(on: point, of: user, owner: host)
        try await registry.owner.run(
            """
            UPDATE gateway.session
            SET status = 'done', energy_wh = \(energy), started_at = \(up.clock.now - 3_600), ended_at = \(up.clock.now),
                requested_at = \(up.clock.now - 3_600)
            WHERE session_id = \(id)
            """)
        try await registry.owner.run(
            """
            INSERT INTO billing.settled_session (session_id, user_id, owner_id, charge_point_id, energy_wh, duration_s,
                price, discount, cost, funding, paid, host_credit, settled_at)
            VALUES (\(id), \(user), \(host), \(point), \(energy), 3600, \(cost), 0, \(cost), 'balance', \(cost), \(credit),
                now())
            """)
        // Its other side does not matter here.
        try await registry.owner.run("ALTER TABLE billing.ledger_entry DISABLE TRIGGER USER")
        let entry: Int64 = try await registry.owner.run(
            """
            INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, charging_id,
                balance_after, cause, created_at)
            VALUES (\(host), \(credit), 'EUR', 'Credit', 'host', 'balance', \(id), 0, 'session/' || \(id)::text, now())
            RETURNING id
            """)
        try await registry.owner.run(
            """
            INSERT INTO billing.host_share (entry_id, user_id, session_id, gross, credit, energy_wh, created_at)
            VALUES (\(entry), \(host), \(id), \(cost), \(credit), \(energy), now())
            """)
        return id
    }

    @Test func `is shown to the host with its sums, and guests by their names only`() async throws {
        let registry = try Registry()
        let (host, other) = (try await up.rows.person("host"), try await up.rows.person("other"))
        let anna = try await up.rows.person("anna")
        try await registry.owner.run("UPDATE accounts.account SET name = 'Anna Lee' WHERE id = \(anna.id)")
        for (point, owner) in [("HOME", host), ("BARN", host), ("ELSE", other)] {
            try await registry.point(point, owner: owner.id)
            _ = try await registry.connector(of: point)
        }
        let first = try await session(
            on: "HOME", of: anna.id, host: host.id, energy: 20_000, cost: 700, credit: 630)
        let second = try await session(
            on: "BARN", of: anna.id, host: host.id, energy: 10_500, cost: 367, credit: 330)
        _ = try await session(on: "ELSE", of: anna.id, host: other.id, energy: 1, cost: 1, credit: 1)

        let shown = try await up.get("/api/v1/chargings/usage?per_page=1", as: host.token)

        #expect(shown.status == 200, "\(shown)")
        #expect(shown["pagination"]?["total_items"] == 2 && shown["pagination"]?["total_pages"] == 2)
        let item = try #require(shown["items"]?.elements.first)
        #expect(item["id"] == .integer(second) && item["driver_name"] == "Anna Lee")
        #expect(item["user_id"] == .null && item["id_tag"] == "" && item["car_id"] == .null)
        #expect(item["cost"] == 367 && item["cost_decimal"] == "3.67")
        #expect(
            shown["summary"] == [
                "sessions": 2, "energy_wh": 30_500, "revenue": 1_067, "revenue_decimal": "10.67",
                "commission": 107, "commission_decimal": "1.07", "credit": 960, "credit_decimal": "9.60",
                "currency": "EUR",
            ])
        let home = try await up.get("/api/v1/chargings/usage?charge_point_id=HOME", as: host.token)
        #expect(home["items"]?.elements.map { $0["id"] } == [.integer(first)])
        #expect(home["summary"]?["credit"] == 630)
        for (query, count) in [
            ("from=2026-11-20&to=2026-11-20", 2), ("to=2026-11-19", 0), ("from=2026-11-21", 0),
        ] {
            let part = try await up.get("/api/v1/chargings/usage?\(query)", as: host.token)
            #expect(part["summary"]?["sessions"] == .integer(Int64(count)), "\(query)")
        }
        let foreign = try await up.get("/api/v1/chargings/usage?charge_point_id=ELSE", as: host.token)
        #expect(foreign["items"] == [] && foreign["summary"]?["revenue"] == 0)
    }

    @Test func `is for who has a point, and for staff`() async throws {
        let registry = try Registry()
        let (host, anna) = (try await up.rows.person("host"), try await up.rows.person("anna"))
        let worker = try await up.rows.person("worker", role: "operator")
        try await registry.point("HOME", owner: host.id)
        _ = try await registry.connector(of: "HOME")
        _ = try await session(on: "HOME", of: anna.id, host: host.id, energy: 5, cost: 5, credit: 5)

        #expect(try await up.get("/api/v1/chargings/usage", as: anna.token).status == 403)
        let seen = try await up.get("/api/v1/chargings/usage", as: worker.token)
        #expect(seen["summary"]?["sessions"] == 1)
    }
}
