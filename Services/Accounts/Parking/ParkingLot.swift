import Contracts
import Core
import FoundationEssentials
import Postgres

/// A car park (api.md 4.8).
struct LotBody: Codable, Equatable, Sendable {
    var id: Int64
    var prime_location_name: String
    var address: String
    var pin_code: String
    var number_of_spots: Int
    /// For an hour.
    var price: Int64
    var price_decimal: String
    var currency: String
    var is_active: Bool
    @OrNull var description: String?
    @OrNull var operating_hours_start: String?
    @OrNull var operating_hours_end: String?
    @OrNull var station_id: Int64?
    var available_spots: Int
    var occupied_spots: Int
    var created_at: Date
    var updated_at: Date
    /// Only where one lot is looked at alone.
    var spots: [SpotBody]?
}

/// What is written of a lot. What is absent stays; a new one needs name, address, code, size and price.
struct LotInput: Codable, Sendable {
    var prime_location_name: Text<3, 100>?
    var address: Text<10, 255>?
    var pin_code: Text<6, 10>?
    var number_of_spots: Whole<1, 1_000>?
    var price: Whole<0, 1_000_000>?
    var description: Patch<Text<0, 1_000>>
    var operating_hours_start: Patch<TimeOfDay>
    var operating_hours_end: Patch<TimeOfDay>
    var is_active: Bool?
    var station_id: Patch<ID<Site>>
    var spots: [SpotInput]?

    /// Throws: `InvalidRequest`.
    func checkWhole() throws(InvalidRequest) {
        var mistakes = Mistakes()
        let needed: [(String, Bool)] = [
            ("prime_location_name", prime_location_name == nil), ("address", address == nil),
            ("pin_code", pin_code == nil), ("number_of_spots", number_of_spots == nil),
            ("price", price == nil),
        ]
        for (field, isMissing) in needed where isMissing { mistakes.add(field, "is required") }
        try mistakes.check()
    }
}

/// A lot as it is stored, with what is counted in it, and the rules of writing it.
struct LotRow: JoinedRow, Equatable, Sendable {
    var id: ID<ParkingLot>
    var name: String
    var address: String
    var pinCode: String
    var pricePerHour: Int64
    var note: String?
    /// Minutes of the day; both or none.
    var opens: Int32?
    var closes: Int32?
    var isActive: Bool
    var site: ID<Site>?
    var createdAt: Date
    var updatedAt: Date
    var spots: Int64
    var occupied: Int64

    static let columns = """
        lot.id, lot.name, lot.address, lot.pin_code, lot.price_per_hour, lot.description,
        (extract(epoch FROM lot.opening_time) / 60)::integer, (extract(epoch FROM lot.closing_time) / 60)::integer,
        lot.is_active, lot.site_id, lot.created_at, lot.updated_at, coalesce(count.spots, 0), coalesce(count.occupied, 0)
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        name = try cells.next()
        address = try cells.next()
        pinCode = try cells.next()
        pricePerHour = try cells.next()
        note = try cells.next()
        opens = try cells.next()
        closes = try cells.next()
        isActive = try cells.next()
        site = try cells.next()
        createdAt = try cells.next()
        updatedAt = try cells.next()
        spots = try cells.next()
        occupied = try cells.next()
    }

    /// A new one, out of an input that was checked to be whole.
    init(_ input: LotInput, at now: Date) throws(InvalidRequest) {
        id = ID(0)
        (name, address, pinCode, pricePerHour) = ("", "", "", 0)
        isActive = true
        (createdAt, updatedAt) = (now, now)
        (spots, occupied) = (0, 0)
        try apply(input, at: now)
    }

    /// Takes over what is sent, or nothing when it is refused.
    mutating func apply(_ input: LotInput, at now: Date) throws(InvalidRequest) {
        var next = self
        next.name = input.prime_location_name?.text ?? name
        next.address = input.address?.text ?? address
        next.pinCode = input.pin_code?.text ?? pinCode
        next.pricePerHour = input.price.map { Int64($0.number) } ?? pricePerHour
        next.note = input.description.map(\.text).applied(to: note)
        next.opens = input.operating_hours_start.map { Int32($0.minutes) }.applied(to: opens)
        next.closes = input.operating_hours_end.map { Int32($0.minutes) }.applied(to: closes)
        next.isActive = input.is_active ?? isActive
        next.site = input.station_id.applied(to: site)
        next.updatedAt = now
        var mistakes = Mistakes()
        if !next.name.allSatisfy(Self.mayName) {
            mistakes.add("prime_location_name", "must be letters, digits, blanks, - . , or '")
        }
        if !next.pinCode.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            mistakes.add("pin_code", "must be 6 to 10 digits")
        }
        if (next.opens == nil) != (next.closes == nil) {
            mistakes.add("non_field_errors", "operating_hours_start and operating_hours_end belong together")
        } else if next.opens != nil, next.opens == next.closes {
            mistakes.add("non_field_errors", "operating_hours_start and operating_hours_end must differ")
        }
        try mistakes.check()
        self = next
    }

    private static func mayName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || " -.,'".contains(character)
    }

    /// - Parameter minute: of the day, by the clocks of the platform.
    func isOpen(_ minute: Int) -> Bool {
        isActive && OpeningHours(opens: opens.map(Int.init), closes: closes.map(Int.init)).holds(minute)
    }

    func body(_ shown: [SpotBody]? = nil, in currency: Currency) -> LotBody {
        LotBody(
            id: id.number, prime_location_name: name, address: address, pin_code: pinCode,
            number_of_spots: Int(spots), price: pricePerHour,
            price_decimal: Money(pricePerHour, currency).decimal, currency: currency.code,
            is_active: isActive,
            description: note, operating_hours_start: Self.text(opens),
            operating_hours_end: Self.text(closes),
            station_id: site?.number, available_spots: Int(spots - occupied), occupied_spots: Int(occupied),
            created_at: createdAt, updated_at: updatedAt, spots: shown)
    }

    private static func text(_ minutes: Int32?) -> String? {
        minutes.flatMap { TimeOfDay(minutes: Int($0)) }?.text
    }
}
