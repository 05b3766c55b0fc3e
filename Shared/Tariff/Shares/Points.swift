package import Core

/// Loyalty points for energy.
package enum Points {
    /// Whole points for what flowed, the fraction cut off. Charging on an own point earns none.
    package static func earned(for energy: Energy, perKilowattHour: Int64, by rule: PriceRule) -> Int64 {
        guard rule != .own else { return 0 }
        return Rounding.truncated(max(0, energy.wattHours), times: perKilowattHour, over: 1000)
    }
}
