import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// A finished session as the gateway publishes it: all that its bill is made from.
struct EndedSession: Row, Sendable {
    var number: ID<ChargingSession>
    var user: ID<User>?
    var owner: ID<User>?
    var station: Int64?
    var car: Int64?
    var point: String
    var isFinished: Bool
    var isRefused: Bool
    var startedAt: Date?
    var endedAt: Date?
    var energy: Energy
    var funding: String
    var discountCode: String?
    var amendment: Int32
    var price: FrozenPrice

    static let columns = """
        session_id, user_id, owner_id, station_id, car_id, charge_point_id, is_finished, is_refused, started_at, ended_at,
        energy_wh, funding, discount_code, amendment, frozen_price
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        user = try cells.next()
        owner = try cells.next()
        station = try cells.next()
        car = try cells.next()
        point = try cells.next()
        isFinished = try cells.next()
        isRefused = try cells.next()
        startedAt = try cells.next()
        endedAt = try cells.next()
        energy = try cells.next()
        funding = try cells.next()
        discountCode = try cells.next()
        amendment = try cells.next()
        price = try cells.next(json: FrozenPrice.self)
    }

    /// Nothing for a session that never began or was refused.
    var duration: Duration {
        guard let startedAt, let endedAt else { return .zero }
        return max(.zero, endedAt.duration(since: startedAt))
    }

    var cost: SessionCost {
        guard startedAt != nil, !isRefused else {
            return price.cost(of: .zero, lasting: .zero)
        }
        return price.cost(of: energy, lasting: duration)
    }
}

extension Query where Result == [EndedSession] {
    static func endedSessions(_ numbers: [Int64]) -> Self {
        "SELECT \(columns: EndedSession.self) FROM gateway_view.session WHERE session_id = ANY(\(numbers))"
    }
}

extension Query where Result == EndedSession? {
    static func endedSession(_ number: ID<ChargingSession>) -> Self {
        "SELECT \(columns: EndedSession.self) FROM gateway_view.session WHERE session_id = \(number)"
    }
}
