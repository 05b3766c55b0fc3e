package import Core
package import FoundationEssentials

/// The readings of one group commit: in one message, because a busy gateway stores hundreds at once.
package struct ReadingsStored: Event {
    package static let kind = "meter.stored"
    package static let channel = Channel.meter

    package var readings: [Reading]

    package init(_ readings: [Reading]) {
        self.readings = readings
    }

    /// Where a session stands after one of its readings.
    package struct Reading: Codable, Equatable, Sendable {
        package var session: ID<ChargingSession>
        package var place: ConnectorPlace
        package var user: ID<User>?
        package var takenAt: Date
        /// Minutes since the start, complete ones.
        package var minute: Int
        /// The meter itself.
        package var register: Energy
        /// Of this session so far.
        package var energy: Energy
        /// By the session's frozen price, before the discount.
        package var price: Money
        /// What the session would cost if it ended now.
        package var cost: Money
        package var powerW: Int?
        /// 0 to 100.
        package var stateOfCharge: Int?
        package var currentA: Double?
        package var voltageV: Double?
        package var offeredA: Double?
        package var status: Open<ConnectorStatus>?

        package init(
            session: ID<ChargingSession>, place: ConnectorPlace, user: ID<User>?, takenAt: Date, minute: Int,
            register: Energy, energy: Energy, price: Money, cost: Money, powerW: Int? = nil,
            stateOfCharge: Int? = nil, currentA: Double? = nil, voltageV: Double? = nil,
            offeredA: Double? = nil, status: Open<ConnectorStatus>? = nil
        ) {
            self.session = session
            self.place = place
            self.user = user
            self.takenAt = takenAt
            self.minute = minute
            self.register = register
            self.energy = energy
            self.price = price
            self.cost = cost
            self.powerW = powerW
            self.stateOfCharge = stateOfCharge
            self.currentA = currentA
            self.voltageV = voltageV
            self.offeredA = offeredA
            self.status = status
        }
    }
}
