package import Core

/// One action: what is asked and what is answered.
package protocol Call {
    /// The actions of one version.
    associatedtype Action: RawRepresentable where Action.RawValue == String
    associatedtype Request: Codable & Equatable & Sendable
    associatedtype Response: Codable & Equatable & Sendable
    static var action: Action { get }
}

extension Call {
    /// Reads a request from a frame's payload, strictly by the schemas: no unknown members, no nulls.
    package static func request(from document: JSONDocument, at payload: Int) throws(JSONMistakes) -> Request
    {
        try JSONReader.decode(from: document, at: payload, rules: .strict)
    }

    /// Reads the answer to a call of ours.
    package static func response(from document: JSONDocument, at payload: Int) throws(JSONMistakes)
        -> Response
    {
        try JSONReader.decode(from: document, at: payload, rules: .strict)
    }
}

/// A payload without members.
package struct NoFields: Codable, Equatable, Sendable {
    private enum CodingKeys: CodingKey {}

    package init() {}

    // Written out, because the synthesised one reads nothing and would let unknown members pass.
    package init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self)
    }

    package func encode(to encoder: any Encoder) throws {
        _ = encoder.container(keyedBy: CodingKeys.self)
    }
}

/// A number with at most one digit behind the point, as the schemas of charging profiles ask (`multipleOf` 0.1).
package struct Tenths: Hashable, Sendable {
    /// Ten times the number.
    package let count: Int

    package init(count: Int) {
        self.count = count
    }

    package var number: Double { Double(count) / 10 }
}

extension Tenths: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Double.self)
        let tenfold = number * 10
        guard abs(tenfold) < 1e15, abs(tenfold - tenfold.rounded()) < 1e-6 else {
            throw OutsideLimits("must be a multiple of 0.1")
        }
        count = Int(tenfold.rounded())
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static var jsonSchema: JSONSchema { .number }
    package static var standIn: Self { Self(count: 0) }
}
