import FoundationEssentials

/// Writes `Encodable` types as JSON: members in the order of the type, absent optionals left out, times as RFC 3339.
package enum JSONWriter {
    package static func encode(_ value: some Encodable) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    package static func text(_ value: some Encodable) -> String {
        String(decoding: encode(value), as: UTF8.self)
    }

    /// Appends to what is there already: an answer's frame, a connection's output.
    package static func append(_ value: some Encodable, to bytes: inout [UInt8]) {
        if let value = value as? any JSONFastEncodable {
            var output = JSONOutput(appendingTo: bytes)
            bytes = []
            value.write(to: &output)
            bytes = output.bytes
            return
        }
        let writing = JSONWriting(JSONOutput(appendingTo: bytes))
        bytes = []
        do {
            try writing.write(value)
        } catch {
            // Our own types encode without conditions; one that throws is a defect of ours.
            preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
        }
        bytes = writing.finish()
    }
}

/// The state of one encoding. Containers of Swift's `Encoder` end without saying so; a container is closed when
/// something is written outside it.
private final class JSONWriting {
    private var output: JSONOutput
    private var open: [Bool] = []

    init(_ output: consuming JSONOutput) {
        self.output = output
    }

    func finish() -> [UInt8] {
        close(downTo: 0)
        return output.bytes
    }

    var depth: Int { open.count }

    func close(downTo depth: Int) {
        while open.count > depth {
            if open.removeLast() { output.endObject() } else { output.endArray() }
        }
    }

    func begin(object: Bool) {
        if object { output.beginObject() } else { output.beginArray() }
        open.append(object)
    }

    func put(_ put: (inout JSONOutput) -> Void) { put(&output) }

    func write<Value: Encodable>(_ value: Value) throws {
        // Comparing types is much cheaper than casting values.
        if Value.self == String.self { return output.string(unsafeBitCast(value, to: String.self)) }
        if Value.self == Date.self { return output.date(unsafeBitCast(value, to: Date.self)) }
        if let members = value as? any JSONSortedMembers { return try members.write(to: self) }
        let depth = depth
        let length = output.bytes.count
        try value.encode(to: JSONTapeEncoder(writing: self))
        close(downTo: depth)
        // A type that says nothing is nothing.
        if output.bytes.count == length { output.null() }
    }
}

/// Members without an order of their own: they are given one, so that equal values make equal text.
private protocol JSONSortedMembers {
    func write(to writing: JSONWriting) throws
}

extension Dictionary: JSONSortedMembers where Key == String, Value: Encodable {
    fileprivate func write(to writing: JSONWriting) throws {
        writing.put { $0.beginObject() }
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            writing.put { $0.name(name) }
            try writing.write(value)
        }
        writing.put { $0.endObject() }
    }
}

private struct JSONTapeEncoder: Encoder {
    let writing: JSONWriting
    /// Levels that were open before this value.
    private let base: Int

    init(writing: JSONWriting) {
        self.writing = writing
        base = writing.depth
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // A value made of two opens its object twice: both write into one.
        if writing.depth > base { writing.close(downTo: base + 1) } else { writing.begin(object: true) }
        return KeyedEncodingContainer(JSONMembersWriter(writing: writing, depth: base + 1))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writing.begin(object: false)
        return JSONElementsWriter(writing: writing, depth: writing.depth)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleWriter(writing: writing)
    }
}

private struct JSONMembersWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writing: JSONWriting
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    private func name(_ key: Key) {
        writing.close(downTo: depth)
        writing.put { $0.name(key.stringValue) }
    }

    private func put(_ key: Key, _ put: (inout JSONOutput) -> Void) {
        name(key)
        writing.put(put)
    }

    func encodeNil(forKey key: Key) { put(key) { $0.null() } }
    func encode(_ value: Bool, forKey key: Key) { put(key) { $0.bool(value) } }
    func encode(_ value: String, forKey key: Key) { put(key) { $0.string(value) } }
    func encode(_ value: Double, forKey key: Key) { put(key) { $0.number(value) } }
    func encode(_ value: Float, forKey key: Key) { put(key) { $0.number(Double(value)) } }
    func encode(_ value: Int, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: Int8, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: Int16, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: Int32, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: Int64, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: UInt, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: UInt8, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: UInt16, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: UInt32, forKey key: Key) { put(key) { $0.integer(value) } }
    func encode(_ value: UInt64, forKey key: Key) { put(key) { $0.integer(value) } }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        name(key)
        try writing.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        name(key)
        return JSONTapeEncoder(writing: writing).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        name(key)
        return JSONTapeEncoder(writing: writing).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONTapeEncoder(writing: writing) }

    func superEncoder(forKey key: Key) -> any Encoder {
        name(key)
        return JSONTapeEncoder(writing: writing)
    }
}

private struct JSONElementsWriter: UnkeyedEncodingContainer {
    let writing: JSONWriting
    let depth: Int
    private(set) var count = 0

    init(writing: JSONWriting, depth: Int) {
        self.writing = writing
        self.depth = depth
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func next() {
        writing.close(downTo: depth)
        count += 1
    }

    mutating func encodeNil() {
        next()
        writing.put { $0.null() }
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        next()
        try writing.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<
        Nested
    > {
        next()
        return JSONTapeEncoder(writing: writing).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next()
        return JSONTapeEncoder(writing: writing).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        next()
        return JSONTapeEncoder(writing: writing)
    }
}

private struct JSONSingleWriter: SingleValueEncodingContainer {
    let writing: JSONWriting

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writing.put { $0.null() } }
    func encode(_ value: Bool) { writing.put { $0.bool(value) } }
    func encode(_ value: String) { writing.put { $0.string(value) } }
    func encode(_ value: Double) { writing.put { $0.number(value) } }
    func encode(_ value: Float) { writing.put { $0.number(Double(value)) } }
    func encode(_ value: Int) { writing.put { $0.integer(value) } }
    func encode(_ value: Int8) { writing.put { $0.integer(value) } }
    func encode(_ value: Int16) { writing.put { $0.integer(value) } }
    func encode(_ value: Int32) { writing.put { $0.integer(value) } }
    func encode(_ value: Int64) { writing.put { $0.integer(value) } }
    func encode(_ value: UInt) { writing.put { $0.integer(value) } }
    func encode(_ value: UInt8) { writing.put { $0.integer(value) } }
    func encode(_ value: UInt16) { writing.put { $0.integer(value) } }
    func encode(_ value: UInt32) { writing.put { $0.integer(value) } }
    func encode(_ value: UInt64) { writing.put { $0.integer(value) } }
    func encode<Value: Encodable>(_ value: Value) throws { try writing.write(value) }
}
