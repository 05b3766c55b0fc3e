import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// An unfinished session as its station's link holds it: what each reading needs, so that none of them asks the database.
struct LiveSession: JoinedRow, Sendable {
    var number: ID<ChargingSession>
    var connector: Int32
    var user: ID<User>?
    var tag: String
    var isStarted: Bool
    var startedAt: Date
    /// What has flowed.
    var count: EnergyCount
    var target: Energy?
    var price: FrozenPrice
    /// Once is enough.
    var wasToldToStop = false

    static let columns = """
        charge.session_id, charge.connector_id, charge.user_id, charge.tag, charge.started_at IS NOT NULL,
        coalesce(charge.started_at, charge.requested_at), charge.target_wh, charge.frozen_price, \(EnergyCount.columns)
        """

    static let relations: SQL = """
        FROM gateway.session AS charge
        LEFT JOIN accounts_view.connector AS connector
            ON connector.charge_point_id = charge.charge_point_id AND connector.connector_id = charge.connector_id
                AND NOT connector.is_deleted
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        connector = try cells.next()
        user = try cells.next()
        tag = try cells.next()
        isStarted = try cells.next()
        startedAt = try cells.next()
        target = try cells.next()
        price = try cells.next(json: FrozenPrice.self)
        count = try EnergyCount(&cells)
    }

    var energy: Energy { count.energy }

    /// What so much by then costs, by the frozen price.
    func cost(of energy: Energy, at moment: Date) -> SessionCost {
        price.cost(
            of: energy, lasting: max(.zero, moment.duration(since: startedAt)))
    }
}

extension Query where Result == [LiveSession] {
    static func liveSessions(at point: ChargePointID) -> Self {
        """
        \(rows: LiveSession.self)
        WHERE charge.charge_point_id = \(point.text) AND NOT charge.is_finished
        ORDER BY charge.session_id
        """
    }
}

extension Query where Result == LiveSession? {
    static func liveSession(_ number: Int64, at point: ChargePointID) -> Self {
        """
        \(rows: LiveSession.self)
        WHERE charge.session_id = \(number) AND charge.charge_point_id = \(point.text) AND NOT charge.is_finished
        """
    }
}

extension Query where Result == ID<ChargingSession>? {
    /// One that is closed by a guess.
    static func closedSession(_ number: Int64, at point: ChargePointID) -> Self {
        """
        SELECT session_id FROM gateway.session
        WHERE session_id = \(number) AND charge_point_id = \(point.text) AND is_finished AND is_guessed
        """
    }
}
