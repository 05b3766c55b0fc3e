import Core
import FoundationEssentials
import Tariff
import TestSupport
import Testing

private let now = moment("2026-11-20T12:00:00Z")

@Suite struct `Funding is decided` {
    private func question(
        _ price: FrozenPrice = .standard, wish: FundingQuestion.Wish = .none, balance: Int64 = 0,
        reserved: Int64 = 0,
        cards: [PaymentCard] = [], target: Int64? = nil, isHostsPoint: Bool = false,
        requiresMethod: Bool = false,
        preauthorization: Int64 = 0
    ) -> FundingQuestion {
        FundingQuestion(
            price: price, wish: wish, balance: euros(balance), reservedElsewhere: euros(reserved),
            cards: cards,
            target: target.map(Energy.init(wattHours:)), isHostsPoint: isHostsPoint,
            requiresMethod: requiresMethod,
            preauthorization: euros(preauthorization))
    }

    @Test(.fact(56)) func `as free when nothing can be charged, whatever was asked for`() throws {
        let choice = try question(
            .energyOnly(0), wish: .method("gone"), isHostsPoint: true, requiresMethod: true
        )
        .answer(at: now)

        #expect(choice == FundingChoice(funding: .free, reserved: euros(0)))
    }

    @Test func `as balance when there is one`() throws {
        let choice = try question(balance: 1, cards: [.good("visa")]).answer(at: now)

        #expect(choice == FundingChoice(funding: .balance, reserved: euros(0)))
    }

    @Test func `as card when other sessions have reserved all of the balance`() throws {
        let choice = try question(balance: 500, reserved: 500, cards: [.good("visa")]).answer(at: now)

        #expect(choice.funding == .card)
    }

    @Test func `with the default card, or else with the first that can be used`() throws {
        let cards: [PaymentCard] = [.good("first"), .good("default", isDefault: true)]

        #expect(try question(cards: cards).answer(at: now).card == "default")
        #expect(
            try question(cards: [.failed("default", isDefault: true), cards[0]]).answer(at: now).card
                == "first")
    }

    @Test(.fact(58)) func `against the start on a host's point when nobody would pay the host`() {
        #expect(throws: FundingRefusal.insufficientBalance) {
            try question(cards: [.failed("visa")], isHostsPoint: true).answer(at: now)
        }
    }

    @Test func `against the start when a method is required and there is none`() {
        #expect(throws: FundingRefusal.noUsableMethod) { try question(requiresMethod: true).answer(at: now) }
    }

    @Test func `as card without a card otherwise, to stay unpaid until there is one`() throws {
        let choice = try question(preauthorization: 2_000).answer(at: now)

        #expect(choice == FundingChoice(funding: .card, card: nil, reserved: euros(0), hold: nil))
    }

    @Test(arguments: [(525, 525, nil), (524, nil, 2040), (1_000, 525, nil)] as [(Int64, Int64?, Int?)])
    func `by what the target will cost`(balance: Int64, reserved: Int64?, refusal: Int?) {
        let answer = Result { () throws(FundingRefusal) in
            try question(balance: balance, target: 15_000).answer(at: now)
        }

        #expect((try? answer.get())?.reserved == reserved.map(euros))
        if case .failure(let failure) = answer { #expect(failure.code == refusal) }
    }

    @Test func `by what the target will cost after the discount`() throws {
        let choice = try question(.standard.discounted(.whole(10)), balance: 472, target: 15_000).answer(
            at: now)

        #expect(choice.reserved == euros(472))
    }

    @Test func `against the balance that was asked for when it is not there`() {
        #expect(throws: FundingRefusal.insufficientBalance) {
            try question(wish: .balance, cards: [.good("visa")]).answer(at: now)
        }
    }

    @Test func `for the card that was asked for although there is a balance`() throws {
        let choice = try question(wish: .card, balance: 9_000, cards: [.good("visa")]).answer(at: now)

        #expect(choice.card == "visa")
    }

    @Test(arguments: [
        ("gone", FundingRefusal.methodNotFound, "payment method not found"),
        ("failed", .methodFailedBefore, "payment method has failed before"),
        ("expiring", .methodExpires, "payment method expires within one month"),
    ])
    func `against a card by its own reason`(identifier: String, refusal: FundingRefusal, text: String) {
        let cards: [PaymentCard] = [.failed("failed"), .expiring("expiring"), .good("good")]

        #expect(throws: refusal) { try question(wish: .method(identifier), cards: cards).answer(at: now) }
        #expect(refusal.text == text)
        #expect(refusal.code == 2041)
    }

    @Test func `against cards in general when none can be used`() {
        #expect(throws: FundingRefusal.noUsableMethod) {
            try question(wish: .card, balance: 9_000, cards: [.expiring("visa")]).answer(at: now)
        }
        #expect(FundingRefusal.noUsableMethod.text == "no usable payment method")
    }

    @Test(
        arguments: [(nil, 0, nil), (nil, 2_000, 2_000), (15_000, 2_000, 525), (15_000, 0, 525)]
            as [(Int64?, Int64, Int64?)])
    func `with a hold on the card`(target: Int64?, preauthorization: Int64, hold: Int64?) throws {
        let choice = try question(cards: [.good("visa")], target: target, preauthorization: preauthorization)
            .answer(at: now)

        #expect(choice.hold == hold.map(euros))
    }

    @Test(arguments: [
        (Funding.balance, 99, false), (.balance, 100, true), (.balance, 101, true), (.card, 500, false),
    ])
    func `and ends when a balance is used up`(funding: Funding, cost: Int64, isExhausted: Bool) {
        #expect(funding.isExhausted(by: euros(cost), of: euros(100)) == isExhausted)
    }
}

@Suite struct `A card` {
    // It holds to the end of its month: 11/26 to 1 December, 00:00 UTC.
    @Test(arguments: [
        ("2026-10-31T23:59:59Z", true), ("2026-11-01T00:00:00Z", false), ("2026-11-15T00:00:00Z", false),
        ("2027-01-01T00:00:00Z", false),
    ])
    func `can be used until thirty days before its month ends`(moment text: String, isUsable: Bool) {
        let card = PaymentCard(identifier: "visa", expiry: PaymentCard.Expiry("11/26"))

        #expect((card.obstacle(at: moment(text)) == nil) == isUsable)
    }

    @Test func `printed with December ends with the year`() throws {
        #expect(try #require(PaymentCard.Expiry("12/26")).end == moment("2027-01-01T00:00:00Z"))
    }

    @Test(arguments: ["", "1/26", "13/26", "00/26", "12-26", "12/2026", "ab/cd"])
    func `has no other form of expiry`(text: String) {
        #expect(PaymentCard.Expiry(text) == nil)
    }
}

extension PaymentCard {
    fileprivate static func good(_ name: String, isDefault: Bool = false) -> PaymentCard {
        PaymentCard(identifier: name, expiry: Expiry("12/30"), isDefault: isDefault)
    }

    fileprivate static func failed(_ name: String, isDefault: Bool = false) -> PaymentCard {
        PaymentCard(identifier: name, expiry: Expiry("12/30"), failures: 1, isDefault: isDefault)
    }

    fileprivate static func expiring(_ name: String) -> PaymentCard {
        PaymentCard(identifier: name, expiry: Expiry("11/26"))
    }
}
