package import Core

/// Who pays for a session, decided once at its start.
package enum Funding: String, Sendable, Codable {
    case balance, card, free

    /// Whether a running session has to be stopped: what it costs has reached what its driver has.
    package func isExhausted(by cost: Money, of balance: Money) -> Bool {
        self == .balance && cost.minorUnits >= balance.minorUnits
    }
}

/// What a start decided about the money.
package struct FundingChoice: Hashable, Sendable {
    package var funding: Funding
    /// The card that will pay; nil with funding `card` means that the amount stays unpaid until there is one.
    package var card: PaymentCard.Identifier?
    /// What other starts see the balance reduced by.
    package var reserved: Money
    /// What the provider is asked to hold on the card; nil asks for nothing.
    package var hold: Money?

    package init(funding: Funding, card: PaymentCard.Identifier? = nil, reserved: Money, hold: Money? = nil) {
        self.funding = funding
        self.card = card
        self.reserved = reserved
        self.hold = hold
    }
}

/// Why nobody would pay for a start. The texts are part of the API.
package enum FundingRefusal: Error, Hashable, Sendable {
    case insufficientBalance
    case noUsableMethod
    case methodNotFound
    case methodFailedBefore
    case methodExpires

    /// The application code of api.md, chapter 1.3.
    package var code: Int {
        switch self {
        case .insufficientBalance: 2040
        case .noUsableMethod, .methodNotFound, .methodFailedBefore, .methodExpires: 2041
        }
    }

    package var text: String {
        switch self {
        case .insufficientBalance: "insufficient balance"
        case .noUsableMethod: "no usable payment method"
        case .methodNotFound: "payment method not found"
        case .methodFailedBefore: "payment method has failed before"
        case .methodExpires: "payment method expires within one month"
        }
    }
}
