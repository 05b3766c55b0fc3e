package import Core

/// A percentage with two decimals, as discounts, VAT and commission are written; exact, never a floating number.
package struct Percent: Hashable, Sendable {
    package let hundredths: Int64

    package init(hundredths: Int64) {
        self.hundredths = hundredths
    }

    package static func whole(_ percent: Int64) -> Percent {
        Percent(hundredths: percent * 100)
    }

    package static let zero = Percent(hundredths: 0)
    package static let hundred = Percent.whole(100)

    /// Reads `10`, `7.5` or `10.00`; nil for anything else, a sign or a third decimal included.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        let decimals = parts.count == 2 ? parts[1] : "0"
        guard (1...7).contains(whole.utf8.count), (1...2).contains(decimals.utf8.count),
            (whole.utf8 + Array(decimals.utf8)).allSatisfy({ (0x30...0x39).contains($0) }),
            let units = Int64(whole), let fraction = Int64(decimals)
        else { return nil }
        hundredths = units * 100 + (decimals.utf8.count == 1 ? fraction * 10 : fraction)
    }

    /// The share of an amount, a half rounded up.
    package func share(of amount: Money) -> Money {
        Money(Rounding.halfUp(amount.minorUnits, times: hundredths, over: 10_000), amount.currency)
    }

    /// How people write it: `8`, `7.5`, `12.25`.
    package var short: String {
        let full = description
        if full.hasSuffix(".00") { return String(full.dropLast(3)) }
        return full.hasSuffix("0") ? String(full.dropLast()) : full
    }
}

extension Percent: CustomStringConvertible {
    /// How the API writes it: always two decimals, `10.00`.
    package var description: String {
        let fraction = hundredths.magnitude % 100
        return
            "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}

extension Percent: Comparable {
    package static func < (left: Percent, right: Percent) -> Bool {
        left.hundredths < right.hundredths
    }
}

extension Percent: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        guard let percent = Percent(try decoder.singleValueContainer().decode(String.self)) else {
            throw OutsideLimits("must be a percentage with at most two decimals")
        }
        self = percent
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package static var jsonSchema: JSONSchema { .string(pattern: #"^[0-9]{1,7}(\.[0-9]{1,2})?$"#) }
    package static var standIn: Percent { .zero }
}
