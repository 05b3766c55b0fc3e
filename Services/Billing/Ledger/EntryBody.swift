import Core
import FoundationEssentials
import Postgres

/// A movement of money, as the API shows it (api.md 4.9).
struct EntryBody: Codable, Equatable, Sendable {
    var id: Int64
    var user_id: Int64
    var amount: Int64
    var amount_decimal: String
    var currency: String
    var type: String
    var subject: String
    var funding: String
    var description: String
    @OrNull var car_id: Int64?
    @OrNull var station_id: Int64?
    @OrNull var charging_id: Int64?
    @OrNull var parking_reservation_id: Int64?
    @OrNull var order: OrderShown?
    @OrNull var invoice_id: Int64?
    var balance_after: Int64
    var balance_after_decimal: String
    @OrNull var created_by: Int64?
    var created_at: Date
}

extension EntryBody: RowDecodable {
    static let columns: StaticString = """
        entry.id, entry.user_id, entry.amount, entry.currency, entry.type, entry.subject, entry.funding, entry.description,
        entry.car_id, entry.station_id, entry.charging_id, entry.parking_reservation_id, entry.payment_order,
        (SELECT invoice.id FROM billing.invoice AS invoice WHERE invoice.ledger_entry_id = entry.id), entry.balance_after,
        entry.created_by, entry.created_at
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user_id = try cells.next()
        amount = try cells.next()
        let currency = try cells.next(Currency.self)
        self.currency = currency.code
        amount_decimal = Money(amount, currency).decimal
        type = try cells.next()
        subject = try cells.next()
        funding = try cells.next()
        description = try cells.next()
        car_id = try cells.next()
        station_id = try cells.next()
        charging_id = try cells.next()
        parking_reservation_id = try cells.next()
        order = try cells.next(Int64?.self).map { .number($0) }
        invoice_id = try cells.next()
        balance_after = try cells.next()
        balance_after_decimal = Money(balance_after, currency).decimal
        created_by = try cells.next()
        created_at = try cells.next()
    }
}

/// A session in a few words.
struct ChargingSummary: Codable, Equatable, Sendable {
    var id: Int64
    var charge_point_id: String
    var connector_id: Int
    @OrNull var started_at: Date?
    @OrNull var ended_at: Date?
    var energy_wh: Int64
    var cost: Int64

    init(_ session: SessionRow) {
        id = session.number
        charge_point_id = session.point
        connector_id = Int(session.connector)
        _started_at = OrNull(wrappedValue: session.startedAt)
        _ended_at = OrNull(wrappedValue: session.endedAt)
        energy_wh = session.energy
        cost = session.cost ?? session.priceRunning
    }
}

/// An order in an entry: its number in lists, itself where one entry is shown.
enum OrderShown: Codable, Equatable, Sendable {
    case number(Int64)
    case whole(OrderBody)

    init(from decoder: any Decoder) throws {
        self = .number(try decoder.singleValueContainer().decode(Int64.self))
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .whole(let order): try order.encode(to: encoder)
        }
    }
}

/// An entry with what it was booked for.
struct EntryDetail: Codable, Sendable {
    var entry: EntryBody
    var charging: ChargingSummary?

    init(entry: EntryBody) {
        self.entry = entry
    }

    private enum Keys: CodingKey {
        case charging
    }

    init(from decoder: any Decoder) throws {
        entry = try EntryBody(from: decoder)
        charging = try decoder.container(keyedBy: Keys.self)
            .decodeIfPresent(ChargingSummary.self, forKey: .charging)
    }

    func encode(to encoder: any Encoder) throws {
        try entry.encode(to: encoder)
        var members = encoder.container(keyedBy: Keys.self)
        if let charging {
            try members.encode(charging, forKey: .charging)
        } else {
            try members.encodeNil(forKey: .charging)
        }
    }
}

/// Which entries are asked for.
struct EntryFilter: Sendable {
    var user: Int64?
    var type: String?
    var subject: String?
    var session: Int64?
    var from: Date?
    var to: Date?

    fileprivate var condition: SQL {
        var condition: SQL = "true"
        if let user { condition = "\(condition) AND entry.user_id = \(user)" }
        if let type { condition = "\(condition) AND entry.type = \(type)" }
        if let subject { condition = "\(condition) AND entry.subject = \(subject)" }
        if let session { condition = "\(condition) AND entry.charging_id = \(session)" }
        if let from { condition = "\(condition) AND entry.created_at >= \(from)" }
        if let to { condition = "\(condition) AND entry.created_at < \(to)" }
        return condition
    }
}

extension Query where Result == [EntryBody] {
    static func entries(_ filter: EntryFilter, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: EntryBody.columns) FROM billing.ledger_entry AS entry
            WHERE \(filter.condition)
            ORDER BY entry.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countEntries(_ filter: EntryFilter) -> Self {
        "SELECT count(*) FROM billing.ledger_entry AS entry WHERE \(filter.condition)"
    }
}

extension Query where Result == EntryBody? {
    static func entry(_ id: Int64) -> Self {
        "SELECT \(raw: EntryBody.columns) FROM billing.ledger_entry AS entry WHERE entry.id = \(id)"
    }
}
