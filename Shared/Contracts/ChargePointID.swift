package import Core

/// The identity of a charge point: the last segment of its URL, 1–48 of `A–Z a–z 0–9 * - _ = : + | @ .`
/// (OCPP 2.0.1's identifierString).
package struct ChargePointID: Hashable, Comparable, Sendable {
    package let text: String

    /// Nil for text that no charge point can be called.
    package init?(_ text: some StringProtocol) {
        guard (1...48).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: ":"),
            UInt8(ascii: "+"), UInt8(ascii: "|"), UInt8(ascii: "@"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension ChargePointID: CustomStringConvertible {
    package var description: String { text }
}

extension ChargePointID: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw OutsideLimits("must be 1 to 48 of the characters A–Z a–z 0–9 * _ = : + | @ . -")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(pattern: "^[A-Za-z0-9*_=:+|@.-]{1,48}$") }
    package static var standIn: Self { Self(unchecked: "-") }

    private init(unchecked text: String) {
        self.text = text
    }
}
