import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// What a session begins with.
struct NewSession: Sendable {
    var point: ChargePointID
    var connector: Int32
    var facts: StartFacts?
    var user: ID<User>?
    var tag: String
    var car: ID<Car>?
    /// `initialized` for one that was asked for, `charging` for one that a station began.
    var status: String
    var requestedAt: Date
    var startedAt: Date?
    var startText: String?
    var receivedAt: Date?
    var meterStart: Int64 = 0
    var target: Energy?
    var price: FrozenPrice
    var funding: FundingChoice
    var reservation: Int64?
    var meeting: Int64?
    var door = "station"
    /// What a refused start was refused for.
    var refusal: StartRefusal?
    var version: String
    var note = ""
}

/// What a start that a station told of was refused for.
enum StartRefusal: String, Sendable {
    case card, place, reserved, means
}

extension Query where Result == ID<ChargingSession> {
    static func enter(_ new: NewSession) -> Self {
        let (place, price) = (new.facts?.place, new.price)
        let plan: String = if case .plan(let name) = price.rule { name } else { "" }
        let hundredths: Int32? = price.discount.map { Int32(clamping: $0.value.hundredths) }
        let estimate = new.funding.funding == .balance ? new.funding.reserved.minorUnits : 0
        return """
            INSERT INTO gateway.session (charge_point_id, connector_id, port_id, station_id, owner_id, user_id, tag, car_id,
                status, requested_at, started_at, start_text, start_received_at, last_heard_at, meter_start, target_wh,
                estimate, price_rule, plan_id, price_per_kwh, price_per_hour, free_minutes, discount_code,
                discount_hundredths, funding, payment_method_id, reservation_id, meeting_id, door, is_refused, refusal,
                protocol_version, note, frozen_price)
            VALUES (\(new.point.text), \(new.connector), \(place?.port as Int64?), \(place?.station as Int64?),
                \(place?.owner as Int64?), \(new.user as ID<User>?), \(new.tag), \(new.car as ID<Car>?), \(new.status),
                \(new.requestedAt), \(new.startedAt as Date?), \(new.startText as String?), \(new.receivedAt as Date?),
                \(new.receivedAt as Date?), \(new.meterStart), \(new.target as Energy?), \(estimate), \(price.rule.word),
                \(plan), \(price.energyPrice.perKilowattHour), \(price.timePrice.perHour), \(Int32(clamping: price.freeMinutes)),
                \(price.discount?.code as String?), \(hundredths as Int32?), \(new.funding.funding.rawValue),
                \(new.facts?.methodID(of: new.funding.card) as Int64?), \(new.reservation as Int64?),
                \(new.meeting as Int64?), \(new.door), \(new.refusal != nil),
                \(new.refusal?.rawValue ?? ""), \(new.version), \(new.note), \(json: price))
            RETURNING session_id
            """
    }
}

/// A session as its start is matched with it.
struct KnownStart: Row, Sendable {
    var number: ID<ChargingSession>
    var status: String
    var tag: String
    var isRefused: Bool

    static let columns = "session_id, status, tag, is_refused"

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        status = try cells.next()
        tag = try cells.next()
        isRefused = try cells.next()
    }
}

extension Query where Result == KnownStart? {
    /// The same start, told before: by any gateway, under any message id.
    static func start(
        at point: ChargePointID, _ connector: Int32, tag: String, text: String, stem: String?, meter: Int64
    ) -> Self {
        """
        SELECT \(columns: KnownStart.self) FROM gateway.session
        WHERE charge_point_id = \(point.text) AND connector_id = \(connector) AND tag = \(tag)
            AND meter_start = \(meter)
            AND (start_text = \(text) OR (NOT is_finished AND starts_with(start_text, \(stem as String?))))
        ORDER BY session_id DESC
        LIMIT 1
        """
    }

    static func unfinished(at point: ChargePointID, _ connector: Int32) -> Self {
        """
        SELECT \(columns: KnownStart.self) FROM gateway.session
        WHERE charge_point_id = \(point.text) AND connector_id = \(connector) AND NOT is_finished
        FOR UPDATE
        """
    }
}

extension Query where Result == Void {
    /// One start at a time on a connector, whoever asks for it.
    static func holdConnector(_ point: ChargePointID, _ connector: Int32) -> Self {
        "SELECT pg_advisory_xact_lock(hashtextextended(\(point.text), \(Int64(connector))))"
    }

    /// Balance, reservations and codes of one person are decided one start after the other.
    static func holdFunds(of user: ID<User>) -> Self {
        "SELECT pg_advisory_xact_lock(9001, \(Int32(truncatingIfNeeded: user.number)))"
    }

    /// Uses of one code, likewise.
    static func holdCode(_ code: String) -> Self {
        "SELECT pg_advisory_xact_lock(9002, hashtext(upper(\(code))))"
    }

    /// Why its station is asked to end a session; the first reason is the one.
    static func note(_ cause: StopSession.Cause, of number: ID<ChargingSession>) -> Self {
        """
        UPDATE gateway.session SET stop_cause = coalesce(stop_cause, \(cause.rawValue)) WHERE session_id = \(number)
        """
    }
}

/// The reservation that a session uses.
struct KeptSession: Row, Sendable {
    var reservation: Int64?
    var meeting: Int64?

    static let columns = "reservation_id, meeting_id"

