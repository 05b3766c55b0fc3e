import FoundationEssentials

/// Swift's `Decoder` over one value of a document.
struct JSONTapeDecoder: Decoder {
    let reading: JSONReading
    let index: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard reading.document.tokens[index].kind == .object else {
            throw reading.note(.type, at: index, "must be an object")
        }
        reading.open(index)
        return KeyedDecodingContainer(JSONMembers(reading: reading, object: index))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard reading.document.tokens[index].kind == .array else {
            throw reading.note(.type, at: index, "must be a list")
        }
        return JSONElements(reading: reading, array: index)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        JSONSingle(reading: reading, index: index)
    }
}

/// The members of an object.
private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reading: JSONReading
    let object: Int

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        var keys: [Key] = []
        var index = object + 1
        while index < Int(reading.document.tokens[object].next) {
            if let key = Key(stringValue: reading.document.string(at: index)) { keys.append(key) }
            index = Int(reading.document.tokens[index + 1].next)
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { reading.find(key.stringValue, in: object) != nil }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard let index = reading.find(key.stringValue, in: object) else { return true }
        return reading.document.tokens[index].kind == .null
    }

    /// The member's value read by `read`; a missing one is a mistake.
    private func member<Value>(
        _ key: Key, _ type: Value.Type, _ read: (Int) throws -> Value
    ) throws -> Value {
        guard let index = reading.find(key.stringValue, in: object) else { return try missing(key, type) }
        do {
            return try read(index)
        } catch {
            return try reading.standIn(for: type, after: error, at: index)
        }
    }

    private func missing<Value>(_ key: Key, _ type: Value.Type) throws -> Value {
        if let absence = (type as? any JSONAbsence.Type)?.absence as? Value { return absence }
        let noted = reading.noteMissing(key.stringValue, in: object)
        return try reading.standIn(for: type, after: noted, at: object)
    }

    /// Index of the member's value; nil when it is absent, or null where that is allowed.
    private func present(_ key: Key) -> Int? {
        guard let index = reading.find(key.stringValue, in: object) else { return nil }
        return !reading.rules.refusesNull && reading.document.tokens[index].kind == .null ? nil : index
    }

    private func optional<Value>(
        _ key: Key, _ type: Value.Type, _ read: (Int) throws -> Value
    ) throws -> Value? {
        guard let index = present(key) else { return nil }
        do {
            return try read(index)
        } catch {
            return try reading.standIn(for: type, after: error, at: index)
        }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key, type, reading.bool) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try member(key, type, reading.string)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try member(key, type, reading.double)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try member(key, type) { Float(try reading.double(at: $0)) }
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try whole(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try whole(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try whole(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try whole(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try whole(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try whole(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try whole(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try whole(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try whole(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try whole(type, key) }

    private func whole<Value: FixedWidthInteger>(_ type: Value.Type, _ key: Key) throws -> Value {
        try member(key, type) { try reading.integer(type, at: $0) }
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let index = reading.find(key.stringValue, in: object) else { return try missing(key, type) }
        return try reading.value(type, at: index)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try optional(key, type, reading.bool)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try optional(key, type, reading.string)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try optional(key, type, reading.double)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try optional(key, type) { try reading.integer(type, at: $0) }
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try optional(key, type) { try reading.integer(type, at: $0) }
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let index = present(key) else { return nil }
        return try reading.value(type, at: index)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { JSONTapeDecoder(reading: reading, index: object) }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        guard let index = reading.find(key.stringValue, in: object) else {
            throw reading.noteMissing(key.stringValue, in: object)
        }
        return JSONTapeDecoder(reading: reading, index: index)
    }
}

/// The elements of an array.
private struct JSONElements: UnkeyedDecodingContainer {
    let reading: JSONReading
    private let end: Int
    private var next: Int
    let count: Int?
    private(set) var currentIndex = 0

    init(reading: JSONReading, array: Int) {
        self.reading = reading
        next = array + 1
        end = Int(reading.document.tokens[array].next)
        count = reading.document.elements(of: array).count
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { next >= end }

    private mutating func take() throws -> Int {
        guard !isAtEnd else { throw OutsideLimits("has too few elements") }
        defer {
            next = Int(reading.document.tokens[next].next)
            currentIndex += 1
        }
        return next
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, reading.document.tokens[next].kind == .null else { return false }
        _ = try take()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reading.value(type, at: take())
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
        -> KeyedDecodingContainer<Nested>
    {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        JSONTapeDecoder(reading: reading, index: try take())
    }
}

/// A value by itself.
private struct JSONSingle: SingleValueDecodingContainer {
    let reading: JSONReading
    let index: Int

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { reading.document.tokens[index].kind == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try reading.bool(at: index) }
    func decode(_ type: String.Type) throws -> String { try reading.string(at: index) }
    func decode(_ type: Double.Type) throws -> Double { try reading.double(at: index) }
    func decode(_ type: Float.Type) throws -> Float { Float(try reading.double(at: index)) }
    func decode(_ type: Int.Type) throws -> Int { try reading.integer(type, at: index) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reading.integer(type, at: index) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reading.integer(type, at: index) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reading.integer(type, at: index) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reading.integer(type, at: index) }
    func decode(_ type: UInt.Type) throws -> UInt { try reading.integer(type, at: index) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reading.integer(type, at: index) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reading.integer(type, at: index) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reading.integer(type, at: index) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reading.integer(type, at: index) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == Date.self { return unsafeBitCast(try reading.date(at: index), to: type) }
        if type == VerbatimText.self, let text = try reading.verbatim(at: index) as? Value { return text }
        return try type.init(from: JSONTapeDecoder(reading: reading, index: index))
    }
}
