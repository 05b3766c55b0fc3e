import Contracts
import Core
import FoundationEssentials
import Postgres

/// A reading on its way into its row, and what its session is after it.
struct StoredReading: Sendable {
    var session: Int64?
    var point: String
    var connector: Int32
    var taken: Date
    var received: Date
    var context: Int16
    var register: Int64?
    /// Of its session; null: from the meter that the start told.
    var countedFrom: Int64?
    var energy: Int64
    var price: Int64
    var powerW: Int32?
    var stateOfCharge: Int16?
    var voltage: Double?
    var current: Double?
    var offered: Double?
    var grade: String
    var rule: String
    var raw: String
    var status: String
    /// Not newer than the newest of its session: a station says again what it heard no answer to, perhaps to another gateway.
    var mayBeKnown = false
    /// For the event that is told when the row is committed; nil for a reading of no session.
    var told: ReadingsStored.Reading?
}

extension StoredReading {
    init(
        _ timed: TimedSample, session: ID<ChargingSession>?, of count: EnergyCount?, at point: ChargePointID,
        _ connector: Int, energy: Energy, price: Money?, status: String, received: Date
    ) {
        let sample = timed.sample
        self.session = session?.number
        self.point = point.text
        self.connector = Int32(clamping: connector)
        taken = timed.clock.moment
        self.received = received
        context = sample.context.rawValue
        register = sample.register.map { Int64($0.rounded()) }
        countedFrom = count?.countedFrom
        self.energy = energy.wattHours
        self.price = price?.minorUnits ?? 0
        powerW = sample.powerW
        stateOfCharge = sample.stateOfCharge
        voltage = sample.voltage
        current = sample.current
        offered = sample.offered
        grade = sample.grade.rawValue
        rule = sample.rules.joined(separator: "; ")
        raw = timed.raw
        self.status = status
    }

    /// All readings of one group, and where they leave their sessions, in one statement.
    static func store(_ rows: [StoredReading]) -> Query<Void> {
        """
        WITH reading AS (
            SELECT session_id, charge_point_id, connector_id, taken_at, received_at, context, register_wh, counted_from,
                energy_wh, price, power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, raw,
                connector_status, may_be_known
            FROM unnest(\(each: rows, \.session), \(each: rows, \.point), \(each: rows, \.connector), \(each: rows, \.taken),
                \(each: rows, \.received), \(each: rows, \.context), \(each: rows, \.register), \(each: rows, \.countedFrom), \(each: rows, \.energy),
                \(each: rows, \.price), \(each: rows, \.powerW), \(each: rows, \.stateOfCharge), \(each: rows, \.voltage),
                \(each: rows, \.current), \(each: rows, \.offered), \(each: rows, \.grade), \(each: rows, \.rule),
                \(each: rows, \.raw), \(each: rows, \.status), \(each: rows, \.mayBeKnown))
                AS row (session_id, charge_point_id, connector_id, taken_at, received_at, context, register_wh, counted_from,
                    energy_wh, price, power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, raw, connector_status,
                    may_be_known)
        ), latest AS (
            SELECT DISTINCT ON (session_id) session_id, taken_at, received_at, counted_from, energy_wh, price, power_w,
                state_of_charge
            FROM reading
            WHERE session_id IS NOT NULL
            ORDER BY session_id, taken_at DESC, context DESC, energy_wh DESC
        ), moved AS (
            UPDATE gateway.session AS charge
            SET status = 'active', energy_wh = greatest(charge.energy_wh, latest.energy_wh),
                price_running = greatest(charge.price_running, latest.price),
                counted_from = coalesce(latest.counted_from, charge.counted_from),
                power_w = coalesce(latest.power_w, charge.power_w),
                state_of_charge = coalesce(latest.state_of_charge, charge.state_of_charge),
                last_reading_at = greatest(charge.last_reading_at, latest.taken_at),
                last_heard_at = greatest(charge.last_heard_at, latest.received_at)
            FROM latest
            WHERE charge.session_id = latest.session_id AND NOT charge.is_finished
        )
        INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, context,
            register_wh, energy_wh, price, power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, raw,
            connector_status)
        SELECT session_id, charge_point_id, connector_id, taken_at, received_at, context, register_wh, energy_wh, price,
            power_w, state_of_charge, voltage_v, current_a, offered_a, grade, rule, raw, connector_status
        FROM reading
        WHERE NOT may_be_known OR NOT EXISTS (
            SELECT FROM gateway.meter_reading AS known
            WHERE known.session_id = reading.session_id AND known.taken_at = reading.taken_at
                AND known.context = reading.context AND known.register_wh IS NOT DISTINCT FROM reading.register_wh
                AND known.power_w IS NOT DISTINCT FROM reading.power_w
                AND known.state_of_charge IS NOT DISTINCT FROM reading.state_of_charge
                AND known.current_a IS NOT DISTINCT FROM reading.current_a::real
                AND known.voltage_v IS NOT DISTINCT FROM reading.voltage_v::real)
        """
    }
}
