import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// An unfinished session as its station's link holds it: what each reading needs, so that none of them asks the database.
struct LiveSession: Row, Sendable {
    var number: ID<ChargingSession>
    var connector: Int32
    var user: ID<User>?
    var tag: String
    var isStarted: Bool
    var startedAt: Date
    var meterStart: Int64
    /// The highest register so far, and what had flowed by then.
    var register: Int64
    var energy: Energy
    var lastTaken: Date
    var target: Energy?
    var price: FrozenPrice
    /// W that the connector is built for; 0: not known.
    var ratingW: Int32
    /// Once is enough.
    var wasToldToStop = false

    static let columns = """
        charge.session_id, charge.connector_id, charge.user_id, charge.tag, charge.started_at IS NOT NULL,
        coalesce(charge.started_at, charge.requested_at), charge.meter_start, charge.meter_start + charge.energy_wh,
        charge.energy_wh, coalesce(charge.last_reading_at, charge.started_at, charge.requested_at), charge.target_wh,
        charge.frozen_price, coalesce(connector.power_w, 0)
        """

    static let relations: SQL = """
        FROM gateway.session AS charge
        LEFT JOIN accounts_view.connector AS connector
            ON connector.charge_point_id = charge.charge_point_id AND connector.connector_id = charge.connector_id
                AND NOT connector.is_deleted
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        connector = try cells.next()
        user = try cells.next()
        tag = try cells.next()
        isStarted = try cells.next()
        startedAt = try cells.next()
        meterStart = try cells.next()
        register = try cells.next()
        energy = try cells.next()
        lastTaken = try cells.next()
        target = try cells.next()
        price = try cells.next(json: FrozenPrice.self)
        ratingW = try cells.next()
    }

    init(
        number: ID<ChargingSession>, connector: Int32, user: ID<User>?, tag: String, startedAt: Date,
        meterStart: Int64, target: Energy?, price: FrozenPrice, ratingW: Int32
    ) {
        self.number = number
        self.connector = connector
        self.user = user
        self.tag = tag
        isStarted = true
        self.startedAt = startedAt
        self.meterStart = meterStart
        register = meterStart
        energy = .zero
        lastTaken = startedAt
        self.target = target
        self.price = price
        self.ratingW = ratingW
    }

    /// What connectors that nobody has rated are taken for: more than any of today's gives.
    private static let highestRatingW = 1_000_000.0
    /// Meters are read late and rounded: so much more than rating times time is still believed.
    private static let tolerance = 1.25
    private static let allowanceWh = 2_000.0

    /// Takes a sample in: what has flowed so far, and the sample's grade after comparing it with what can have flowed.
    mutating func take(_ sample: inout Sample, at moment: Date) -> Energy {
        guard let read = sample.register else { return energy }
        var flowed = read - meterStart
        // Some meters begin each session at nothing.
        if flowed < 0, read >= 0, read + meterStart >= register, energy == .zero || read >= energy.wattHours {
            flowed = read
            sample.rules.append("session counter")
            sample.grade = .repaired
        }
        guard flowed >= energy.wattHours else {
            if flowed < energy.wattHours, moment >= lastTaken {
                sample.rules.append("register fell")
                sample.grade = .doubtful
            }
            return energy
        }
        guard Double(flowed - energy.wattHours) <= mostFlow(until: moment) else {
            sample.rules.append("more than the connector can give")
            sample.grade = .doubtful
            return energy
        }
        energy = Energy(wattHours: flowed)
        register = meterStart + flowed
        lastTaken = max(lastTaken, moment)
        return energy
    }

    /// Wh that the connector can have given since the last sample.
    private func mostFlow(until moment: Date) -> Double {
        let hours = max(0, moment.timeIntervalSince(lastTaken)) / 3_600
        let rating = ratingW > 0 ? Double(ratingW) : Self.highestRatingW
        return rating * hours * Self.tolerance + Self.allowanceWh
    }

    /// What the session costs so far, by its frozen price.
    func cost(at moment: Date) -> SessionCost {
        price.cost(
            of: energy, lasting: .milliseconds(Int64(max(0, moment.timeIntervalSince(startedAt)) * 1_000)))
    }
}

extension Query where Result == [LiveSession] {
    static func liveSessions(at point: ChargePointID) -> Self {
        """
        SELECT \(columns: LiveSession.self)
        \(LiveSession.relations)
        WHERE charge.charge_point_id = \(point.text) AND NOT charge.is_finished
        ORDER BY charge.session_id
        """
    }
}

extension Query where Result == LiveSession? {
    static func liveSession(_ number: Int64, at point: ChargePointID) -> Self {
        """
        SELECT \(columns: LiveSession.self)
        \(LiveSession.relations)
        WHERE charge.session_id = \(number) AND charge.charge_point_id = \(point.text) AND NOT charge.is_finished
        """
    }
}
