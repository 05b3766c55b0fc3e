package import Core
package import FoundationEssentials

/// Everything that can set the price of one start, as one statement read it from the published views.
///
/// `price(at:in:)` picks from it. Nothing here asks anybody, so the gateway freezes a price while billing is away.
package struct PriceSources: Sendable {
    package var currency: Currency
    package var connector: Connector
    /// Whether the driver owns the charge point.
    package var isOwnPoint: Bool
    /// Nil for a session that belongs to nobody.
    package var driver: Driver?
    /// The slots of the driver's confirmed meetings, in the order in which they were made.
    package var slots: [Slot]
    package var station: Station?
    /// The row that is marked as default, whether active or not.
    package var defaultPlan: PlanRow?

    package init(
        currency: Currency, connector: Connector, isOwnPoint: Bool = false, driver: Driver? = nil,
        slots: [Slot] = [], station: Station? = nil, defaultPlan: PlanRow? = nil
    ) {
        self.currency = currency
        self.connector = connector
        self.isOwnPoint = isOwnPoint
        self.driver = driver
        self.slots = slots
        self.station = station
        self.defaultPlan = defaultPlan
    }

    /// The connector at which the session starts. A price of 0 is a price: this connector is free.
    package struct Connector: Hashable, Sendable {
        package var port: Int64
        package var chargePoint: String
        package var number: Int
        package var energyPrice: EnergyPrice?

        package init(port: Int64, chargePoint: String, number: Int, energyPrice: EnergyPrice? = nil) {
            self.port = port
            self.chargePoint = chargePoint
            self.number = number
            self.energyPrice = energyPrice
        }
    }

    /// The driver's plan: its name, and the rows of that name in their order.
    package struct Driver: Hashable, Sendable {
        package var plan: String
        package var rows: [PlanRow]

        package init(plan: String, rows: [PlanRow]) {
            self.plan = plan
            self.rows = rows
        }
    }

    /// A booked time slot: it prices a start that lies in it, at the connector it names or anywhere on its point.
    package struct Slot: Hashable, Sendable {
        package var number: Int64
        package var chargePoint: String
        package var connector: Int?
        package var begin: Date
        package var end: Date
        package var energyPrice: EnergyPrice?

        package init(
            number: Int64, chargePoint: String, connector: Int?, begin: Date, end: Date,
            energyPrice: EnergyPrice?
        ) {
            self.number = number
            self.chargePoint = chargePoint
            self.connector = connector
            self.begin = begin
            self.end = end
            self.energyPrice = energyPrice
        }

        fileprivate func names(_ place: Connector) -> Bool {
            chargePoint == place.chargePoint && connector.map { $0 == place.number } ?? true
        }
    }

    package struct Station: Hashable, Sendable {
        package var number: Int64
        package var energyPrice: EnergyPrice?

        package init(number: Int64, energyPrice: EnergyPrice? = nil) {
            self.number = number
            self.energyPrice = energyPrice
        }
    }
}

extension PriceSources {
    /// The price that a start at `moment` fixes: the first rule that matches. `zone` is TARIFF_TIMEZONE.
    package func price(at moment: Date, in zone: TimeZone) -> FrozenPrice {
        if isOwnPoint { return free(by: .own) }
        for slot in slots where verdict(on: slot, at: moment) == .taken {
            return price(by: .slot(slot.number), slot.energyPrice)
        }
        if let energyPrice = connector.energyPrice {
            return price(by: .connector(connector.port), energyPrice)
        }
        if let driver, driver.hasPlan, let row = driver.rows.first(where: { $0.holds(at: moment, in: zone) })
        {
            return FrozenPrice(row, in: currency)
        }
        if let station, let energyPrice = station.energyPrice {
            return price(by: .station(station.number), energyPrice)
        }
        if let defaultPlan, defaultPlan.isActive { return FrozenPrice(defaultPlan, in: currency) }
        return free(by: .none)
    }

    private func price(by rule: PriceRule, _ energyPrice: EnergyPrice?) -> FrozenPrice {
        FrozenPrice(rule: rule, energyPrice: energyPrice ?? .nothing, currency: currency)
    }

    private func free(by rule: PriceRule) -> FrozenPrice {
        FrozenPrice(rule: rule, energyPrice: .nothing, currency: currency)
    }

    func verdict(on slot: Slot, at moment: Date) -> PriceTrace.Verdict {
        guard slot.names(connector) else { return .elsewhere }
        guard slot.begin <= moment, moment < slot.end else { return .outsideItsTime }
        return slot.energyPrice == nil ? .withoutPrice : .taken
    }
}

extension PriceSources.Driver {
    /// Someone on the default plan, or on a plan without an active row, has no plan of their own.
    var hasPlan: Bool {
        plan != "default" && rows.contains(where: \.isActive)
    }
}
