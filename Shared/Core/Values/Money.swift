/// A currency by its ISO 4217 letters and number.
package struct Currency: Hashable, Sendable {
    /// Three upper-case letters.
    package let code: String
    /// Digits behind the point: 2 for most, 0 for some, 3 for a few.
    package let places: Int

    package static let eur = Currency(code: "EUR", places: 2)

    private init(code: String, places: Int) {
        self.code = code
        self.places = places
    }

    /// Nil when `code` is not three upper-case letters.
    package init?(code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else { return nil }
        self.code = code
        places = Self.unusualPlaces[code] ?? 2
    }

    /// Those of ISO 4217's list that do not have two.
    private static let unusualPlaces: [String: Int] = [
        "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
        "KRW": 0,
        "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0,
        "XOF": 0,
        "XPF": 0,
    ]
}

/// An amount in whole minor units of one currency: 12.40 € is 1240. There is no fraction of a cent and no Double.
package struct Money: Hashable, Sendable {
    package var minorUnits: Int64
    package let currency: Currency

    package init(_ minorUnits: Int64, _ currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// With the currency's places: `-7.94`.
    package var decimal: String {
        guard currency.places > 0 else { return String(minorUnits) }
        let digits = String(minorUnits.magnitude)
        let padded = String(repeating: "0", count: max(0, currency.places + 1 - digits.count)) + digits
        return (minorUnits < 0 ? "-" : "") + padded.dropLast(currency.places) + "."
            + padded.suffix(currency.places)
    }
}

extension Money: CustomStringConvertible {
    package var description: String { "\(decimal) \(currency.code)" }
}

extension Currency: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let letters = try decoder.singleValueContainer().decode(String.self)
        guard let currency = Currency(code: letters) else {
            throw OutsideLimits("must be three upper-case letters")
        }
        self = currency
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }

    package static var jsonSchema: JSONSchema { .string(pattern: "^[A-Z]{3}$") }
    package static var standIn: Self { .eur }
}

/// For messages between our own services; the API writes amounts as whole numbers with the currency beside them.
extension Money: Codable {
    private enum CodingKeys: String, CodingKey {
        case minorUnits = "minor"
        case currency
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try members.decode(Int64.self, forKey: .minorUnits),
            try members.decode(Currency.self, forKey: .currency))
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(minorUnits, forKey: .minorUnits)
        try members.encode(currency, forKey: .currency)
    }
}
