import FoundationEssentials

/// Finds out what a `Decodable` type asks for by letting it read from a decoder that answers every question with
/// the emptiest value, and notes the questions.
enum JSONProbe {
    static func schema<Value: Decodable>(of type: Value.Type) -> JSONSchema {
        JSONProbing().schema(of: type)
    }

    /// A value of the type with nothing in it; nil when the type wants more than the probe can give.
    static func standIn<Value>(for type: Value.Type) -> Value? {
        if let standIn = (type as? any JSONStandIn.Type)?.standIn as? Value { return standIn }
        if let words = type as? any CaseIterable.Type { return words.firstCase as? Value }
        if type == Date.self { return Date(timeIntervalSince1970: 0) as? Value }
        guard let decodable = type as? any Decodable.Type else { return nil }
        // A type that refuses emptiness has no stand-in; the caller then stops at its mistake.
        return (try? decodable.init(from: JSONProbeDecoder(probing: JSONProbing(), name: ""))) as? Value
    }
}

extension CaseIterable {
    fileprivate static var firstCase: Any? { allCases.first }
}

/// One probing: which types are being described, and what the innermost one has asked for.
final class JSONProbing {
    private var underway: [String] = []
    var answer: JSONSchema = .any

    func schema<Value: Decodable>(of type: Value.Type) -> JSONSchema {
        if let described = type as? any JSONSchemaDescribed.Type { return described.jsonSchema }
        if let simple = Self.simple(type) { return simple }
        if let list = type as? any JSONProbedList.Type { return .array(list.elementSchema(self)) }
        if let map = type as? any JSONProbedMap.Type { return .map(map.valueSchema(self)) }
        if let optional = type as? any JSONProbedOptional.Type {
            return .nullable(optional.wrappedSchema(self))
        }
        if let words = (type as? any (RawRepresentable & CaseIterable).Type)?.texts { return .words(words) }
        let name = Self.name(of: type)
        if underway.contains(name) { return .reference(name) }
        underway.append(name)
        defer { underway.removeLast() }
        let outer = answer
        defer { answer = outer }
        answer = .any
        // What was asked up to a refusal is all that the probe can learn of such a type.
        _ = try? type.init(from: JSONProbeDecoder(probing: self, name: name))
        return answer
    }

    private static func simple<Value>(_ type: Value.Type) -> JSONSchema? {
        switch type {
        case is String.Type: .string()
        case is Bool.Type: .bool
        case is Double.Type, is Float.Type: .number
        case is Date.Type: .string(format: "date-time")
        case is Int32.Type: .integer(minimum: Int64(Int32.min), maximum: Int64(Int32.max))
        case is any FixedWidthInteger.Type: .integer()
        case is JSONValue.Type: .any
        default: nil
        }
    }

    /// The type's name without module, outer types run together: `Invoice.Line` is `InvoiceLine`.
    private static func name<Value>(of type: Value.Type) -> String {
        let full = String(reflecting: type)
        let parts = full.split {
            $0 == "." || $0 == "<" || $0 == ">" || $0 == "," || $0 == " " || $0 == "(" || $0 == ")"
        }
        // The module stands first; of nested types the outer ones tell namesakes apart.
        return parts.dropFirst().filter { $0.first?.isUppercase == true }.joined()
    }
}

protocol JSONProbedList {
    static func elementSchema(_ probing: JSONProbing) -> JSONSchema
}
extension Array: JSONProbedList where Element: Decodable {
    static func elementSchema(_ probing: JSONProbing) -> JSONSchema { probing.schema(of: Element.self) }
}

protocol JSONProbedMap {
    static func valueSchema(_ probing: JSONProbing) -> JSONSchema
}
extension Dictionary: JSONProbedMap where Key == String, Value: Decodable {
    static func valueSchema(_ probing: JSONProbing) -> JSONSchema { probing.schema(of: Value.self) }
}

protocol JSONProbedOptional {
    static func wrappedSchema(_ probing: JSONProbing) -> JSONSchema
}
extension Optional: JSONProbedOptional where Wrapped: Decodable {
    static func wrappedSchema(_ probing: JSONProbing) -> JSONSchema { probing.schema(of: Wrapped.self) }
}

