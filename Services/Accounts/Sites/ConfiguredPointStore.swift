import Contracts
import Core
import FoundationEssentials
import Postgres

extension Query where Result == ConfiguredPoint? {
    /// Held until the transaction ends, so that two changes do not overwrite each other.
    static func holdChargePoint(_ id: String) -> Self {
        """
        SELECT \(columns: ConfiguredPoint.self)
        FROM accounts.charge_point
        WHERE charge_point_id = \(id) AND deleted_at IS NULL
        FOR UPDATE
        """
    }
}

extension Query where Result == Void {
    static func enter(_ point: ConfiguredPoint, at now: Date) -> Self {
        """
        INSERT INTO accounts.charge_point (\(columns: ConfiguredPoint.self), created_at)
        VALUES (\(point.id), \(point.title), \(point.description), \(point.address), \(point.latitude as Double?),
            \(point.longitude as Double?), \(point.owner as Int64?), \(point.site as Int64?), \(point.isEnabled),
            \(point.accessLevel), \(point.powerLimitW as Int32?), \(point.smartCharging), \(point.triggerMessage),
            \(point.registration), \(point.securityProfile), \(point.defaultProtocol as String?), \(now))
        """
    }

    static func store(_ point: ConfiguredPoint) -> Self {
        """
        UPDATE accounts.charge_point
        SET title = \(point.title), description = \(point.description), address = \(point.address),
            latitude = \(point.latitude as Double?), longitude = \(point.longitude as Double?),
            owner_id = \(point.owner as Int64?), site_id = \(point.site as Int64?), is_enabled = \(point.isEnabled),
            access_level = \(point.accessLevel), power_limit_w = \(point.powerLimitW as Int32?),
            smart_charging = \(point.smartCharging), trigger_message = \(point.triggerMessage),
            registration = \(point.registration), security_profile = \(point.securityProfile),
            default_protocol = \(point.defaultProtocol as String?)
        WHERE charge_point_id = \(point.id)
        """
    }

    static func hideChargePoint(_ id: String, at now: Date) -> Self {
        "UPDATE accounts.charge_point SET deleted_at = \(now), is_enabled = false WHERE charge_point_id = \(id)"
    }

    static func setPassword(of id: String, hash: String, at now: Date) -> Self {
        """
        UPDATE accounts.charge_point
        SET password_hash = \(hash), password_set_at = \(now), security_profile = greatest(security_profile, 1)
        WHERE charge_point_id = \(id)
        """
    }

    /// Enters the connector, or changes what was sent of it.
    static func store(_ connector: ConnectorInput, of point: String) -> Self {
        let price: Int64? =
            switch connector.price_per_kwh {
            case .value(let price): Int64(price.number)
            case .absent, .null: nil
            }
        let keepsPrice = connector.price_per_kwh == .absent
        let number = Int32(connector.connector_id.number)
        let type: String? = connector.type?.rawValue
        let current: String? = connector.current_type?.rawValue
        let power: Int32? = connector.power.map { Int32($0.number) }
        let name: String? = connector.connector_id_name?.text
        let isActive: Bool? = connector.is_active
        return """
            INSERT INTO accounts.connector AS known
                (charge_point_id, number, name, connector_type, current_type, power_w, price_per_kwh, is_active)
            VALUES (\(point), \(number), coalesce(\(name as String?), ''), coalesce(\(type as String?), ''), coalesce(\(current as String?), 'AC'),
                coalesce(\(power as Int32?), 0), \(price as Int64?), coalesce(\(isActive as Bool?), true))
            ON CONFLICT (charge_point_id, number) WHERE deleted_at IS NULL DO UPDATE
            SET name = coalesce(\(name as String?), known.name), connector_type = coalesce(\(type as String?), known.connector_type),
                current_type = coalesce(\(current as String?), known.current_type), power_w = coalesce(\(power as Int32?), known.power_w),
                price_per_kwh = CASE WHEN \(keepsPrice) THEN known.price_per_kwh ELSE \(price as Int64?) END,
                is_active = coalesce(\(isActive as Bool?), known.is_active)
            """
    }
}

extension Query where Result == Bool {
    /// Whether a session is unfinished on the point, or on one of its connectors.
    static func isCharging(on point: String) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM gateway_view.session WHERE charge_point_id = \(point) AND NOT is_finished
        )
        """
    }

    static func isCharging(on point: String, connector: Int32) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM gateway_view.session
            WHERE charge_point_id = \(point) AND connector_id = \(connector) AND NOT is_finished
        )
        """
    }

    static func siteExists(_ site: Int64) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.site WHERE id = \(site) AND deleted_at IS NULL)"
    }
}

extension Query where Result == Int64 {
    static func countPoints(ofOwner owner: Int64) -> Self {
        "SELECT count(*) FROM accounts.charge_point WHERE owner_id = \(owner) AND deleted_at IS NULL"
    }

    static var nextChargePointNumber: Self { "SELECT nextval('accounts.charge_point_number')" }
}
