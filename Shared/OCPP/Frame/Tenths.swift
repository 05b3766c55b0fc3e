package import Core

/// A number with at most one digit behind the point, as the limits of charging profiles are: 16.0 A is 160.
package struct Tenths: Hashable, Sendable {
    package var count: Int

    package init(count: Int) {
        self.count = count
    }

    package init(whole: Int) {
        count = whole * 10
    }
}

extension Tenths: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Double.self) * 10
        // 16.1 times ten is not quite 161 in binary; what is meant is the whole number beside it.
        let nearest = number.rounded()
        guard abs(number - nearest) < 1e-6, let count = Int(exactly: nearest) else {
            throw OutsideLimits("must have at most one digit behind the point")
        }
        self.count = count
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Double(count) / 10)
    }

    package static var jsonSchema: JSONSchema { .number }
    package static var standIn: Self { Self(count: 0) }
}
