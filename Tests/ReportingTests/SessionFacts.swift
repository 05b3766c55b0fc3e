import Bus
import Contracts
import Core
import FoundationEssentials
import Postgres
import Telemetry
import TestSupport
import Testing

/// A finished session, as gateway and billing have it in their tables.
struct Charge: Sendable {
    var number: Int64
    var point: String
    var user: Int64?
    var endedAt: Date
    var energy: Int64
    /// What billing booked; nil before it did.
    var cost: Int64?
    var status = "done"
    var amendment = 0

    init(
        _ number: Int64, at moment: String = "2026-10-15T12:30:00Z", point: String = "CP1",
        user: Int64? = nil,
        energy: Int64 = 10_000, cost: Int64? = nil
    ) throws {
        self.number = number
        self.point = point
        self.user = user
        endedAt = try #require(Timestamp(moment)).date
        self.energy = energy
        self.cost = cost
    }
}

/// What gateway and billing do to their own tables, and what they tell of it.
struct SessionFacts: Sendable {
    private let owner: Database
    private let gateway: Bus
    private let billing: Bus

    init(at clock: ManualClock) throws {
        owner = try FreshDatabase.current.database(as: .owner)
        gateway = Self.bus(.gateway, clock)
        billing = Self.bus(.billing, clock)
    }

    private static func bus(_ service: Service, _ clock: ManualClock) -> Bus {
        Bus(
            FreshRedis.current.client(), as: service, clock: clock.clock,
            log: Log(service: service.rawValue, level: .error), metrics: Metrics(service: service.rawValue))
    }

    // States.

    /// Writes the state of a session, whatever it was before.
    func write(_ charge: Charge) async throws {
        try await owner.run(
            """
            INSERT INTO gateway.session (session_id, charge_point_id, connector_id, user_id, tag, status, requested_at,
                started_at, ended_at, meter_start, meter_stop, energy_wh, plan_id)
            VALUES (\(charge.number), \(charge.point), \(Int32(charge.number)), \(charge.user as Int64?), 'TAG',
                \(charge.status), \(charge.endedAt - 3_600), \(charge.endedAt - 3_600), \(charge.endedAt), 1000,
                \(1_000 + charge.energy), \(charge.energy), 'default')
            ON CONFLICT (session_id) DO UPDATE
            SET charge_point_id = excluded.charge_point_id, user_id = excluded.user_id, status = excluded.status,
                ended_at = excluded.ended_at, meter_stop = excluded.meter_stop, energy_wh = excluded.energy_wh
            """)
        guard let cost = charge.cost else { return }
        try await owner.run(
            """
            INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price,
                discount, cost, funding, settled_at)
            VALUES (\(charge.number), \(charge.user as Int64?), \(charge.point), \(charge.energy), 3600, \(cost), 0,
                \(cost), 'balance', \(charge.endedAt))
            ON CONFLICT (session_id) DO UPDATE SET cost = excluded.cost, price = excluded.price
            """)
    }

    // Tales.

    func tellEnded(_ charge: Charge) async throws {
        try await tell(
            SessionEnded(
                reference(charge), end: .known(.userStopped), reason: "Local",
                startedAt: charge.endedAt - 3_600, endedAt: charge.endedAt,
                energy: Energy(wattHours: charge.energy)), by: gateway)
    }

    func tellAmended(_ charge: Charge) async throws {
        try await tell(
            SessionAmended(
                reference(charge), amendment: charge.amendment, energy: Energy(wattHours: charge.energy),
                endedAt: charge.endedAt, cause: .known(.lateStop)), by: gateway)
    }

    func tellSettled(_ charge: Charge) async throws {
        try await tell(
            SessionSettled(
                session: ID(charge.number), user: charge.user.map { ID($0) },
                energy: Energy(wattHours: charge.energy), cost: Money(charge.cost ?? 0, .eur),
                pointsEarned: 0,
                settledAt: charge.endedAt), by: billing)
    }

    func tellBillAmended(_ charge: Charge) async throws {
        try await tell(
            BillAmended(
                session: ID(charge.number), user: charge.user.map { ID($0) }, amendment: charge.amendment,
                cost: Money(charge.cost ?? 0, .eur), difference: Money(0, .eur), amendedAt: charge.endedAt),
            by: billing)
    }

    private func reference(_ charge: Charge) throws -> SessionReference {
        let point = try #require(ChargePointID(charge.point))
        return SessionReference(
            ID(charge.number), at: ConnectorPlace(point, 1), of: charge.user.map { ID($0) }, tag: "TAG")
    }

    private func tell(_ event: some LoggedEvent, by bus: Bus) async throws {
        try await owner.transaction { try await $0.run(.announce(event)) }
        bus.publish(event)
    }

    // Both.

    /// Ends a session, and settles it where it has a cost.
    func end(_ charge: Charge) async throws {
        try await write(charge)
        try await tellEnded(charge)
        if charge.cost != nil { try await tellSettled(charge) }
    }
}
