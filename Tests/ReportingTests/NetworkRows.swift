import Core
import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Rows of the other services that reports are made of, inserted behind their backs.
struct NetworkRows: Sendable {
    let owner: Database

    init() throws {
        owner = try FreshDatabase.current.database(as: .owner)
    }

    /// A moment as a test writes it.
    static func at(_ text: String) throws -> Date { try #require(Timestamp(text)).date }

    func site(_ name: String) async throws -> Int64 {
        try await owner.run(
            """
            INSERT INTO accounts.site (name, latitude, longitude, address, created_at)
            VALUES (\(name), 50, 14, 'Street 1', '2026-01-01Z')
            RETURNING id
            """)
    }

    func point(_ id: String, at site: Int64? = nil, connectors: Int = 1) async throws {
        try await owner.run(
            """
            INSERT INTO accounts.charge_point (charge_point_id, title, site_id, created_at)
            VALUES (\(id), \(id), \(site as Int64?), '2026-01-01Z')
            """)
        for number in 1...max(1, connectors) {
            try await owner.run(
                """
                INSERT INTO accounts.connector (charge_point_id, number, connector_type, current_type, power_w)
                VALUES (\(id), \(Int32(number)), 'Type2', 'AC', 22000)
                """)
        }
    }

    /// What a meter said of a session so far.
    func reading(of session: Int64, at moment: String, energy: Int64, grade: String = "good") async throws {
        try await owner.run(
            """
            INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, energy_wh,
                grade)
            VALUES (\(session), 'CP1', 1, \(try Self.at(moment)), \(try Self.at(moment)), \(energy), \(grade))
            """)
    }

    /// When a session began; `Charge` lets every one begin an hour before its end.
    func begin(_ session: Int64, at moment: String) async throws {
        try await owner.run(
            "UPDATE gateway.session SET started_at = \(try Self.at(moment)) WHERE session_id = \(session)")
    }

    func connect(_ point: String, at moment: String, aliveUntil end: String) async throws {
        try await owner.run(
            """
            INSERT INTO gateway.station AS known (charge_point_id, generation, connected_at, offline_after)
            VALUES (\(point), 1, \(try Self.at(moment)), \(try Self.at(end)))
            ON CONFLICT (charge_point_id) DO UPDATE
            SET generation = known.generation + 1, connected_at = excluded.connected_at, disconnected_at = NULL,
                offline_after = excluded.offline_after
            """)
    }

    func disconnect(_ point: String, at moment: String) async throws {
        try await owner.run(
            "UPDATE gateway.station SET disconnected_at = \(try Self.at(moment)) WHERE charge_point_id = \(point)"
        )
    }

    func entry(
        _ cause: String, _ amount: Int64, type: String, subject: String, of user: Int64, at moment: String
    ) async throws {
        try await owner.transaction { transaction in
            let entry: Int64 = try await transaction.run(
                """
                INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, balance_after, cause,
                    created_at)
                VALUES (\(user), \(amount), 'EUR', \(type), \(subject), 'balance', 0, \(cause), \(try Self.at(moment)))
                RETURNING id
                """)
            try await transaction.run(
                """
                INSERT INTO billing.posting (entry_id, account_id, amount)
                SELECT \(entry), id, CASE kind WHEN 'revenue' THEN \(amount) ELSE -\(amount) END
                FROM billing.ledger_account WHERE kind IN ('revenue', 'provider')
                """)
        }
    }

    /// A stay in a car park, which is made where it is missing; without an end it goes on.
    func park(_ user: Int64, in lot: String, from begin: Date, to end: Date?, cost: Int64) async throws {
        let known: Int64? = try await owner.run("SELECT id FROM accounts.parking_lot WHERE name = \(lot)")
        let number: Int64
        if let known {
            number = known
        } else {
            number = try await owner.run(
                """
                INSERT INTO accounts.parking_lot (name, address, pin_code, price_per_hour, is_active, created_at, updated_at)
                VALUES (\(lot), 'Long Street 12', '123456', 300, true, '2026-01-01Z', '2026-01-01Z')
                RETURNING id
                """)
        }
        let spot: Int64 = try await owner.run(
            """
            INSERT INTO accounts.parking_spot (lot_id, number)
            SELECT \(number), 1 + count(*) FROM accounts.parking_spot WHERE lot_id = \(number)
            RETURNING id
            """)
        try await owner.run(
            """
            INSERT INTO accounts.parking_reservation (lot_id, spot_id, user_id, vehicle_number, parked_at, left_at,
                hourly_rate, cost, status, created_at, updated_at)
            VALUES (\(number), \(spot), \(user), 'ABC123', \(begin), \(end as Date?), 300, \(cost),
                \(end == nil ? "active" : "completed"), \(begin), \(begin))
            """)
    }
}
