/// What Redis answered, as RESP2 has it.
package enum Reply: Equatable, Sendable {
    case status(String)
    case integer(Int64)
    case bytes([UInt8])
    case array([Reply])
    case null
    /// An error inside an array; one that is the whole answer is thrown.
    case error(String)
}

extension Reply {
    /// Text of a status or of bytes; nil for anything else and for bytes that are not UTF-8.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer, .array, .null, .error: nil
        }
    }

    /// A number, also one that is kept as text: what hashes hold.
    package var number: Int64? {
        switch self {
        case .integer(let number): number
        case .bytes, .status: text.flatMap { Int64($0) }
        case .array, .null, .error: nil
        }
    }

    package var elements: [Reply]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}

/// What a command's answer can be read as.
package protocol RedisAnswer: Sendable {
    /// Nil when the answer has another shape.
    init?(_ reply: Reply)
}

extension Reply: RedisAnswer {
    package init(_ reply: Reply) { self = reply }
}

extension String: RedisAnswer {
    package init?(_ reply: Reply) {
        guard let text = reply.text else { return nil }
        self = text
    }
}

extension Int64: RedisAnswer {
    package init?(_ reply: Reply) {
        guard let number = reply.number else { return nil }
        self = number
    }
}

extension Int: RedisAnswer {
    package init?(_ reply: Reply) {
        guard let number = reply.number.flatMap({ Int(exactly: $0) }) else { return nil }
        self = number
    }
}

/// `1` and `OK` are yes; `0` and null (a `SET … NX` that found the key) are no.
extension Bool: RedisAnswer {
    package init?(_ reply: Reply) {
        switch reply {
        case .integer(let number): self = number != 0
        case .status: self = true
        case .null: self = false
        case .bytes, .array, .error: return nil
        }
    }
}

/// Null is `nil`; as an element of an array too.
extension Optional: RedisAnswer where Wrapped: RedisAnswer {
    package init?(_ reply: Reply) {
        if case .null = reply {
            self = .none
        } else if let value = Wrapped(reply) {
            self = .some(value)
        } else {
            return nil
        }
    }
}

/// Bytes as they are; an array of anything else element by element.
extension Array: RedisAnswer where Element: RedisAnswer {
    package init?(_ reply: Reply) {
        guard let elements = reply.elements else { return nil }
        self = []
        reserveCapacity(elements.count)
        for element in elements {
            guard let value = Element(element) else { return nil }
            append(value)
        }
    }
}

/// Bytes that need not be text. A type of its own, because `[UInt8]` would be an array of answers.
package struct RedisBytes: RedisAnswer, Hashable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init?(_ reply: Reply) {
        guard case .bytes(let bytes) = reply else { return nil }
        self.bytes = bytes
    }
}

/// Fields and values by turns: what `HGETALL` answers.
extension Dictionary: RedisAnswer where Key == String, Value: RedisAnswer {
    package init?(_ reply: Reply) {
        guard let elements = reply.elements, elements.count.isMultiple(of: 2) else { return nil }
        self = Dictionary(minimumCapacity: elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let name = elements[index].text, let value = Value(elements[index + 1]) else { return nil }
            self[name] = value
        }
    }
}
