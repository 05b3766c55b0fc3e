package import Contracts
import Core
import FoundationEssentials
import HTTP
package import Postgres

/// A session with everything that its views show of it.
struct SessionRow: JoinedRow, Sendable {
    var number: Int64
    var uuid: String
    var point: String
    var connector: Int32
    var owner: Int64?
    var user: Int64?
    var tag: String
    var isFinished: Bool
    var status: String
    var reason: String
    var note: String
    var startedAt: Date
    var endedAt: Date?
    var meterStart: Int64
    var meterStop: Int64?
    var energy: Int64
    var powerW: Int32?
    var lastReading: Date?
    var priceRunning: Int64
    var rule: String
    var planID: String
    var perKWh: Int64
    var perHour: Int64
    var freeMinutes: Int32
    var funding: String
    var reservation: Int64?
    var version: String
    var title: String
    var address: String
    var username: String
    var connectorStatus: String?
    var cost: Int64?
    var paid: Int64?
    var refunded: Int64?
    var paymentOrder: Int64?
    var paymentError: String?
    var refundedAt: Date?
    var paymentMethod: Int64?

    static let columns = """
        charge.session_id, charge.uuid::text, charge.charge_point_id, charge.connector_id, charge.owner_id, charge.user_id,
        charge.tag, charge.is_finished, charge.status, charge.reason, charge.note,
        coalesce(charge.started_at, charge.requested_at), charge.ended_at, charge.meter_start, charge.meter_stop,
        charge.energy_wh, charge.power_w, charge.last_reading_at, charge.price_running, charge.price_rule, charge.plan_id,
        charge.price_per_kwh, charge.price_per_hour, charge.free_minutes, charge.funding, charge.reservation_id,
        charge.protocol_version, coalesce(point.title, ''), coalesce(point.address, ''), coalesce(driver.username, ''),
        report.status, settled.cost, settled.paid, settled.refunded, settled.payment_order, settled.payment_error,
        settled.refunded_at, charge.payment_method_id
        """

