import Core
import FoundationEssentials
import Tariff
import Testing

func moment(_ text: String) -> Date {
    guard let time = Timestamp(text) else { preconditionFailure("\(text) is no time") }
    return time.date
}

func window(_ start: String, _ end: String) throws -> PlanWindow {
    PlanWindow(from: try #require(TimeOfDay(start)), through: try #require(TimeOfDay(end)))
}

var prague: TimeZone {
    get throws { try #require(TimeZone(identifier: "Europe/Prague")) }
}

func euros(_ cents: Int64) -> Money { Money(cents, .eur) }

extension EnergyPrice {
    static func cents(_ cents: Int64) -> EnergyPrice { EnergyPrice(perKilowattHour: cents) }
}

extension PlanRow {
    static func plan(_ name: String, _ cents: Int64, isActive: Bool = true, window: PlanWindow? = nil)
        -> PlanRow
    {
        PlanRow(
            number: 1, version: 1, name: name, isActive: isActive, energyPrice: .cents(cents), window: window)
    }
}

extension FrozenPrice {
    /// Plan 35 per kWh, 120 per hour after the first 60 minutes.
    static let standard = FrozenPrice(
        PlanRow(
            number: 4, version: 2, name: "standard", energyPrice: .cents(35),
            timePrice: TimePrice(perHour: 120)),
        in: .eur)

    static func energyOnly(_ cents: Int64) -> FrozenPrice {
        FrozenPrice(rule: .connector(3), energyPrice: .cents(cents), currency: .eur)
    }

    func discounted(_ percent: Percent) -> FrozenPrice {
        var price = self
        price.discount = FrozenDiscount(code: "SUN10", value: percent)
        return price
    }
}