private struct JSONProbeDecoder: Decoder {
    let probing: JSONProbing
    let name: String

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        // Types that are read from one object together, each member by member, describe it together.
        if case .object(name, _) = probing.answer {} else { probing.answer = .object(name: name, []) }
        return KeyedDecodingContainer(JSONProbeMembers(probing: probing, name: name))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        probing.answer = .array(.any)
        return JSONProbeElements()
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { JSONProbeSingle(probing: probing) }
}

/// The emptiest value of a type.
private func empty<Value: Decodable>(_ type: Value.Type) throws -> Value {
    guard let value = JSONProbe.standIn(for: type) else { throw OutsideLimits("has no empty value") }
    return value
}

private struct JSONProbeMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probing: JSONProbing
    let name: String

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    private func note<Value: Decodable>(_ key: Key, _ type: Value.Type, isRequired: Bool) {
        guard case .object(_, var members) = probing.answer else { return }
        let schema = probing.schema(of: type)
        let isAbsence = type is any JSONAbsence.Type
        if !members.contains(where: { $0.name == key.stringValue }) {
            members.append(
                .init(name: key.stringValue, schema: schema, isRequired: isRequired && !isAbsence))
        }
        probing.answer = .object(name: name, members)
    }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { true }

    private func required<Value: Decodable>(_ key: Key, _ type: Value.Type) throws -> Value {
        note(key, type, isRequired: true)
        return try empty(type)
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try required(key, type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try required(key, type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try required(key, type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try required(key, type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try required(key, type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try required(key, type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try required(key, type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try required(key, type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try required(key, type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try required(key, type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try required(key, type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try required(key, type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try required(key, type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try required(key, type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try required(key, type)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { optional(key, type) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { optional(key, type) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { optional(key, type) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { optional(key, type) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) -> Int64? { optional(key, type) }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value? {
        optional(key, type)
    }

    private func optional<Value: Decodable>(_ key: Key, _ type: Value.Type) -> Value? {
        note(key, type, isRequired: false)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        throw OutsideLimits("is read member by member")
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        JSONProbeElements()
    }
    func superDecoder() throws -> any Decoder { throw OutsideLimits("is read member by member") }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        throw OutsideLimits("is read member by member")
    }
}

/// A list without elements.
private struct JSONProbeElements: UnkeyedDecodingContainer {
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 0 }
    var isAtEnd: Bool { true }
    var currentIndex: Int { 0 }

    mutating func decodeNil() -> Bool { false }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try empty(type) }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
        -> KeyedDecodingContainer<Nested>
    {
        throw OutsideLimits("has no elements")
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { JSONProbeElements() }
    mutating func superDecoder() throws -> any Decoder { throw OutsideLimits("has no elements") }
}

private struct JSONProbeSingle: SingleValueDecodingContainer {
    let probing: JSONProbing

    var codingPath: [any CodingKey] { [] }

    private func noted<Value: Decodable>(_ type: Value.Type, _ value: Value) -> Value {
        probing.answer = probing.schema(of: type)
        return value
    }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) -> Bool { noted(type, false) }
    func decode(_ type: String.Type) -> String { noted(type, "") }
    func decode(_ type: Double.Type) -> Double { noted(type, 0) }
    func decode(_ type: Float.Type) -> Float { noted(type, 0) }
    func decode(_ type: Int.Type) -> Int { noted(type, 0) }
    func decode(_ type: Int8.Type) -> Int8 { noted(type, 0) }
    func decode(_ type: Int16.Type) -> Int16 { noted(type, 0) }
    func decode(_ type: Int32.Type) -> Int32 { noted(type, 0) }
    func decode(_ type: Int64.Type) -> Int64 { noted(type, 0) }
    func decode(_ type: UInt.Type) -> UInt { noted(type, 0) }
    func decode(_ type: UInt8.Type) -> UInt8 { noted(type, 0) }
    func decode(_ type: UInt16.Type) -> UInt16 { noted(type, 0) }
    func decode(_ type: UInt32.Type) -> UInt32 { noted(type, 0) }
    func decode(_ type: UInt64.Type) -> UInt64 { noted(type, 0) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { noted(type, try empty(type)) }
}
