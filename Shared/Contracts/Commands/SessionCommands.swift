package import Core

/// Begin to charge (api.md 5.2). accounts has checked what it owns; the gateway decides about car, connector, funding and
/// discount for good, in the transaction that takes the number, and then asks the station.
package struct StartSession: GatewayCommand {
    package static let kind = "session.start"

    package struct Answer: Codable, Equatable, Sendable {
        /// Final, whatever the station does with it.
        package var session: ID<ChargingSession>

        package init(session: ID<ChargingSession>) {
            self.session = session
        }
    }

    package var place: ConnectorPlace
    /// Nil for a start by an operator with a tag that is nobody's.
    package var user: ID<User>?
    /// What RemoteStartTransaction carries; enabled and the user's own, or any for an operator.
    package var tag: String
    package var car: ID<Car>?
    package var target: Energy?
    package var discountCode: String?
    /// `balance` or `card`; nil leaves the choice to the rules.
    package var funding: String?
    /// The identifier of the card that is to pay.
    package var paymentMethod: String?
    package var reservation: ID<Reservation>?
    package var meeting: ID<Meeting>?
    /// The complete RemoteStartTransaction as the caller wrote it, checked against its schema: reaches the wire as it is.
    package var payload: String?

    package init(
        at place: ConnectorPlace, user: ID<User>?, tag: String, car: ID<Car>? = nil, target: Energy? = nil,
        discountCode: String? = nil, funding: String? = nil, paymentMethod: String? = nil,
        reservation: ID<Reservation>? = nil, meeting: ID<Meeting>? = nil, payload: String? = nil
    ) {
        self.place = place
        self.user = user
        self.tag = tag
        self.car = car
        self.target = target
        self.discountCode = discountCode
        self.funding = funding
        self.paymentMethod = paymentMethod
        self.reservation = reservation
        self.meeting = meeting
        self.payload = payload
    }

    package var receiver: CommandReceiver { .holder(of: place.chargePoint) }
}

/// End a session by RemoteStopTransaction. Done means that the station agreed; the session ends with its StopTransaction.
package struct StopSession: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "session.stop"

    package enum Cause: String, CaseIterable, Codable, Sendable {
        case wish, targetReached, balanceExhausted, deauthorized
    }

    package var session: ID<ChargingSession>
    package var chargePoint: ChargePointID
    package var cause: Open<Cause>

    package init(_ session: ID<ChargingSession>, on chargePoint: ChargePointID, because cause: Cause = .wish)
    {
        self.session = session
        self.chargePoint = chargePoint
        self.cause = .known(cause)
    }

    package var receiver: CommandReceiver { .holder(of: chargePoint) }
}

/// Change what a running session aims at.
package struct ChangeSession: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "session.change"

    package var session: ID<ChargingSession>
    /// Absent leaves it, null takes the target away.
    package var target: Patch<Energy>
    package var car: Patch<ID<Car>>

    package init(
        _ session: ID<ChargingSession>, target: Patch<Energy> = .absent, car: Patch<ID<Car>> = .absent
    ) {
        self.session = session
        self.target = target
        self.car = car
    }

    package var receiver: CommandReceiver { .any }
}
