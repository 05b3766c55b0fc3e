/// A nullable field of a change: left alone, cleared, or set.
package enum Patch<Value> {
    case absent
    case null
    case value(Value)

    /// What the field is after the change, when it was `current` before.
    package func applied(to current: Value?) -> Value? {
        switch self {
        case .absent: current
        case .null: nil
        case .value(let new): new
        }
    }

    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Patch<Other> {
        switch self {
        case .absent: .absent
        case .null: .null
        case .value(let value): .value(try transform(value))
        }
    }
}

extension Patch: Sendable where Value: Sendable {}
extension Patch: Equatable where Value: Equatable {}

extension Patch: JSONAbsence, JSONStandIn {
    package static var absence: Self { .absent }
    package static var standIn: Self { .absent }
}

extension Patch: Decodable, JSONSchemaDescribed where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .null : .value(try container.decode(Value.self))
    }

    package static var jsonSchema: JSONSchema { .nullable(.of(Value.self)) }
}

extension Patch: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if case .value(let value) = self { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension KeyedEncodingContainer {
    /// Chosen by the synthesised `encode(to:)`: an absent field leaves no trace, where `null` would clear it.
    package mutating func encode<Value: Encodable>(_ patch: Patch<Value>, forKey key: Key) throws {
        switch patch {
        case .absent: break
        case .null: try encodeNil(forKey: key)
        case .value(let value): try encode(value, forKey: key)
        }
    }
}
