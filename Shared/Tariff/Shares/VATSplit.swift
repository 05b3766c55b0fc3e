package import Core

/// A gross amount taken apart into net and VAT. Prices include VAT, so the gross amount is the one that is exact.
package struct VATSplit: Hashable, Sendable {
    package var rate: Percent
    package var net: Money
    package var vat: Money

    package var gross: Money { net.plus(vat) }

    package init(of gross: Money, at rate: Percent) {
        self.rate = rate
        net = Money(
            Rounding.halfUp(gross.minorUnits, times: 10_000, over: 10_000 + rate.hundredths), gross.currency)
        vat = gross.minus(net)
    }

    /// The lines of one invoice, split so that their nets and VATs add up to those of the whole, to the last unit.
    ///
    /// Each line gets what the split of the running sum grows by: no line is off by more than a unit, and
    /// none is left over to explain.
    package static func lines(of amounts: [Money], at rate: Percent) -> [VATSplit] {
        guard let currency = amounts.first?.currency else { return [] }
        var before = VATSplit(of: Money(0, currency), at: rate)
        return amounts.map { amount in
            let after = VATSplit(of: before.gross.plus(amount), at: rate)
            defer { before = after }
            return VATSplit(rate: rate, net: after.net.minus(before.net), vat: after.vat.minus(before.vat))
        }
    }

    private init(rate: Percent, net: Money, vat: Money) {
        self.rate = rate
        self.net = net
        self.vat = vat
    }
}
