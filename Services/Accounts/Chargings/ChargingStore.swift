import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which sessions are asked for; refused starts are nobody's and never shown.
struct ChargingFilter: Sendable {
    var user: Int64?
    var owner: Int64?
    /// Begun, and on somebody's own point.
    var isOfHosts = false
    var isUnfinished = false
    var status: String?
    var car: Int64?
    var point: String?
    var from: Date?
    /// Not included.
    var until: Date?

    var condition: SQL {
        var condition: SQL = "NOT charge.is_refused"
        if isOfHosts { condition += " AND charge.owner_id IS NOT NULL AND charge.started_at IS NOT NULL" }
        if let user { condition = "\(condition) AND charge.user_id = \(user)" }
        if let owner { condition = "\(condition) AND charge.owner_id = \(owner)" }
        if isUnfinished { condition = "\(condition) AND NOT charge.is_finished" }
        if let status { condition = "\(condition) AND charge.status = \(status)" }
        if let car { condition = "\(condition) AND charge.car_id = \(car)" }
        if let point { condition = "\(condition) AND charge.charge_point_id = \(point)" }
        if let from {
            condition = "\(condition) AND coalesce(charge.started_at, charge.requested_at) >= \(from)"
        }
        if let until {
            condition = "\(condition) AND coalesce(charge.started_at, charge.requested_at) < \(until)"
        }
        return condition
    }
}

extension Query where Result == [ChargingRow] {
    /// Newest first unless asked otherwise.
    static func chargings(_ filter: ChargingFilter, _ cut: Cut) -> Self {
        page(where: filter.condition, by: "charge.session_id", cut)
    }
}

extension Query where Result == ChargingRow? {
    static func charging(_ id: Int64) -> Self {
        """
        \(rows: ChargingRow.self)
        WHERE charge.session_id = \(id) AND NOT charge.is_refused
        """
    }

    static func lastCharging(of user: Int64) -> Self {
        """
        \(rows: ChargingRow.self)
        WHERE charge.user_id = \(user) AND charge.is_finished AND charge.started_at IS NOT NULL
            AND NOT charge.is_refused
        ORDER BY charge.session_id DESC
        LIMIT 1
        """
    }
}

extension Query where Result == Int64 {
    static func countChargings(_ filter: ChargingFilter) -> Self {
        "SELECT count(*) FROM gateway_view.session AS charge WHERE \(filter.condition)"
    }

    static func countSamples(of session: Int64) -> Self {
        "SELECT count(*) FROM gateway_view.reading WHERE session_id = \(session) AND grade <> 'rejected'"
    }
}

struct SampleRow: Row, Sendable {
    var registerWh: Int64
    var energyWh: Int64
    var price: Int64
    var takenAt: Date
    var powerW: Int32?
    var stateOfCharge: Int16?
    var voltage: Double?
    var current: Double?
    var offered: Double?
    var connector: Int32
    var status: String

    static let columns = """
        coalesce(register_wh, 0), energy_wh, price, taken_at, power_w, state_of_charge, voltage_v::double precision,
        current_a::double precision, offered_a::double precision, connector_id, connector_status
        """

    init(_ cells: inout Cells) throws {
        registerWh = try cells.next()
        energyWh = try cells.next()
        price = try cells.next()
        takenAt = try cells.next()
        powerW = try cells.next()
        stateOfCharge = try cells.next()
        voltage = try cells.next()
        current = try cells.next()
        offered = try cells.next()
        connector = try cells.next()
        status = try cells.next()
    }

    func body(of charging: ChargingRow) -> TransactionMeter {
        let passed = charging.startedAt.map { takenAt.duration(since: $0) } ?? .zero
        var body = TransactionMeter(
            of: charging.id, register: registerWh, energy: energyWh, price: price, at: takenAt,
            minute: max(0, Int(passed.wholeSeconds / 60)), connector: Int(connector), status: status)
        body.power_rate = Int(powerW ?? 0)
        body.battery_level = Int(stateOfCharge ?? 0)
        (body.voltage, body.current_import, body.current_offered) = (voltage, current, offered)
        return body
    }
}

extension Query where Result == [SampleRow] {
    /// In the order of their times.
    static func samples(of session: Int64, _ cut: Cut) -> Self {
        """
        SELECT \(columns: SampleRow.self) FROM gateway_view.reading
        WHERE session_id = \(session) AND grade <> 'rejected'
        ORDER BY taken_at \(cut.direction), reading_id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

/// A connector by its one number.
struct PortPlace: Row, Sendable {
    var point: String
    var connector: Int32

    static let columns = "charge_point_id, number"

    init(_ cells: inout Cells) throws {
        point = try cells.next()
        connector = try cells.next()
    }
}

extension Query where Result == PortPlace? {
    static func place(ofPort port: Int64) -> Self {
        """
        SELECT \(columns: PortPlace.self) FROM accounts.connector WHERE port_id = \(port) AND deleted_at IS NULL
        """
    }
}
