import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A car as its owner sees it (api.md 4.6).
struct CarBody: Codable, Equatable, Sendable {
    var id: Int64
    var owner_id: Int64
    var plate: String
    var name: String
    var battery_capacity_wh: Int
    var max_charging_power: Int
    var connector_type: String
    var year: Int
    var country_code: String
    var registered_on: Date
}

/// What is written of a car. On PATCH what is absent stays; POST and PUT need everything but the owner.
struct CarInput: Codable, Sendable {
    var plate: Text<1, 20>?
    var name: Text<1, 100>?
    var battery_capacity_wh: Whole<1, 999_990>?
    var max_charging_power: Whole<1, 999_990>?
    var connector_type: ConnectorType?
    var year: Int?
    var country_code: CountryLetters?
    /// Only an administrator says whose it is.
    var owner_id: ID<User>?
}

/// Every "no" about cars.
enum CarRefusal: Refusal, Equatable {
    case noSuchCar
    case plateTaken
    case charging
    case noSuchOwner
    case notAllowed

    var problem: Problem {
        switch self {
        case .noSuchCar: Problem(.notFound, "car not found")
        case .plateTaken:
            Problem(.badRequest, "plate already exists", errors: ["plate": ["already exists"]])
        case .charging: Problem(.conflict, code: 2031, "the car is charging")
        case .noSuchOwner:
            Problem(.badRequest, "owner_id is unknown", errors: ["owner_id": ["is unknown"]])
        case .notAllowed: Problem(.forbidden, "insufficient permissions")
        }
    }
}

/// A car as it is stored, and the rules of writing it.
struct CarRow: Row, Equatable, Sendable {
    var id: ID<Car>
    var owner: ID<User>
    var plate: String
    var name: String
    var batteryWh: Int32
    var powerW: Int32
    var connectorType: String
    var year: Int16
    var country: String
    var registeredOn: Date

    static let columns = """
        id, owner_id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year, country_code,
        registered_on
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        owner = try cells.next()
        plate = try cells.next()
        name = try cells.next()
        batteryWh = try cells.next()
        powerW = try cells.next()
        connectorType = try cells.next()
        year = try cells.next()
        country = try cells.next()
        registeredOn = try cells.next()
    }

    /// A new one, out of an input that was checked to be whole.
    init(of owner: ID<User>, at now: Date) {
        id = ID(0)
        self.owner = owner
        (plate, name, connectorType, country) = ("", "", "", "")
        (batteryWh, powerW, year) = (0, 0, 0)
        registeredOn = now
    }

    mutating func apply(_ input: CarInput) {
        plate = input.plate?.text.uppercased() ?? plate
        name = input.name?.text ?? name
        batteryWh = input.battery_capacity_wh.map { Int32($0.number) } ?? batteryWh
        powerW = input.max_charging_power.map { Int32($0.number) } ?? powerW
        connectorType = input.connector_type?.rawValue ?? connectorType
        year = input.year.map { Int16(clamping: $0) } ?? year
        country = input.country_code?.text ?? country
        owner = input.owner_id ?? owner
    }

    var body: CarBody {
        CarBody(
            id: id.number, owner_id: owner.number, plate: plate, name: name,
            battery_capacity_wh: Int(batteryWh), max_charging_power: Int(powerW),
            connector_type: connectorType, year: Int(year), country_code: country, registered_on: registeredOn
        )
    }
}

extension CarInput {
    /// - Parameter isWhole: everything must be there.
    ///
    /// Throws: `InvalidRequest`.
    func check(isWhole: Bool, thisYear: Int) throws(InvalidRequest) {
        var mistakes = Mistakes()
        if isWhole {
            let needed: [(String, Bool)] = [
                ("plate", plate == nil), ("name", name == nil),
                ("battery_capacity_wh", battery_capacity_wh == nil),
                ("max_charging_power", max_charging_power == nil), ("connector_type", connector_type == nil),
                ("year", year == nil), ("country_code", country_code == nil),
            ]
            for (field, isMissing) in needed where isMissing { mistakes.add(field, "is required") }
        }
        if let year, !(1990...thisYear + 1).contains(year) {
            mistakes.add("year", "must be between 1990 and \(thisYear + 1)")
        }
        try mistakes.check()
    }
}

extension Query where Result == [CarRow] {
    static func cars(of owner: ID<User>?, _ cut: Cut) -> Self {
        """
        SELECT \(columns: CarRow.self) FROM accounts.car
        WHERE deleted_at IS NULL AND (\(owner as ID<User>?)::bigint IS NULL OR owner_id = \(owner as ID<User>?))
        ORDER BY id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == CarRow? {
    /// Nil for one that is not there, and for somebody else's where an owner is named.
    static func car(_ id: ID<Car>, of owner: ID<User>?) -> Self {
        """
        SELECT \(columns: CarRow.self) FROM accounts.car
        WHERE id = \(id) AND deleted_at IS NULL
            AND (\(owner as ID<User>?)::bigint IS NULL OR owner_id = \(owner as ID<User>?))
        FOR UPDATE
        """
    }
}

extension Query where Result == Int64 {
    static func countCars(of owner: ID<User>?) -> Self {
        """
        SELECT count(*) FROM accounts.car
        WHERE deleted_at IS NULL AND (\(owner as ID<User>?)::bigint IS NULL OR owner_id = \(owner as ID<User>?))
        """
    }
}

extension Query where Result == ID<Car> {
    static func enter(_ car: CarRow) -> Self {
        """
        INSERT INTO accounts.car (owner_id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year,
            country_code, registered_on)
        VALUES (\(car.owner), \(car.plate), \(car.name), \(car.batteryWh), \(car.powerW), \(car.connectorType),
            \(car.year), \(car.country), \(car.registeredOn))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ car: CarRow) -> Self {
        """
        UPDATE accounts.car
        SET owner_id = \(car.owner), plate = \(car.plate), name = \(car.name), battery_capacity_wh = \(car.batteryWh),
            max_charging_power_w = \(car.powerW), connector_type = \(car.connectorType), year = \(car.year),
            country_code = \(car.country)
        WHERE id = \(car.id)
        """
    }

    static func hide(_ car: ID<Car>, at now: Date) -> Self {
        "UPDATE accounts.car SET deleted_at = \(now) WHERE id = \(car)"
    }
}

extension Query where Result == Bool {
    static func isCharging(_ car: ID<Car>) -> Self {
        "SELECT EXISTS (SELECT FROM gateway_view.session WHERE car_id = \(car) AND NOT is_finished)"
    }

    static func isPerson(_ id: ID<User>) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.account WHERE id = \(id) AND deleted_at IS NULL)"
    }
}
