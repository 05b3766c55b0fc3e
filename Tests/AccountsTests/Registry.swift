import Core
import FoundationEssentials
import Postgres
import TestSupport

/// Sites, charge points and what stations say of them, as rows: for tests that look at what is shown of them.
struct Registry: Sendable {
    let owner: Database

    init() throws { owner = try FreshDatabase.current.database(as: .owner) }

    func site(
        _ name: String, status: String = "active", price: Int64? = nil, owner: Int64? = nil,
        at place: (latitude: Double, longitude: Double) = (50.08, 14.42),
        hours: (opens: String, closes: String)? = nil
    ) async throws -> Int64 {
        try await self.owner.run(
            """
            INSERT INTO accounts.site (name, status, latitude, longitude, address, price_per_kwh, owner_id, opening_time,
                closing_time, created_at)
            VALUES (\(name), \(status), \(place.latitude), \(place.longitude), 'Long Street 1', \(price as Int64?),
                \(owner as Int64?), \(hours?.opens as String?)::time, \(hours?.closes as String?)::time, now())
            RETURNING id
            """)
    }

    func point(
        _ id: String, title: String? = nil, owner: Int64? = nil, site: Int64? = nil, level: Int = 0,
        isEnabled: Bool = true, address: String = ""
    ) async throws {
        try await self.owner.run(
            """
            INSERT INTO accounts.charge_point (charge_point_id, title, owner_id, site_id, access_level, is_enabled, address,
                created_at)
            VALUES (\(id), \(title ?? id), \(owner as Int64?), \(site as Int64?), \(Int16(level)), \(isEnabled),
                \(address), now())
            """)
    }

    /// Answers its port.
    func connector(
        _ number: Int = 1, of point: String, price: Int64? = nil, isActive: Bool = true,
        type: String = "Type2"
    ) async throws -> Int64 {
        try await owner.run(
            """
            INSERT INTO accounts.connector (charge_point_id, number, connector_type, power_w, price_per_kwh, is_active)
            VALUES (\(point), \(Int32(number)), \(type), 11000, \(price as Int64?), \(isActive))
            RETURNING port_id
            """)
    }

    func share(_ point: String, with user: Int64, by host: Int64) async throws {
        try await owner.run(
            """
            INSERT INTO accounts.access_grant (charge_point_id, user_id, granted_by, created_at)
            VALUES (\(point), \(user), \(host), now())
            """)
    }

    /// The station has booted, and is there or has gone again.
    func booted(_ point: String, isOnline: Bool = true) async throws {
        try await owner.run(
            """
            INSERT INTO gateway.station (charge_point_id, vendor, model, serial_number, firmware_version, booted_at,
                protocol_version, connected_at, disconnected_at, last_seen_at, offline_after)
            VALUES (\(point), 'Maker', 'Box', 'SN-1', '1.2.3', now(), 'ocpp1.6', now(),
                CASE WHEN \(isOnline) THEN NULL ELSE now() END, now(), now() + interval '1 day')
            ON CONFLICT (charge_point_id) DO UPDATE SET disconnected_at = excluded.disconnected_at
            """)
    }

    func says(_ status: String, _ connector: Int = 1, of point: String) async throws {
        try await owner.run(
            """
            INSERT INTO gateway.connector_status (charge_point_id, connector_id, status, since, received_at)
            VALUES (\(point), \(Int32(connector)), \(status), now(), now())
            ON CONFLICT (charge_point_id, connector_id) DO UPDATE SET status = excluded.status
            """)
    }

    /// A session that goes on; answers its number.
    func session(on point: String, _ connector: Int = 1, of user: Int64?, owner host: Int64? = nil)
        async throws -> Int64
    {
        try await owner.run(
            """
            INSERT INTO gateway.session (charge_point_id, connector_id, user_id, owner_id, tag, status, requested_at,
                started_at)
            VALUES (\(point), \(Int32(connector)), \(user as Int64?), \(host as Int64?), 'TAG', 'active', now(), now())
            RETURNING session_id
            """)
    }

    /// Somebody's booking of their own slot, which has the same number, and what they were told of it.
    func meeting(of user: Int64) async throws -> (meeting: Int64, notification: Int64) {
        let slot: Int64 = try await owner.run(
            """
            INSERT INTO accounts.time_slot (tutor_id, start_time, end_time, is_available, created_at)
            VALUES (\(user), '2026-11-21 10:00+00', '2026-11-21 11:00+00', false, now())
            RETURNING id
            """)
        let meeting: Int64 = try await owner.run(
            """
            INSERT INTO accounts.meeting (id, slot_id, tutor_id, student_id, subject, created_at)
            OVERRIDING SYSTEM VALUE VALUES (\(slot), \(slot), \(user), \(user), 'Charge', now())
            RETURNING id
            """)
        let notification: Int64 = try await owner.run(
            """
            INSERT INTO accounts.notification (user_id, title, message, type, created_at)
            VALUES (\(user), 'Hello', 'Hello', 'system', now())
            RETURNING id
            """)
        return (meeting, notification)
    }

    /// All of a table as one text: for tests that look for what must not be there.
    func text(of table: StaticString) async throws -> String {
        try await owner.run(
            "SELECT coalesce(string_agg(item::text, ' '), '') FROM accounts.\(raw: table) AS item")
    }

    func plan(_ id: String, perKilowattHour price: Int64) async throws {
        try await owner.run(
            """
            INSERT INTO billing.plan (plan_id, price_per_kwh) VALUES (\(id), \(price))
            """)
    }

    /// Actions of the audit trail, in order.
    func audited(by user: Int64? = nil) async throws -> [String] {
        try await owner.run(
            """
            SELECT action FROM accounts.audit_entry
            WHERE \(user as Int64?)::bigint IS NULL OR user_id = \(user as Int64?)
            ORDER BY id
            """)
    }
}
