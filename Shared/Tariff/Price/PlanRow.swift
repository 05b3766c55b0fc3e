package import FoundationEssentials

/// One row of a payment plan. Rows of one name with different windows are day and night rates.
package struct PlanRow: Hashable, Sendable {
    package var number: Int64
    /// Counts the changes of the row, so that a frozen price names the very wording it was taken from.
    package var version: Int64
    package var name: String
    package var isActive: Bool
    package var energyPrice: EnergyPrice
    package var timePrice: TimePrice
    package var freeMinutes: Int64
    /// Nil holds always.
    package var window: PlanWindow?

    package init(
        number: Int64, version: Int64, name: String, isActive: Bool = true, energyPrice: EnergyPrice,
        timePrice: TimePrice = .nothing, freeMinutes: Int64 = 60, window: PlanWindow? = nil
    ) {
        self.number = number
        self.version = version
        self.name = name
        self.isActive = isActive
        self.energyPrice = energyPrice
        self.timePrice = timePrice
        self.freeMinutes = freeMinutes
        self.window = window
    }

    package func holds(at moment: Date, in zone: TimeZone) -> Bool {
        isActive && window?.contains(moment, in: zone) ?? true
    }
}
