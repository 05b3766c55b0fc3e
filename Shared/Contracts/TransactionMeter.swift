package import Core
package import FoundationEssentials

/// One sample of a session, as accounts and billing show it alike (api.md 4.7).
package struct TransactionMeter: Codable, Equatable, Sendable {
    package var transaction_id: Int64
    /// Wh, the register.
    package var value: Int64
    /// W.
    package var power_rate: Int
    package var battery_level: Int
    package var consumed_energy: Int64
    package var price: Int64
    package var time: Date
    package var timestamp: Int64
    package var minute: Int
    package var unit = "Wh"
    package var measurand = "Energy.Active.Import.Register"
    package var connector_id: Int
    package var connector_status: String
    @OrNull package var voltage: Double?
    @OrNull package var current_import: Double?
    @OrNull package var current_offered: Double?

    /// - Parameter minute: whole minutes since the session's start.
    package init(
        of session: Int64, register: Int64, energy: Int64, price: Int64, at time: Date, minute: Int,
        connector: Int, status: String
    ) {
        transaction_id = session
        value = register
        power_rate = 0
        battery_level = 0
        consumed_energy = energy
        self.price = price
        self.time = time
        timestamp = Int64(time.timeIntervalSince1970)
        self.minute = minute
        connector_id = connector
        connector_status = status
        _voltage = OrNull(wrappedValue: nil)
        _current_import = OrNull(wrappedValue: nil)
        _current_offered = OrNull(wrappedValue: nil)
    }
}
