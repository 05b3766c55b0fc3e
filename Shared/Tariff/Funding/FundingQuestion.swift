package import Core
package import FoundationEssentials

/// Everything that decides who pays for one start.
package struct FundingQuestion: Sendable {
    package var price: FrozenPrice
    /// What the driver asked for.
    package var wish: Wish
    /// The driver's balance; 0 for a session that belongs to nobody.
    package var balance: Money
    /// What the driver's other unsettled sessions have reserved of it.
    package var reservedElsewhere: Money
    package var cards: [PaymentCard]
    package var target: Energy?
    /// Whether the charge point belongs to a private host, who is owed the money.
    package var isHostsPoint: Bool
    /// REQUIRE_PAYMENT_METHOD
    package var requiresMethod: Bool
    /// PREAUTH_AMOUNT: what a card is asked to hold when no estimate is known; 0 asks for nothing.
    package var preauthorization: Money

    package init(
        price: FrozenPrice, wish: Wish = .none, balance: Money, reservedElsewhere: Money,
        cards: [PaymentCard] = [],
        target: Energy? = nil, isHostsPoint: Bool = false, requiresMethod: Bool = false,
        preauthorization: Money
    ) {
        self.price = price
        self.wish = wish
        self.balance = balance
        self.reservedElsewhere = reservedElsewhere
        self.cards = cards
        self.target = target
        self.isHostsPoint = isHostsPoint
        self.requiresMethod = requiresMethod
        self.preauthorization = preauthorization
    }

    package enum Wish: Hashable, Sendable {
        case none
        case balance
        case card
        /// This very card, by the identifier that its owner sees.
        case method(PaymentCard.Identifier)
    }
}

extension FundingQuestion {
    package func answer(at moment: Date) throws(FundingRefusal) -> FundingChoice {
        if price.isFree { return FundingChoice(funding: .free, reserved: nothing) }
        switch wish {
        case .balance:
            guard available.minorUnits > 0 else { throw .insufficientBalance }
            return try fromBalance()
        case .method(let identifier):
            guard let card = cards.first(where: { $0.identifier == identifier }) else {
                throw .methodNotFound
            }
            if let obstacle = card.obstacle(at: moment) { throw obstacle }
            return by(card)
        case .card:
            guard let card = usableCard(at: moment) else { throw .noUsableMethod }
            return by(card)
        case .none:
            if available.minorUnits > 0 { return try fromBalance() }
            if let card = usableCard(at: moment) { return by(card) }
            if isHostsPoint { throw .insufficientBalance }
            if requiresMethod { throw .noUsableMethod }
            return FundingChoice(funding: .card, reserved: nothing)
        }
    }

    private var nothing: Money { Money(0, price.currency) }
    private var available: Money { balance.minus(reservedElsewhere) }
    private var estimate: Money? { target.map(price.estimate) }

    /// The default card when it can be used, else the first that can.
    private func usableCard(at moment: Date) -> PaymentCard? {
        let usable = cards.filter { $0.obstacle(at: moment) == nil }
        return usable.first(where: \.isDefault) ?? usable.first
    }

    private func fromBalance() throws(FundingRefusal) -> FundingChoice {
        guard let estimate else { return FundingChoice(funding: .balance, reserved: nothing) }
        guard available.minorUnits >= estimate.minorUnits else { throw .insufficientBalance }
        return FundingChoice(funding: .balance, reserved: estimate)
    }

    private func by(_ card: PaymentCard) -> FundingChoice {
        let hold = estimate ?? preauthorization
        return FundingChoice(
            funding: .card, card: card.identifier, reserved: nothing, hold: hold.minorUnits > 0 ? hold : nil)
    }
}
