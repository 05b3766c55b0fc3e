/// A member of an answer that is always there, as `null` when it has no value: the contract's `?`. Synthesised code would
/// leave it out.
///
///     struct Body: Codable { @OrNull var station_id: Int64? }
@propertyWrapper
package struct OrNull<Value> {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }
}

extension OrNull: Sendable where Value: Sendable {}
extension OrNull: Equatable where Value: Equatable {}

extension OrNull: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

extension OrNull: Decodable, JSONSchemaDescribed where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package static var jsonSchema: JSONSchema { .nullable(.of(Value.self)) }
}

extension OrNull: JSONAbsence, JSONStandIn {
    package static var absence: Self { Self(wrappedValue: nil) }
    package static var standIn: Self { Self(wrappedValue: nil) }
}
