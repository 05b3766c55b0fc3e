package import Core

/// Keep money on the card that a session is to be paid by, before its station is asked to begin. Done means that it is held;
/// refused as `holdRefused` when the card's provider says no, as `providerAway` when nobody knows.
package struct PlaceHold: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "hold.place"

    package var session: ID<ChargingSession>
    package var amount: Money

    package init(for session: ID<ChargingSession>, _ amount: Money) {
        self.session = session
        self.amount = amount
    }

    package var receiver: CommandReceiver { .billing }
}
