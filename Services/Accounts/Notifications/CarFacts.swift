import Contracts
import Core
import FoundationEssentials
import Postgres

/// What is known of how a car was charged: numbers only, so that they may be shown to a stranger who writes about them.
struct CarFacts: Row, Equatable, Sendable {
    /// Since the month began.
    var energyWh: Int64
    var sessions: Int64
    /// Sessions that ended with a full battery.
    var fullCharges: Int64
    /// Of the day, in which most sessions began; nil without any.
    var bestHour: Int32?

    static let columns = """
        coalesce(sum(energy_wh) FILTER (WHERE is_of_month), 0)::bigint, count(*) FILTER (WHERE is_of_month),
        count(*) FILTER (WHERE is_of_month AND (end_reason = 'battery_full' OR state_of_charge >= 99)),
        mode() WITHIN GROUP (ORDER BY hour)
        """

    init(_ cells: inout Cells) throws {
        energyWh = try cells.next()
        sessions = try cells.next()
        fullCharges = try cells.next()
        bestHour = try cells.next()
    }

    init(energyWh: Int64, sessions: Int64, fullCharges: Int64, bestHour: Int32?) {
        self.energyWh = energyWh
        self.sessions = sessions
        self.fullCharges = fullCharges
        self.bestHour = bestHour
    }

    /// Grams that a car with an engine would have blown out for a kilowatt hour's way, less those of the electricity.
    private static let savedGramsPerKilowattHour: Int64 = 450

    var kilowattHours: String { Self.tenths(energyWh / 100) }
    var savedKilograms: String { Self.tenths(energyWh * Self.savedGramsPerKilowattHour / 100_000) }

    private static func tenths(_ number: Int64) -> String { "\(number / 10).\(number % 10)" }

    /// Two or three sentences about a car of that name.
    func text(about car: String) -> String {
        guard sessions > 0 else {
            return "Your \(car) has not been charged this month. Plug it in to see what it saves."
        }
        var sentences = [
            "Your \(car) charged \(kilowattHours) kWh in \(sessions) \(sessions == 1 ? "session" : "sessions") this month.",
            "That saves about \(savedKilograms) kg of CO₂.",
        ]
        if fullCharges > 0 {
            sentences.append("It was charged full \(fullCharges == 1 ? "once" : "\(fullCharges) times").")
        }
        if let hour = bestHour { sentences.append("It mostly begins to charge around \(hour):00.") }
        return sentences.joined(separator: " ")
    }
}

extension Query where Result == CarFacts {
    /// - Parameters:
    ///   - month: its first moment.
    ///   - zone: by whose clocks hours are told.
    static func facts(of car: ID<Car>, since month: Date, in zone: TimeZone) -> Self {
        """
        SELECT \(columns: CarFacts.self)
        FROM (
            SELECT energy_wh, end_reason, state_of_charge, started_at >= \(month) AS is_of_month,
                extract(hour FROM started_at AT TIME ZONE \(zone.identifier))::integer AS hour
            FROM gateway_view.session
            WHERE car_id = \(car) AND is_finished AND started_at IS NOT NULL AND NOT is_refused
        ) AS charge
        """
    }
}

extension Query where Result == CarRow? {
    /// The first of somebody's cars.
    static func anyCar(of owner: Int64) -> Self {
        """
        SELECT \(columns: CarRow.self) FROM accounts.car
        WHERE owner_id = \(owner) AND deleted_at IS NULL
        ORDER BY id
        LIMIT 1
        """
    }
}
