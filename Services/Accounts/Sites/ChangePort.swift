import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

/// Enters, changes and hides connectors by their one number.
struct ChangePort {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    private var host: Host { accounts.host }
    private var viewer: Viewer { Viewer(caller) }

    /// Throws: `SiteRefusal`.
    func enter(_ input: PortInput, on place: String?) async throws -> PortBody {
        var mistakes = Mistakes()
        if place == nil { mistakes.add("charge_point_id", "is required") }
        if input.max_power == nil { mistakes.add("max_power", "is required") }
        if input.connector_type == nil { mistakes.add("connector_type", "is required") }
        try mistakes.check()
        guard let point = place, let power = input.max_power, let type = input.connector_type else {
            throw SiteRefusal.noSuchPoint
        }
        _ = try await accounts.ownChargePointRow(point, for: viewer)
        let id = try await host.database.transaction { transaction in
            // Held, so that two new connectors do not take one number.
            guard try await transaction.run(.holdChargePoint(point)) != nil else {
                throw SiteRefusal.noSuchPoint
            }
            let next = try await transaction.run(.nextConnector(of: point))
            let number = input.connector_id.map { Int32($0.number) } ?? next
            let id = try await transaction.run(
                .enterConnector(
                    number, of: point, type: type, current: input.current_type ?? .alternating,
                    powerW: Int32(power.number), price: input.price(before: nil),
                    isActive: input.is_active ?? true))
            guard let id else { throw SiteRefusal.connectorTaken }
            try await tell("CREATE_PORT", id, point, in: transaction)
            return id
        }
        return try await shown(id)
    }

    /// Throws: `SiteRefusal`.
    func store(_ input: PortInput, as port: ID<Port>) async throws -> PortBody {
        let row = try await own(port)
        let overlay = try overlay(input.status, before: row.connector.overlay)
        let price = input.price(before: row.connector.pricePerKWh)
        let event = try await host.database.transaction { transaction -> PriceChanged? in
            try await transaction.run(
                .storeConnector(
                    port, type: input.connector_type?.rawValue ?? row.connector.type,
                    current: input.current_type?.rawValue ?? row.connector.currentType,
                    powerW: input.max_power.map { Int32($0.number) } ?? row.connector.powerW, price: price,
                    isActive: input.is_active ?? row.connector.isActive, overlay: overlay,
                    tellFrom: host.clock.now + TellConnectors.grace))
            try await tell("UPDATE_PORT", port, row.connector.point, in: transaction)
            guard price != row.connector.pricePerKWh else { return nil }
            let event = PriceChanged(site: nil, port: port, at: host.clock.now)
            try await transaction.run(.announce(event))
            return event
        }
        if let event { host.bus.publish(event) }
        // A station that is away is told when it has returned.
        if let untold = try await host.database.run(.untoldConnector(port)) {
            let asker = Asker(
                user: ID(caller.user), from: .accounts, by: .known(.api), isOperator: true,
                request: request.id)
            _ = await TellConnectors(accounts: accounts).tell(untold, by: asker)
        }
        return try await shown(port)
    }

    /// Throws: `SiteRefusal`.
    func hide(_ port: ID<Port>) async throws {
        let row = try await own(port)
        try await host.database.transaction { transaction in
            let place = row.connector
            if try await transaction.run(.isCharging(on: place.point, connector: place.number)) {
                throw SiteRefusal.sessionGoesOn
            }
            try await transaction.run(.hideConnector(port, at: host.clock.now))
            try await tell("DELETE_PORT", port, row.connector.point, in: transaction)
        }
    }

    private func own(_ port: ID<Port>) async throws -> PortRow {
        guard let row = try await accounts.portRows(PortFilter(port: port.number), for: viewer).first else {
            throw SiteRefusal.noSuchConnector
        }
        guard viewer.mayRun(ofOwner: row.owner) else {
            throw row.accessLevel == 0 ? SiteRefusal.notYours : .noSuchConnector
        }
        return row
    }

    private func shown(_ port: ID<Port>) async throws -> PortBody {
        guard let body = try await accounts.portBodies(PortFilter(port: port.number), for: viewer).first
        else { throw SiteRefusal.noSuchConnector }
        return body
    }

    private func tell(
        _ action: String, _ port: ID<Port>, _ point: String, in transaction: Transaction
    ) async throws {
        try await transaction.run(
            .record(
                AuditEntry(
                    action, by: caller.user,
                    ["port_id": .integer(port.number), "charge_point_id": .string(point)], from: request),
                in: .accounts, at: host.clock.now))
    }

    private func overlay(_ status: String?, before: String?) throws(SiteRefusal) -> String? {
        guard let status else { return before }
        switch PortStatus(loosely: status) {
        case .available: return nil
        case .maintenance: return "maintenance"
        case .faulty: return "faulty"
        case .inUse: throw .invalid(field: "status", "InUse is not set by hand")
        case nil: throw .invalid(field: "status", "must be Available, Maintenance or Faulty")
        }
    }
}

extension PortInput {
    fileprivate func price(before: Int64?) -> Int64? {
        price_per_kwh.map { Int64($0.number) }.applied(to: before)
    }
}

extension Query where Result == Int32 {
    fileprivate static func nextConnector(of point: String) -> Self {
        """
        SELECT coalesce(max(number), 0) + 1 FROM accounts.connector
        WHERE charge_point_id = \(point) AND deleted_at IS NULL
        """
    }
}

extension Query where Result == ID<Port>? {
    /// Nil when the number is taken.
    fileprivate static func enterConnector(
        _ number: Int32, of point: String, type: ConnectorType, current: CurrentType, powerW: Int32,
        price: Int64?, isActive: Bool
    ) -> Self {
        """
        INSERT INTO accounts.connector
            (charge_point_id, number, connector_type, current_type, power_w, price_per_kwh, is_active)
        VALUES (\(point), \(number), \(type.rawValue), \(current.rawValue), \(powerW), \(price as Int64?), \(isActive))
        ON CONFLICT (charge_point_id, number) WHERE deleted_at IS NULL DO NOTHING
        RETURNING port_id
        """
    }
}

extension Query where Result == Void {
    fileprivate static func storeConnector(
        _ port: ID<Port>, type: String, current: String, powerW: Int32, price: Int64?, isActive: Bool,
        overlay: String?, tellFrom: Date
    ) -> Self {
        """
        UPDATE accounts.connector
        SET connector_type = \(type), current_type = \(current), power_w = \(powerW),
            price_per_kwh = \(price as Int64?), is_active = \(isActive), overlay = \(overlay as String?),
            tell_from = CASE WHEN (overlay IS NULL) = \(overlay == nil) THEN tell_from ELSE \(tellFrom) END
        WHERE port_id = \(port)
        """
    }

    fileprivate static func hideConnector(_ port: ID<Port>, at now: Date) -> Self {
        "UPDATE accounts.connector SET deleted_at = \(now), is_active = false WHERE port_id = \(port)"
    }
}
