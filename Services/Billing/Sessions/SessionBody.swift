import Contracts
import Core
import FoundationEssentials

/// The price of a session as its plan object (api.md 4.7).
struct SessionPlan: Codable, Equatable, Sendable {
    var plan_id: String
    var rule: String
    var price_per_kwh: Int64
    var price_per_hour: Int64
    var free_minutes: Int
}

struct TariffBody: Codable, Equatable, Sendable {
    var tariff_id: String
    var description: String
}

struct SessionTag: Codable, Equatable, Sendable {
    var id_tag: String
    var username: String
}

/// A finished session, as the evsys-compatible family lists it.
struct TransactionBody: Codable, Equatable, Sendable {
    var transaction_id: Int64
    var session_id: String
    var is_finished: Bool
    var connector_id: Int
    var charge_point_id: String
    var id_tag: String
    @OrNull var reservation_id: Int64?
    var meter_start: Int64
    var meter_stop: Int64
    var time_start: Date
    var time_stop: Date
    var reason: String
    var id_tag_note: String
    var username: String
    var payment_amount: Int64
    var payment_billed: Int64
    var payment_order: Int64
    var payment_error: String
    var payment_plan: SessionPlan
    var tariff: TariffBody
    var meter_values: [TransactionMeter]
    @OrNull var payment_method: CardBody?
    var payment_orders: [OrderBody]
    var user_tag: SessionTag
    var protocol_version: String
    @OrNull var evse_id: Int?
    /// What other systems keep with a session; nothing here does.
    var metadata: [String: String]
    var refund_amount: Int64
    var refund_time: Date
    var funding: String
    var currency: String
}

/// An unfinished session, as apps watch it.
struct ChargeStateBody: Codable, Equatable, Sendable {
    var transaction_id: Int64
    var connector_id: Int
    var charge_point_id: String
    var charge_point_title: String
    var charge_point_address: String
    var time_started: Date
    var meter_start: Int64
    /// Seconds.
    var duration: Int64
    /// Wh.
    var consumed: Int64
    /// W.
    var power_rate: Int
    var price: Int64
    var status: String
    var is_charging: Bool
    var can_stop: Bool
    var meter_values: [TransactionMeter]
    var id_tag: String
    var payment_plan: SessionPlan
    @OrNull var payment_method: CardBody?
    var payment_orders: [OrderBody]
}

/// What is shown of a session beside its row.
struct SessionDetails: Sendable {
    var readings: [TransactionMeter] = []
    /// The card that was chosen at the start.
    var card: CardBody?
    var orders: [OrderBody] = []
}

/// Both at once, in one object: `/transactions/info/{id}`.
struct SessionInfoBody: Codable, Sendable {
    let transaction: TransactionBody
    let state: ChargeStateBody

    init(transaction: TransactionBody, state: ChargeStateBody) {
        self.transaction = transaction
        self.state = state
    }

    init(from decoder: any Decoder) throws {
        transaction = try TransactionBody(from: decoder)
        state = try ChargeStateBody(from: decoder)
    }

    // Members that both have are written twice with the same value unless the second object leaves them out.
    func encode(to encoder: any Encoder) throws {
        try transaction.encode(to: encoder)
        var rest = encoder.container(keyedBy: StateKeys.self)
        try rest.encode(state.charge_point_title, forKey: .charge_point_title)
        try rest.encode(state.charge_point_address, forKey: .charge_point_address)
        try rest.encode(state.time_started, forKey: .time_started)
        try rest.encode(state.duration, forKey: .duration)
        try rest.encode(state.consumed, forKey: .consumed)
        try rest.encode(state.power_rate, forKey: .power_rate)
        try rest.encode(state.price, forKey: .price)
        try rest.encode(state.status, forKey: .status)
        try rest.encode(state.is_charging, forKey: .is_charging)
        try rest.encode(state.can_stop, forKey: .can_stop)
    }

    private enum StateKeys: CodingKey {
        case charge_point_title, charge_point_address, time_started, duration, consumed, power_rate, price,
            status
        case is_charging, can_stop
    }
}
