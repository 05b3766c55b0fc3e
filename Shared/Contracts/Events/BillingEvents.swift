package import Core
package import FoundationEssentials

/// A session's final cost is booked.
package struct SessionSettled: LoggedEvent {
    package static let kind = "billing.settled"
    package static let channel = Channel.billing
    package static let owner = Service.billing

    package var session: ID<ChargingSession>
    package var user: ID<User>?
    package var energy: Energy
    /// After the discount: what the driver pays.
    package var cost: Money
    package var pointsEarned: Int
    package var settledAt: Date

    package init(
        session: ID<ChargingSession>, user: ID<User>?, energy: Energy, cost: Money, pointsEarned: Int,
        settledAt: Date
    ) {
        self.session = session
        self.user = user
        self.energy = energy
        self.cost = cost
        self.pointsEarned = pointsEarned
        self.settledAt = settledAt
    }

    package var subject: String { "\(session)" }
}

/// A settled session was priced anew; the difference is booked.
package struct BillAmended: LoggedEvent {
    package static let kind = "billing.amended"
    package static let channel = Channel.billing
    package static let owner = Service.billing

    package var session: ID<ChargingSession>
    package var user: ID<User>?
    /// As in the `SessionAmended` that it follows.
    package var amendment: Int
    package var cost: Money
    /// Negative: the driver gets money back.
    package var difference: Money
    package var amendedAt: Date

    package init(
        session: ID<ChargingSession>, user: ID<User>?, amendment: Int, cost: Money, difference: Money,
        amendedAt: Date
    ) {
        self.session = session
        self.user = user
        self.amendment = amendment
        self.cost = cost
        self.difference = difference
        self.amendedAt = amendedAt
    }

    package var subject: String { "\(session)" }
}

/// A card was charged in vain.
package struct PaymentFailed: LoggedEvent {
    package static let kind = "billing.payment-failed"
    package static let channel = Channel.billing
    package static let owner = Service.billing

    package var session: ID<ChargingSession>
    package var user: ID<User>
    /// Counts from 1.
    package var attempt: Int
    package var unpaid: Money
    /// The provider's code or our own words; nothing about the card.
    package var result: String
    /// Nil after the last attempt: the payment is given up.
    package var nextAttemptAt: Date?

    package init(
        session: ID<ChargingSession>, user: ID<User>, attempt: Int, unpaid: Money, result: String,
        nextAttemptAt: Date?
    ) {
        self.session = session
        self.user = user
        self.attempt = attempt
        self.unpaid = unpaid
        self.result = result
        self.nextAttemptAt = nextAttemptAt
    }

    package var isGivenUp: Bool { nextAttemptAt == nil }
    package var subject: String { "\(session)" }
}

/// A balance moved. Whoever missed it reads the balance fresh.
package struct BalanceChanged: Event {
    package static let kind = "billing.balance"
    package static let channel = Channel.billing

    package var user: ID<User>
    package var balance: Money

    package init(user: ID<User>, balance: Money) {
        self.user = user
        self.balance = balance
    }
}

/// Points moved. Whoever missed it reads them fresh.
package struct PointsChanged: Event {
    package static let kind = "billing.points"
    package static let channel = Channel.billing

    package var user: ID<User>
    package var points: Int

    package init(user: ID<User>, points: Int) {
        self.user = user
        self.points = points
    }
}