    init(_ cells: inout Cells) throws {
        reservation = try cells.next()
        meeting = try cells.next()
    }
}

extension Query where Result == KeptSession {
    /// A session that was asked for has begun.
    static func begin(
        _ number: ID<ChargingSession>, at moment: Date, text: String, meter: Int64, received: Date,
        reservation: Int64?, note: String
    ) -> Self {
        """
        UPDATE gateway.session
        SET status = 'charging', started_at = \(moment), start_text = \(text), meter_start = \(meter),
            start_received_at = \(received), last_heard_at = \(received),
            reservation_id = coalesce(\(reservation as Int64?), reservation_id), note = \(note)
        WHERE session_id = \(number)
        RETURNING \(columns: KeptSession.self)
        """
    }
}

/// An unfinished or ended session, held until the transaction ends: what its end is decided by.
struct HeldSession: Row, Sendable {
    var number: ID<ChargingSession>
    var point: String
    var connector: Int32
    var user: ID<User>?
    var tag: String
    var isFinished: Bool
    var isGuessed: Bool
    var startedAt: Date?
    var endedAt: Date?
    var meterStart: Int64
    var stateOfCharge: Int16?
    var target: Energy?
    /// Why the station was asked to end it; nil where it was not.
    var stopCause: StopSession.Cause?
    var amendment: Int32
    var lastReading: Date?
    var price: FrozenPrice
    var count: EnergyCount

    static let columns = """
        charge.session_id, charge.charge_point_id, charge.connector_id, charge.user_id, charge.tag, charge.is_finished,
        charge.is_guessed, charge.started_at, charge.ended_at, charge.meter_start, charge.state_of_charge,
        charge.target_wh, charge.stop_cause, charge.amendment, charge.last_reading_at, charge.frozen_price,
        \(EnergyCount.columns)
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        user = try cells.next()
        tag = try cells.next()
        isFinished = try cells.next()
        isGuessed = try cells.next()
        startedAt = try cells.next()
        endedAt = try cells.next()
        meterStart = try cells.next()
        stateOfCharge = try cells.next()
        target = try cells.next()
        let cause: String? = try cells.next()
        stopCause = cause.flatMap(StopSession.Cause.init)
        amendment = try cells.next()
        lastReading = try cells.next()
        price = try cells.next(json: FrozenPrice.self)
        count = try EnergyCount(&cells)
    }

    var energy: Energy { count.energy }

    var reference: SessionReference? {
        ChargePointID(point).map { id in
            SessionReference(number, at: ConnectorPlace(id, Int(connector)), of: user, tag: tag)
        }
    }
}

extension Query where Result == HeldSession? {
    static func hold(_ number: Int64, at point: ChargePointID) -> Self {
        """
        SELECT \(columns: HeldSession.self) \(LiveSession.relations)
        WHERE charge.session_id = \(number) AND charge.charge_point_id = \(point.text)
        FOR UPDATE OF charge
        """
    }

    static func hold(_ number: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: HeldSession.self) \(LiveSession.relations)
        WHERE charge.session_id = \(number)
        FOR UPDATE OF charge
        """
    }
}

/// How a session ends.
struct SessionClose: Sendable {
    var status: String
    var end: SessionEnd
    /// OCPP's word, or `stopped by system`, `aborted by system`.
    var reason: String
    var at: Date
    var meter: Int64
    var energy: Energy
    var price: Int64
    var isGuessed: Bool
    var received: Date
    var note: String
}

extension Query where Result == Void {
    static func close(_ number: ID<ChargingSession>, _ end: SessionClose) -> Self {
        """
        UPDATE gateway.session
        SET status = \(end.status), end_reason = \(end.end.rawValue), reason = \(end.reason), ended_at = \(end.at),
            meter_stop = \(end.meter), energy_wh = \(end.energy), price_running = \(end.price), power_w = 0,
            is_guessed = \(end.isGuessed), end_received_at = \(end.received),
            note = concat_ws('; ', nullif(note, ''), nullif(\(end.note), ''))
        WHERE session_id = \(number)
        """
    }

    /// A late word about a session that had been closed by a guess.
    static func amend(_ number: ID<ChargingSession>, _ end: SessionClose, as amendment: Int32) -> Self {
        """
        UPDATE gateway.session
        SET reason = \(end.reason), ended_at = \(end.at), meter_stop = \(end.meter), energy_wh = \(end.energy),
            price_running = \(end.price), is_guessed = false, amendment = \(amendment), end_received_at = \(end.received),
            note = concat_ws('; ', nullif(note, ''), nullif(\(end.note), ''))
        WHERE session_id = \(number)
        """
    }
}

extension Query where Result == RowCount {
    /// A stop whose session nobody knows; a repeat is the same one.
    static func keepOrphan(
        _ transaction: Int64, at point: ChargePointID, tag: String, meter: Int64, moment: Date,
        reason: String,
        received: Date
    ) -> Self {
        """
        INSERT INTO gateway.stop_orphan
            (charge_point_id, received_at, transaction_id, tag, meter_stop, stopped_at, reason)
        VALUES (\(point.text), \(received), \(transaction), \(tag), \(meter), \(moment), \(reason))
        ON CONFLICT (charge_point_id, transaction_id, meter_stop, stopped_at) DO NOTHING
        """
    }
}
