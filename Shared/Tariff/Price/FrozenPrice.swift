package import Core

/// The price of one session, fixed at its start and kept with it: nothing that anybody changes later reaches it.
///
/// What a session costs follows from this value, its meter and its duration alone, so any service, at any time
/// and after any restart, computes the same amount.
package struct FrozenPrice: Hashable, Sendable, Codable {
    package var rule: PriceRule
    package var plan: PlanReference?
    package var energyPrice: EnergyPrice
    package var timePrice: TimePrice
    package var freeMinutes: Int64
    package var discount: FrozenDiscount?
    package var currency: Currency

    package init(
        rule: PriceRule, plan: PlanReference? = nil, energyPrice: EnergyPrice,
        timePrice: TimePrice = .nothing,
        freeMinutes: Int64 = 0, discount: FrozenDiscount? = nil, currency: Currency
    ) {
        self.rule = rule
        self.plan = plan
        self.energyPrice = energyPrice
        self.timePrice = timePrice
        self.freeMinutes = freeMinutes
        self.discount = discount
        self.currency = currency
    }

    /// The price that a plan's row sets: the only kind with a price for time.
    package init(_ row: PlanRow, in currency: Currency) {
        self.init(
            rule: .plan(row.name), plan: PlanReference(number: row.number, version: row.version),
            energyPrice: row.energyPrice, timePrice: row.timePrice, freeMinutes: row.freeMinutes,
            currency: currency)
    }

    enum CodingKeys: String, CodingKey {
        case rule
        case plan
        case energyPrice = "price_per_kwh"
        case timePrice = "price_per_hour"
        case freeMinutes = "free_minutes"
        case discount
        case currency
    }

    /// Whatever flows and however long it takes, nothing is charged.
    package var isFree: Bool {
        (energyPrice == .nothing && timePrice == .nothing) || discount?.value == .hundred
    }
}

/// The wording of a plan that a price was taken from.
package struct PlanReference: Hashable, Sendable, Codable {
    package var number: Int64
    package var version: Int64

    package init(number: Int64, version: Int64) {
        self.number = number
        self.version = version
    }
}

/// The discount that a start reserved, with the value that the code had then.
package struct FrozenDiscount: Hashable, Sendable, Codable {
    package var code: String
    package var value: Percent

    package init(code: String, value: Percent) {
        self.code = code
        self.value = value
    }
}

extension FrozenPrice {
    /// The price as bytes that are the same on every machine and in every version, for a digest that shows later
    /// that nobody touched it. Each value carries its length, so no two prices share their bytes.
    package var canonicalBytes: [UInt8] {
        var bytes = Array("voltbus frozen price 1\n".utf8)
        func append(_ name: String, _ value: String?) {
            guard let value else { return }
            bytes += "\(name) \(value.utf8.count) \(value)\n".utf8
        }
        append("rule", rule.word)
        append("plan", plan.map { "\($0.number)" })
        append("plan-version", plan.map { "\($0.version)" })
        append("price-per-kwh", "\(energyPrice.perKilowattHour)")
        append("price-per-hour", "\(timePrice.perHour)")
        append("free-minutes", "\(freeMinutes)")
        append("discount-code", discount?.code)
        append("discount-percent", discount?.value.description)
        append("currency", currency.code)
        return bytes
    }
}
