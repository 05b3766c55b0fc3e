/// The number of one thing of a kind; numbers of different kinds cannot be mixed up.
package struct ID<Owner>: Hashable, Comparable, Sendable {
    package let number: Int64

    @inlinable package init(_ number: Int64) {
        self.number = number
    }

    /// Reads decimal digits as paths carry them; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let number = Int64(text)
        else {
            return nil
        }
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension ID: CustomStringConvertible {
    package var description: String { String(number) }
}

extension ID: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int64.self)
        guard number > 0 else { throw OutsideLimits("must be a positive whole number") }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static var jsonSchema: JSONSchema { .integer(minimum: 1) }
    package static var standIn: Self { Self(1) }
}
