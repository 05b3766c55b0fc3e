package import FoundationEssentials

/// What a value of a JSON document is.
@usableFromInline package enum JSONKind: UInt8, Sendable {
    case object, array, string, number, `true`, `false`, null
}

/// One value, or one member's name, of a document that was read: where it stands and where the next one is.
@usableFromInline package struct JSONToken: Sendable {
    /// First byte. For strings the one behind the quotation mark.
    package var start: UInt32
    /// Bytes. For strings without the quotation marks, for containers with their brackets.
    package var length: UInt32
    /// Index of the token behind this value and all that it holds.
    @usableFromInline package var next: UInt32
    @usableFromInline package var kind: JSONKind
    /// A string with escapes, or a number with a fraction or an exponent: what the quick ways cannot read.
    package var isComplex: Bool
    /// A member's name that comes again further on in its object: only the last one counts.
    package var isRepeated = false
}

/// A document that was read: its bytes and a flat list of its values in reading order. An object's token is followed
/// by name and value of each member, an array's by its elements.
///
/// Reading another document into the same value uses its memory again.
@usableFromInline package struct JSONDocument: Sendable {
    package internal(set) var bytes: [UInt8] = []
    @usableFromInline package internal(set) var tokens: [JSONToken] = []

    package init() {}

    /// Reads a whole document strictly (RFC 8259).
    package init(_ bytes: Span<UInt8>, limits: JSONLimits = .init()) throws(JSONSyntaxError) {
        try read(bytes, limits: limits)
    }

    package init(_ bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONSyntaxError) {
        try read(bytes.span, limits: limits)
    }

    package mutating func read(_ input: Span<UInt8>, limits: JSONLimits = .init()) throws(JSONSyntaxError) {
        bytes.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        guard input.count <= limits.bytes else { throw JSONSyntaxError(offset: limits.bytes, .tooLong) }
        input.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        // Handed over and taken back, so that the list is never copied.
        var scanner = JSONScanner(limits: limits, tokens: [])
        swap(&scanner.tokens, &tokens)
        defer { swap(&scanner.tokens, &tokens) }
        try scanner.document(input)
    }

    /// The value's own text, as it was sent.
    package func rawText(of index: Int) -> ArraySlice<UInt8> {
        let token = tokens[index]
        // A string's quotation marks belong to its text.
        let margin = token.kind == .string ? 1 : 0
        return bytes[(Int(token.start) - margin)..<(Int(token.start + token.length) + margin)]
    }

    /// The string at `index`, unescaped.
    package func string(at index: Int) -> String {
        let token = tokens[index]
        let range = Int(token.start)..<Int(token.start + token.length)
        return bytes.withUnsafeBufferPointer { bytes in
            token.isComplex
                ? JSONEscape.unescaped(bytes[range])
                : String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
    }

    /// Whether the string at `index` is `text`.
    package func string(at index: Int, is text: String) -> Bool {
        var text = text
        return text.withUTF8 { string(at: index, is: $0) }
    }

    /// The same for a word of ours, which no text is made of.
    package func string(at index: Int, is word: StaticString) -> Bool {
        string(at: index, is: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private func string(at index: Int, is word: UnsafeBufferPointer<UInt8>) -> Bool {
        let token = tokens[index]
        guard !token.isComplex else { return string(at: index) == String(decoding: word, as: UTF8.self) }
        guard Int(token.length) == word.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            let start = Int(token.start)
            for offset in 0..<word.count where bytes[start &+ offset] != word[offset] { return false }
            return true
        }
    }

    /// Index of the value of the member `name`; nil when `object` has none, or is no object. The last of several wins.
    package func member(_ name: String, of object: Int) -> Int? {
        guard tokens[object].kind == .object else { return nil }
        var index = object + 1
        let end = Int(tokens[object].next)
        while index < end {
            if !tokens[index].isRepeated, string(at: index, is: name) { return index + 1 }
            index = Int(tokens[index + 1].next)
        }
        return nil
    }

    /// Indices of an array's elements; empty for every other kind.
    package func elements(of array: Int) -> [Int] {
        guard tokens[array].kind == .array else { return [] }
        var found: [Int] = []
        var index = array + 1
        while index < Int(tokens[array].next) {
            found.append(index)
            index = Int(tokens[index].next)
        }
        return found
    }

    /// The whole number at `index`; nil for a fraction, for more than 64 bits, and for what is no number. `1.0` and
    /// `1e2` are whole.
    package func integer(at index: Int) -> Int64? {
        let token = tokens[index]
        guard token.kind == .number else { return nil }
        let range = Int(token.start)..<Int(token.start + token.length)
        guard !token.isComplex else {
            guard let number = Double(String(decoding: bytes[range], as: UTF8.self)) else { return nil }
            // From 2^53 on a Double no longer tells neighbours apart.
            guard number == number.rounded(.towardZero), abs(number) < 9_007_199_254_740_992 else {
                return nil
            }
            return Int64(number)
        }
        var value: Int64 = 0
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        for byte in bytes[(isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound] {
            let digit = Int64(byte &- UInt8(ascii: "0"))
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// The number at `index`; nil when it is none, or too large for a Double.
    package func double(at index: Int) -> Double? {
        guard tokens[index].kind == .number else { return nil }
        let number = Double(String(decoding: rawText(of: index), as: UTF8.self))
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The moment that the string at `index` tells, which may lack its zone; nil when it tells none.
    package func time(at index: Int) -> (date: Date, hasZone: Bool)? {
        let token = tokens[index]
        guard token.kind == .string else { return nil }
        guard !token.isComplex else { return Timestamp.read(Array(string(at: index).utf8).span) }
        return Timestamp.read(bytes.span.extracting(Int(token.start)..<Int(token.start + token.length)))
    }

    /// Where a value stands, as errors name it: `connectors.0.power`; empty for the whole document.
    package func path(to wanted: Int) -> String {
        var words: [String] = []
        var index = 0
        while index != wanted {
            let container = tokens[index]
            var child = index + 1
            var position = 0
            while child < Int(container.next) {
                let value = container.kind == .object ? child + 1 : child
                if wanted < Int(tokens[value].next) {
                    words.append(container.kind == .object ? string(at: child) : String(position))
                    // A member's name stands for the member.
                    if wanted <= value { return words.joined(separator: ".") }
                    index = value
                    break
                }
                child = Int(tokens[value].next)
                position += 1
            }
            if child >= Int(container.next) { break }
        }
        return words.joined(separator: ".")
    }
}

/// How much a document may be, before anything of it is believed.
package struct JSONLimits: Sendable {
    package var bytes: Int
    package var depth: Int
    package var values: Int

    package init(bytes: Int = 1_048_576, depth: Int = 64, values: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}

/// Text that is no JSON: where, and what is wrong there.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case tooLong = "the document is too long"
        case tooDeep = "it is nested too deeply"
        case tooMany = "it has too many values"
        case endsEarly = "it ends too early"
        case unexpected = "unexpected character"
        case badNumber = "malformed number"
        case badEscape = "malformed escape"
        case badText = "text that is not UTF-8"
        case controlCharacter = "a control character in a string"
        case trailing = "something follows the document"
    }

    /// Bytes from the start.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, _ reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "malformed JSON at byte \(offset): \(reason.rawValue)" }
}
