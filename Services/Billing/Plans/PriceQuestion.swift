import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres
import Tariff

/// A connector with what its price depends on, as far as the caller may know of it.
struct PricedConnector: Row, Sendable {
    var port: Int64
    var point: String
    var number: Int32
    var price: Int64?
    var owner: Int64?
    var station: Int64?
    var stationPrice: Int64?

    static let columns = """
        plug.port_id, plug.charge_point_id, plug.connector_id, plug.price_per_kwh, point.owner_id, point.station_id,
        site.price_per_kwh
        """

    init(_ cells: inout Cells) throws {
        port = try cells.next()
        point = try cells.next()
        number = try cells.next()
        price = try cells.next()
        owner = try cells.next()
        station = try cells.next()
        stationPrice = try cells.next()
    }
}

/// Which connector: by the number of its port, or by its point and its number there.
enum ConnectorName: Sendable {
    case port(Int64)
    case place(String, Int32)

    fileprivate var condition: SQL {
        switch self {
        case .port(let number): "plug.port_id = \(number)"
        case .place(let point, let number):
            "plug.charge_point_id = \(point) AND plug.connector_id = \(number)"
        }
    }
}

extension Query where Result == PricedConnector? {
    /// No row where the caller may not know of it (api.md 1.6).
    static func connector(_ name: ConnectorName, for caller: Caller, at now: Date) -> Self {
        """
        SELECT \(columns: PricedConnector.self)
        FROM accounts_view.connector AS plug
        JOIN accounts_view.charge_point AS point ON point.charge_point_id = plug.charge_point_id
        LEFT JOIN accounts_view.station AS site ON site.station_id = point.station_id
        WHERE \(name.condition) AND NOT plug.is_deleted AND NOT point.is_deleted
            AND (\(caller.isPower) OR point.access_level <= \(Int32(caller.accessLevel)) OR point.owner_id = \(caller.user)
                OR EXISTS (
                    SELECT FROM accounts_view.access_grant AS allowed
                    WHERE allowed.charge_point_id = point.charge_point_id AND allowed.user_id = \(caller.user)
                        AND (allowed.expires_at IS NULL OR allowed.expires_at > \(now))))
        """
    }
}

extension Query where Result == String? {
    static func plan(of user: Int64) -> Self {
        "SELECT payment_plan FROM accounts_view.account WHERE user_id = \(user)"
    }
}

extension PlanBody {
    /// As the rules of prices read it.
    var row: PlanRow {
        let window = TimeOfDay(start_time).flatMap { start in
            TimeOfDay(end_time).map { PlanWindow(from: start, through: $0) }
        }
        return PlanRow(
            number: id, version: 1, name: plan_id, isActive: is_active,
            energyPrice: EnergyPrice(perKilowattHour: price_per_kwh),
            timePrice: TimePrice(perHour: price_per_hour), freeMinutes: Int64(free_minutes), window: window)
    }
}
