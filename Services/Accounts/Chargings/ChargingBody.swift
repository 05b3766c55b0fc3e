import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres

/// A charging session in the resource family (api.md 4.7).
struct ChargingBody: Codable, Equatable, Sendable {
    struct Price: Codable, Equatable, Sendable {
        var rule: String
        var plan_id: String
        var price_per_kwh: Int64
        var price_per_hour: Int64
        var free_minutes: Int
    }

    var id: Int64
    @OrNull var user_id: Int64?
    @OrNull var car_id: Int64?
    var charge_point_id: String
    var connector_id: Int
    @OrNull var port_id: Int64?
    @OrNull var station_id: Int64?
    /// Empty for a host who looks at a guest's: a tag is what the guest charges with.
    var id_tag: String
    var status: String
    @OrNull var end_reason: String?
    @OrNull var started_at: Date?
    @OrNull var ended_at: Date?
    var duration: Int
    var meter_start: Int64
    var meter_stop: Int64
    var energy_wh: Int64
    var power_w: Int
    @OrNull var soc: Int?
    @OrNull var target_wh: Int64?
    @OrNull var remaining_wh: Int64?
    var price: Price
    var cost: Int64
    var cost_decimal: String
    var cost_before_discount: Int64
    var cost_before_discount_decimal: String
    @OrNull var discount_code: String?
    /// Percent with two places.
    @OrNull var discount_value: String?
    var currency: String
    var funding: String
    var paid: Int64
    var paid_decimal: String
    var unpaid: Int64
    var unpaid_decimal: String
    var points_earned: Int64
    @OrNull var reservation_id: Int64?
    @OrNull var meeting_id: Int64?
    @OrNull var invoice_id: Int64?
    var created_at: Date
}

/// A session with what billing made of it, in one row.
struct ChargingRow: JoinedRow, Sendable {
    var id: Int64
    var user: Int64?
    var owner: Int64?
    var car: Int64?
    var point: String
    var connector: Int32
    var port: Int64?
    var station: Int64?
    var tag: String
    var status: String
    var isFinished: Bool
    var endReason: String?
    var requestedAt: Date
    var startedAt: Date?
    var endedAt: Date?
    var meterStart: Int64
    var meterStop: Int64?
    var energyWh: Int64
    var powerW: Int32?
    var stateOfCharge: Int16?
    var targetWh: Int64?
    var priceRunning: Int64
    var rule: String
    var plan: String
    var perKilowattHour: Int64
    var perHour: Int64
    var freeMinutes: Int32
    var discountCode: String?
    var discountHundredths: Int32?
    var funding: String
    var reservation: Int64?
    var meeting: Int64?
    var settledPrice: Int64?
    var settledCost: Int64?
    var paid: Int64?
    var points: Int64?
    var invoice: Int64?

    static let columns = """
        charge.session_id, charge.user_id, charge.owner_id, charge.car_id, charge.charge_point_id, charge.connector_id,
        charge.port_id, charge.station_id, charge.tag, charge.status, charge.is_finished, charge.end_reason,
        charge.requested_at, charge.started_at, charge.ended_at, charge.meter_start, charge.meter_stop, charge.energy_wh,
        charge.power_w, charge.state_of_charge, charge.target_wh, charge.price_running, charge.price_rule, charge.plan_id,
        charge.price_per_kwh, charge.price_per_hour, charge.free_minutes, charge.discount_code,
        charge.discount_hundredths, charge.funding, charge.reservation_id, charge.meeting_id, settled.price, settled.cost,
        settled.paid - settled.refunded, settled.points_earned::bigint, settled.invoice_id
        """

    static let relations: SQL = """
        FROM gateway_view.session AS charge
        LEFT JOIN billing_view.settled_session AS settled ON settled.session_id = charge.session_id
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        owner = try cells.next()
        car = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        port = try cells.next()
        station = try cells.next()
        tag = try cells.next()
        status = try cells.next()
        isFinished = try cells.next()
        endReason = try cells.next()
        requestedAt = try cells.next()
        startedAt = try cells.next()
        endedAt = try cells.next()
        meterStart = try cells.next()
        meterStop = try cells.next()
        energyWh = try cells.next()
        powerW = try cells.next()
        stateOfCharge = try cells.next()
        targetWh = try cells.next()
        priceRunning = try cells.next()
        rule = try cells.next()
        plan = try cells.next()
        perKilowattHour = try cells.next()
        perHour = try cells.next()
        freeMinutes = try cells.next()
        discountCode = try cells.next()
        discountHundredths = try cells.next()
        funding = try cells.next()
        reservation = try cells.next()
        meeting = try cells.next()
        settledPrice = try cells.next()
        settledCost = try cells.next()
        paid = try cells.next()
        points = try cells.next()
        invoice = try cells.next()
    }

    func isFor(_ caller: Caller) -> Bool { user == caller.user || owner == caller.user || caller.isPower }

    /// What it costs: as it was billed, or what the price so far comes to behind the discount, halves rounded up (api.md 1.8).
    private var cost: Int64 {
        if let settledCost { return settledCost }
        let discount = (priceRunning * Int64(discountHundredths ?? 0) + 5_000) / 10_000
        return priceRunning - discount
    }

    private func seconds(at now: Date) -> Int {
        guard let startedAt else { return 0 }
        return max(0, Int((endedAt ?? now).duration(since: startedAt).wholeSeconds))
    }

    func body(for caller: Caller, at now: Date, in currency: Currency) -> ChargingBody {
        let before = settledPrice ?? priceRunning
        let owed = settledCost == nil || funding == "free" ? 0 : max(0, cost - (paid ?? 0))
        func decimal(_ amount: Int64) -> String { Money(amount, currency).decimal }
        return ChargingBody(
            id: id, user_id: user, car_id: car, charge_point_id: point, connector_id: Int(connector),
            port_id: port, station_id: station, id_tag: user == caller.user || caller.isPower ? tag : "",
            status: status, end_reason: endReason, started_at: startedAt, ended_at: endedAt,
            duration: seconds(at: now), meter_start: meterStart,
            meter_stop: meterStop ?? meterStart + energyWh,
            energy_wh: energyWh, power_w: isFinished ? 0 : Int(powerW ?? 0), soc: stateOfCharge.map(Int.init),
            target_wh: targetWh, remaining_wh: targetWh.map { max(0, $0 - energyWh) },
            price: .init(
                rule: rule, plan_id: plan, price_per_kwh: perKilowattHour, price_per_hour: perHour,
                free_minutes: Int(freeMinutes)),
            cost: cost, cost_decimal: decimal(cost), cost_before_discount: before,
            cost_before_discount_decimal: decimal(before), discount_code: discountCode,
            discount_value: discountHundredths.map { Self.percent(Int($0)) }, currency: currency.code,
            funding: funding, paid: paid ?? 0, paid_decimal: decimal(paid ?? 0), unpaid: owed,
            unpaid_decimal: decimal(owed), points_earned: points ?? 0, reservation_id: reservation,
            meeting_id: meeting, invoice_id: invoice, created_at: requestedAt)
    }

    private static func percent(_ hundredths: Int) -> String {
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
