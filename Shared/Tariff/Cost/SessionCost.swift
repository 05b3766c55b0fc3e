package import Core
package import FoundationEssentials

/// What a session costs, part by part, so that every amount on an invoice can be shown to come from somewhere.
package struct SessionCost: Hashable, Sendable {
    /// What flowed; never below zero, whatever the meter says.
    package var energy: Energy
    package var minutes: Int64
    /// The minutes that are charged: those beyond the free ones.
    package var chargedMinutes: Int64
    package var energyPart: Money
    package var timePart: Money
    package var discount: Money

    package var beforeDiscount: Money { energyPart.plus(timePart) }
    package var total: Money { beforeDiscount.minus(discount) }
}

extension FrozenPrice {
    /// The one formula, for the running price of each sample and for the bill alike.
    package func cost(of energy: Energy, lasting duration: Duration) -> SessionCost {
        let flowed = Energy(wattHours: max(0, energy.wattHours))
        let minutes = max(0, duration.components.seconds / 60)
        let chargedMinutes = max(0, minutes - max(0, freeMinutes))
        let energyPart = energyPrice.cost(of: flowed, in: currency)
        let timePart = timePrice.cost(ofMinutes: chargedMinutes, in: currency)
        return SessionCost(
            energy: flowed, minutes: minutes, chargedMinutes: chargedMinutes, energyPart: energyPart,
            timePart: timePart,
            discount: discount?.value.share(of: energyPart.plus(timePart)) ?? Money(0, currency))
    }

    /// The same from what a station reports: its register at the start and now, and the two times.
    package func cost(from meterStart: Energy, to meter: Energy, between start: Date, and moment: Date)
        -> SessionCost
    {
        let (difference, overflow) = meter.wattHours.subtractingReportingOverflow(meterStart.wattHours)
        let energy = Energy(wattHours: overflow ? (meter.wattHours < 0 ? 0 : .max) : difference)
        return cost(of: energy, lasting: moment.duration(since: start))
    }

    /// What a target will cost. How long it takes is nobody's to foresee, so the price for time is left out: the
    /// balance may end below zero by it.
    package func estimate(for target: Energy) -> Money {
        cost(of: target, lasting: .zero).total
    }
}

extension Money {
    /// Sums of one currency that stop at the largest amount, for what a station reports may be anything.
    func plus(_ other: Money) -> Money {
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        return Money(overflow ? (minorUnits < 0 ? .min : .max) : sum, currency)
    }

    func minus(_ other: Money) -> Money {
        let (difference, overflow) = minorUnits.subtractingReportingOverflow(other.minorUnits)
        return Money(overflow ? (minorUnits < 0 ? .min : .max) : difference, currency)
    }
}
