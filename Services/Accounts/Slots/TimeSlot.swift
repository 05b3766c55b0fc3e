import Contracts
import Core
import FoundationEssentials
import Postgres

/// A time that a host or an operator offers.
enum TimeSlot {}

/// A slot as it is shown (api.md 4.8).
struct TimeSlotBody: Codable, Equatable, Sendable {
    var id: Int64
    var tutor: Int64
    var start_time: Date
    var end_time: Date
    var is_available: Bool
    var created_at: Date
    @OrNull var charge_point_id: String?
    @OrNull var connector_id: Int?
    @OrNull var price_per_kwh: Int64?
    @OrNull var price_per_kwh_decimal: String?
}

/// What is written of a slot. What is absent stays; a new one and PUT need both times.
struct TimeSlotInput: Codable, Sendable {
    var start_time: Date?
    var end_time: Date?
    var is_available: Bool?
    var charge_point_id: Patch<Text<1, 48>>
    var connector_id: Patch<Whole<1, 99>>
    var price_per_kwh: Patch<Whole<0, 100_000>>

    /// Throws: `InvalidRequest`.
    func checkWhole() throws(InvalidRequest) {
        var mistakes = Mistakes()
        if start_time == nil { mistakes.add("start_time", "is required") }
        if end_time == nil { mistakes.add("end_time", "is required") }
        try mistakes.check()
    }
}

/// A slot as it is stored, and the rules of writing it.
struct TimeSlotRow: Row, Equatable, Sendable {
    var id: ID<TimeSlot>
    var tutor: ID<User>
    var start: Date
    var end: Date
    var isAvailable: Bool
    var createdAt: Date
    var point: String?
    /// Nil beside a point: the whole point.
    var connector: Int32?
    var pricePerKWh: Int64?

    static let columns = """
        slot.id, slot.tutor_id, slot.start_time, slot.end_time, slot.is_available, slot.created_at,
        slot.charge_point_id, slot.connector_id, slot.price_per_kwh
        """

    /// No meeting blocks the half of a week.
    private static let longest = Duration.seconds(24 * 3_600)

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        tutor = try cells.next()
        start = try cells.next()
        end = try cells.next()
        isAvailable = try cells.next()
        createdAt = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        pricePerKWh = try cells.next()
    }

    /// A new one, out of an input that has both times.
    init(of tutor: ID<User>, _ input: TimeSlotInput, at now: Date) throws(InvalidRequest) {
        id = ID(0)
        self.tutor = tutor
        (start, end) = (now, now)
        isAvailable = true
        createdAt = now
        try apply(input)
    }

    /// Takes over what is sent, or nothing when it is refused.
    mutating func apply(_ input: TimeSlotInput) throws(InvalidRequest) {
        var next = self
        next.start = (input.start_time ?? start).wholeMicroseconds
        next.end = (input.end_time ?? end).wholeMicroseconds
        next.isAvailable = input.is_available ?? isAvailable
        next.point = input.charge_point_id.map(\.text).applied(to: point)
        next.connector = input.connector_id.map { Int32($0.number) }.applied(to: connector)
        // A connector is one of its point's, and goes with it.
        if next.point == nil, case .absent = input.connector_id { next.connector = nil }
        next.pricePerKWh = input.price_per_kwh.map { Int64($0.number) }.applied(to: pricePerKWh)
        var mistakes = Mistakes()
        if next.end <= next.start {
            mistakes.add("non_field_errors", "end_time must be after start_time")
        } else if next.end.duration(since: next.start) > Self.longest {
            mistakes.add("non_field_errors", "a slot must not be longer than 24 hours")
        }
        if next.connector != nil, next.point == nil {
            mistakes.add("connector_id", "needs a charge_point_id")
        }
        try mistakes.check()
        self = next
    }

    /// Whether somebody who has agreed to come would be surprised.
    func breaksPromise(of known: TimeSlotRow) -> Bool {
        start != known.start || end != known.end || point != known.point || connector != known.connector
            || (isAvailable && !known.isAvailable)
    }

    func body(in currency: Currency) -> TimeSlotBody {
        TimeSlotBody(
            id: id.number, tutor: tutor.number, start_time: start, end_time: end, is_available: isAvailable,
            created_at: createdAt, charge_point_id: point, connector_id: connector.map(Int.init),
            price_per_kwh: pricePerKWh,
            price_per_kwh_decimal: pricePerKWh.map { Money($0, currency).decimal })
    }
}
