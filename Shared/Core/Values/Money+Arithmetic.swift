/// Why a sum of money does not exist.
package enum MoneyFault: Error, Hashable, Sendable {
    case overflow
    case mixedCurrencies(Currency, Currency)
}

extension Money {
    package static func zero(_ currency: Currency) -> Money { Money(0, currency) }

    package static func + (left: Money, right: Money) throws(MoneyFault) -> Money {
        try left.combined(with: right, left.minorUnits.addingReportingOverflow)
    }

    package static func - (left: Money, right: Money) throws(MoneyFault) -> Money {
        try left.combined(with: right, left.minorUnits.subtractingReportingOverflow)
    }

    /// `numerator`/`denominator` of the amount, a half away from zero, so that a credit takes back exactly what its
    /// debit said: a discount of 15 % is `share(15, of: 100)`, the VAT of 21 % inside a gross amount
    /// `share(21, of: 121)`.
    package func share(_ numerator: Int64, of denominator: Int64) throws(MoneyFault) -> Money {
        precondition(denominator > 0, "a share is of something")
        let twice = 2 * Int128(minorUnits) * Int128(numerator)
        let half = Int128(denominator)
        guard let units = Int64(exactly: (twice + (twice < 0 ? -half : half)) / (2 * half)) else {
            throw .overflow
        }
        return Money(units, currency)
    }

    private func combined(
        with other: Money, _ operation: (Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws(MoneyFault) -> Money {
        guard currency == other.currency else { throw .mixedCurrencies(currency, other.currency) }
        let (units, overflow) = operation(other.minorUnits)
        guard !overflow else { throw .overflow }
        return Money(units, currency)
    }
}

extension Money {
    /// Reads what `decimal` writes. Fewer places are filled up, more are refused rather than rounded.
    package init?(decimal text: some StringProtocol, _ currency: Currency) {
        let isNegative = text.first == "-"
        let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard parts.count == (fraction.isEmpty ? 1 : 2), let whole = parts.first, !whole.isEmpty,
            fraction.utf8.count <= currency.places
        else { return nil }
        let missing = String(repeating: "0", count: currency.places - fraction.utf8.count)
        let digits = String(whole) + fraction + missing
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let units = Int64((isNegative ? "-" : "") + digits)
        else { return nil }
        self.init(units, currency)
    }
}