    static let relations: SQL = """
        FROM gateway_view.session AS charge
        LEFT JOIN accounts_view.charge_point AS point ON point.charge_point_id = charge.charge_point_id
        LEFT JOIN accounts_view.account AS driver ON driver.user_id = charge.user_id
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = charge.charge_point_id AND report.connector_id = charge.connector_id
        LEFT JOIN billing.settled_session AS settled ON settled.session_id = charge.session_id
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        uuid = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        owner = try cells.next()
        user = try cells.next()
        tag = try cells.next()
        isFinished = try cells.next()
        status = try cells.next()
        reason = try cells.next()
        note = try cells.next()
        startedAt = try cells.next()
        endedAt = try cells.next()
        meterStart = try cells.next()
        meterStop = try cells.next()
        energy = try cells.next()
        powerW = try cells.next()
        lastReading = try cells.next()
        priceRunning = try cells.next()
        rule = try cells.next()
        planID = try cells.next()
        perKWh = try cells.next()
        perHour = try cells.next()
        freeMinutes = try cells.next()
        funding = try cells.next()
        reservation = try cells.next()
        version = try cells.next()
        title = try cells.next()
        address = try cells.next()
        username = try cells.next()
        connectorStatus = try cells.next()
        cost = try cells.next()
        paid = try cells.next()
        refunded = try cells.next()
        paymentOrder = try cells.next()
        paymentError = try cells.next()
        refundedAt = try cells.next()
        paymentMethod = try cells.next()
    }

    /// Its title and address as people know it, else its identity.
    var place: String {
        let words = [title, address].filter { !$0.isEmpty }
        return words.isEmpty ? point : words.joined(separator: ", ")
    }

    var plan: SessionPlan {
        SessionPlan(
            plan_id: planID, rule: rule, price_per_kwh: perKWh, price_per_hour: perHour,
            free_minutes: Int(freeMinutes))
    }

    func transaction(_ details: SessionDetails, currency: Currency) -> TransactionBody {
        TransactionBody(
            transaction_id: number, session_id: uuid, is_finished: isFinished, connector_id: Int(connector),
            charge_point_id: point, id_tag: tag, reservation_id: reservation, meter_start: meterStart,
            meter_stop: meterStop ?? meterStart + energy, time_start: startedAt,
            time_stop: endedAt ?? .never, reason: reason,
            id_tag_note: note,
            username: username, payment_amount: cost ?? priceRunning, payment_billed: paid ?? 0,
            payment_order: paymentOrder ?? 0, payment_error: paymentError ?? "", payment_plan: plan,
            tariff: TariffBody(tariff_id: planID, description: rule), meter_values: details.readings,
            payment_method: details.card, payment_orders: details.orders,
            user_tag: SessionTag(id_tag: tag, username: username), protocol_version: version, evse_id: nil,
            metadata: [:],
            refund_amount: refunded ?? 0, refund_time: refundedAt ?? .never, funding: funding,
            currency: currency.code)
    }

    func state(_ details: SessionDetails, for caller: Caller, at now: Date) -> ChargeStateBody {
        let isCharging = !isFinished && connectorStatus == "Charging"
        let end = endedAt ?? now
        return ChargeStateBody(
            transaction_id: number, connector_id: Int(connector), charge_point_id: point,
            charge_point_title: title, charge_point_address: address, time_started: startedAt,
            meter_start: meterStart, duration: max(.zero, end.duration(since: startedAt)).wholeSeconds,
            consumed: energy,
            power_rate: isCharging ? Int(powerW ?? 0) : 0, price: cost ?? priceRunning,
            status: connectorStatus ?? "Unknown", is_charging: isCharging,
            can_stop: !isFinished && (user == caller.user || owner == caller.user || caller.isPower),
            meter_values: details.readings, id_tag: tag, payment_plan: plan, payment_method: details.card,
            payment_orders: details.orders)
    }
}

/// Which sessions are asked for.
struct SessionFilter: Sendable {
    var user: Int64?
    var username: String?
    var tag: String?
    var point: String?
    var stoppedFrom: Date?
    var stoppedBefore: Date?
    var withError = false
    var isFinished = true

    fileprivate var condition: SQL {
        var condition: SQL = "charge.is_finished = \(isFinished) AND NOT charge.is_refused"
        // What never left `initialized` is shown in /chargings only.
        condition = "\(condition) AND charge.started_at IS NOT NULL"
        if let user { condition = "\(condition) AND charge.user_id = \(user)" }
        if let username { condition = "\(condition) AND driver.username = \(username)" }
        if let tag { condition = "\(condition) AND charge.tag = \(tag.uppercased())" }
        if let point { condition = "\(condition) AND charge.charge_point_id = \(point)" }
        if let stoppedFrom { condition = "\(condition) AND charge.ended_at >= \(stoppedFrom)" }
        if let stoppedBefore { condition = "\(condition) AND charge.ended_at < \(stoppedBefore)" }
        if withError { condition = "\(condition) AND settled.payment_error <> ''" }
        return condition
    }
}

extension Query where Result == [SessionRow] {
    /// The newest start first.
    static func sessions(_ filter: SessionFilter, limit: Int, offset: Int) -> Self {
        """
        \(rows: SessionRow.self)
        WHERE \(filter.condition)
        ORDER BY charge.started_at DESC, charge.session_id DESC
        LIMIT \(limit) OFFSET \(offset)
        """
    }
}

extension Query where Result == Int64 {
    static func countSessions(_ filter: SessionFilter) -> Self {
        "SELECT count(*) \(SessionRow.relations) WHERE \(filter.condition)"
    }
}

extension Query where Result == SessionRow? {
    static func session(_ number: Int64) -> Self {
        "\(rows: SessionRow.self) WHERE charge.session_id = \(number)"
    }
}

extension TransactionMeter: RowDecodable {
    static let columns: StaticString = """
        reading.session_id, coalesce(reading.register_wh, charge.meter_start + reading.energy_wh), coalesce(reading.power_w, 0),
        coalesce(reading.state_of_charge, 0), reading.energy_wh, reading.price, reading.taken_at,
        greatest(0, extract(epoch FROM reading.taken_at - charge.started_at) / 60)::integer, reading.connector_id,
        reading.connector_status, reading.voltage_v::double precision, reading.current_a::double precision,
        reading.offered_a::double precision
        """

    package init(_ cells: inout Cells) throws {
        let (session, register): (Int64, Int64) = (try cells.next(), try cells.next())
        let (power, charge): (Int32, Int16) = (try cells.next(), try cells.next())
        self.init(
            of: session, register: register, energy: try cells.next(), price: try cells.next(),
            at: try cells.next(), minute: Int(try cells.next(Int32.self)),
            connector: Int(try cells.next(Int32.self)), status: try cells.next())
        power_rate = Int(power)
        battery_level = Int(charge)
        voltage = try cells.next()
        current_import = try cells.next()
        current_offered = try cells.next()
    }
}

/// A reading that is needed for what is shown of a session.
struct ShownReading: RowDecodable, Sendable {
    var meter: TransactionMeter
    /// Readings of its session, also those that are not needed.
    var total: Int64

    init(_ cells: inout Cells) throws {
        meter = try TransactionMeter(&cells)
        total = try cells.next()
    }
}

extension Query where Result == [ShownReading] {
    /// A short series whole; of a longer one, the first and the last reading of each of the parts whose borders are shown: what
    /// `ResampleReadings` interpolates between, however many there are.
    static func readings(of sessions: [Int64]) -> Self {
        let parts = Int32(ResampleReadings.points - 1)
        return """
            SELECT \(raw: TransactionMeter.columns), reading.total
            FROM (
                SELECT timed.*, row_number() OVER part AS place,
                    count(*) OVER (PARTITION BY timed.session_id, timed.part) AS of_part
                FROM (
                    SELECT one.*, count(*) OVER series AS total,
                        floor(extract(epoch FROM one.taken_at - min(one.taken_at) OVER series) * \(parts)
                            / nullif(extract(epoch FROM max(one.taken_at) OVER series - min(one.taken_at) OVER series), 0))
                            AS part
                    FROM gateway_view.reading AS one
                    WHERE one.session_id = ANY(\(sessions)) AND one.grade IN ('good', 'repaired')
                    WINDOW series AS (PARTITION BY one.session_id)
                ) AS timed
                WINDOW part AS (
                    PARTITION BY timed.session_id, timed.part ORDER BY timed.taken_at, timed.context, timed.reading_id)
            ) AS reading
            JOIN gateway_view.session AS charge ON charge.session_id = reading.session_id
            WHERE charge.started_at IS NOT NULL
                AND (reading.total <= \(Int64(ResampleReadings.points)) OR reading.place IN (1, reading.of_part)
                    OR reading.part IS NULL AND reading.place <= \(Int64(ResampleReadings.points)))
            ORDER BY reading.session_id, reading.taken_at, reading.context, reading.reading_id
            """
    }
}
