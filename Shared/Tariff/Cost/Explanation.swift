package import Core

/// A session's cost in sentences: what billing's `explain` prints and what an invoice's lines are made from.
package struct Explanation: Hashable, Sendable {
    package var rule: PriceRule
    package var lines: [Line]
    package var total: Money

    package struct Line: Hashable, Sendable {
        package var part: Part
        /// The arithmetic, ready to read: `15.000 kWh × 0.35 EUR/kWh`.
        package var reckoning: String
        package var amount: Money
    }

    package enum Part: String, Sendable, Codable {
        case energy, time, discount
    }
}

extension SessionCost {
    /// `price` is the frozen one that this cost was computed with.
    package func explained(by price: FrozenPrice) -> Explanation {
        var lines = [
            Explanation.Line(
                part: .energy,
                reckoning:
                    "\(energy.inKilowattHours) kWh × \(Money(price.energyPrice.perKilowattHour, price.currency).inWords)/kWh",
                amount: energyPart)
        ]
        if price.timePrice != .nothing {
            let free = price.freeMinutes > 0 ? " of \(minutes), \(price.freeMinutes) free," : ""
            lines.append(
                .init(
                    part: .time,
                    reckoning:
                        "\(chargedMinutes) min\(free) × \(Money(price.timePrice.perHour, price.currency).inWords)/h",
                    amount: timePart))
        }
        if let reduction = price.discount {
            lines.append(
                .init(
                    part: .discount,
                    reckoning:
                        "code \(reduction.code): \(reduction.value.short) % of \(beforeDiscount.inWords)",
                    amount: Money(0, price.currency).minus(discount)))
        }
        return Explanation(rule: price.rule, lines: lines, total: total)
    }
}

extension Explanation: CustomStringConvertible {
    package var description: String {
        let reckonings = lines.map { "\($0.part.rawValue): \($0.reckoning) = \($0.amount.inWords)" }
        return (["price by \(rule.word), fixed at the start"] + reckonings + ["total: \(total.inWords)"])
            .joined(separator: "\n")
    }
}

extension Energy {
    fileprivate var inKilowattHours: String {
        let thousandths = "\(wattHours % 1000)"
        return "\(wattHours / 1000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
    }
}

extension Money {
    fileprivate var inWords: String { "\(decimal) \(currency.code)" }
}
