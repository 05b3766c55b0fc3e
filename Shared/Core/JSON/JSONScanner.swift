/// Reads a document into tokens, strictly by RFC 8259: every literal, number and escape by its grammar, strings of
/// valid UTF-8 without control characters, nothing behind the document.
///
/// Nothing is copied or converted here, and nothing recurses: an open container's `next` says which one it stands in.
struct JSONScanner {
    private let limits: JSONLimits
    var tokens: [JSONToken]

    private static let outermost = UInt32.max

    init(limits: JSONLimits, tokens: consuming [JSONToken]) {
        self.limits = limits
        self.tokens = tokens
    }

    mutating func document(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        var container = Self.outermost
        var depth = 0
        var position = Self.skipBlank(input, 0)
        repeat {
            guard tokens.count < limits.values else { throw JSONSyntaxError(offset: position, .tooMany) }
            let first = try Self.byte(input, position)
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard depth < limits.depth else { throw JSONSyntaxError(offset: position, .tooDeep) }
                let kind: JSONKind = first == UInt8(ascii: "{") ? .object : .array
                append(kind, start: position, end: position)
                tokens[tokens.count - 1].next = container
                container = UInt32(truncatingIfNeeded: tokens.count - 1)
                depth += 1
                position = Self.skipBlank(input, position + 1)
                // The closing bracket has the opening one's place two further on in ASCII.
                if try Self.byte(input, position) != first + 2 {
                    if kind == .object { position = try name(input, position) }
                    continue
                }
            } else {
                position = Self.skipBlank(input, try scalar(input, position))
            }
            // Behind a value: close what ends here, until a comma asks for the next value.
            while container != Self.outermost {
                let index = Int(container)
                let isObject = tokens[index].kind == .object
                let byte = try Self.byte(input, position)
                if byte == UInt8(ascii: ",") {
                    position = Self.skipBlank(input, position + 1)
                    if isObject { position = try name(input, position) }
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONSyntaxError(offset: position, .unexpected)
                }
                position += 1
                container = tokens[index].next
                depth -= 1
                tokens[index].length = UInt32(truncatingIfNeeded: position) - tokens[index].start
                tokens[index].next = UInt32(truncatingIfNeeded: tokens.count)
                if isObject { markRepeated(in: index, input) }
                position = Self.skipBlank(input, position)
            }
        } while container != Self.outermost
        guard position == input.count else { throw JSONSyntaxError(offset: position, .trailing) }
    }

    @inline(__always)
    private static func byte(_ input: Span<UInt8>, _ position: Int) throws(JSONSyntaxError) -> UInt8 {
        guard position < input.count else { throw JSONSyntaxError(offset: position, .endsEarly) }
        return input[position]
    }

    @inline(__always)
    private static func skipBlank(_ input: Span<UInt8>, _ start: Int) -> Int {
        var position = start
        while position < input.count {
            let byte = input[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            position &+= 1
        }
        return position
    }

    @inline(__always)
    private mutating func append(_ kind: JSONKind, start: Int, end: Int, isComplex: Bool = false) {
        tokens.append(
            JSONToken(
                start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: end &- start),
                next: UInt32(truncatingIfNeeded: tokens.count &+ 1), kind: kind, isComplex: isComplex))
    }

    /// A value without parts; gives the position behind it.
    @inline(__always)
    private mutating func scalar(_ input: Span<UInt8>, _ position: Int) throws(JSONSyntaxError) -> Int {
        switch input[position] {
        case UInt8(ascii: "\""): try string(input, position)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(input, position)
        case UInt8(ascii: "t"): try literal(input, position, "true", .true)
        case UInt8(ascii: "f"): try literal(input, position, "false", .false)
        case UInt8(ascii: "n"): try literal(input, position, "null", .null)
        default: throw JSONSyntaxError(offset: position, .unexpected)
        }
    }

    /// A member's name and its colon; gives the position of the value.
    @inline(__always)
    private mutating func name(_ input: Span<UInt8>, _ position: Int) throws(JSONSyntaxError) -> Int {
        guard try Self.byte(input, position) == UInt8(ascii: "\"") else {
            throw JSONSyntaxError(offset: position, .unexpected)
        }
        let end = Self.skipBlank(input, try string(input, position))
        guard try Self.byte(input, end) == UInt8(ascii: ":") else {
            throw JSONSyntaxError(offset: end, .unexpected)
        }
        return Self.skipBlank(input, end + 1)
    }

    private mutating func literal(
        _ input: Span<UInt8>, _ start: Int, _ word: StaticString, _ kind: JSONKind
    ) throws(JSONSyntaxError) -> Int {
        let length = word.utf8CodeUnitCount
        for offset in 0..<length {
            guard try Self.byte(input, start + offset) == word.utf8Start[offset] else {
                throw JSONSyntaxError(offset: start + offset, .unexpected)
            }
        }
        append(kind, start: start, end: start + length)
        return start + length
    }

    @inline(__always)
    private mutating func number(_ input: Span<UInt8>, _ start: Int) throws(JSONSyntaxError) -> Int {
        var isComplex = false
        let first = input[start] == UInt8(ascii: "-") ? start + 1 : start
        var position = try Self.digits(input, first)
        // No leading zero (RFC 8259 §6).
        guard input[first] != UInt8(ascii: "0") || position == first + 1 else {
            throw JSONSyntaxError(offset: position, .badNumber)
        }
        if position < input.count, input[position] == UInt8(ascii: ".") {
            isComplex = true
            position = try Self.digits(input, position + 1)
        }
        if position < input.count, input[position] | 0x20 == UInt8(ascii: "e") {
            isComplex = true
            position += 1
            if position < input.count,
                input[position] == UInt8(ascii: "+") || input[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            position = try Self.digits(input, position)
        }
        append(.number, start: start, end: position, isComplex: isComplex)
        return position
    }

    /// At least one digit.
    @inline(__always)
    private static func digits(_ input: Span<UInt8>, _ start: Int) throws(JSONSyntaxError) -> Int {
        var position = start
        while position < input.count, input[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
        guard position > start else {
            throw JSONSyntaxError(offset: position, position < input.count ? .badNumber : .endsEarly)
        }
        return position
    }

    @inline(__always)
    private mutating func string(_ input: Span<UInt8>, _ quote: Int) throws(JSONSyntaxError) -> Int {
        let start = quote + 1
        var position = start
        var isComplex = false
        while true {
            position = JSONEscape.plainEnd(input, from: position)
            let byte = try Self.byte(input, position)
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                isComplex = true
                position = try Self.escape(input, position + 1)
            } else if byte >= 0x80 {
                position = try Self.multibyte(input, position, first: byte)
            } else {
                throw JSONSyntaxError(offset: position, .controlCharacter)
            }
        }
        append(.string, start: start, end: position, isComplex: isComplex)
        return position + 1
    }

    /// From behind the backslash.
    private static func escape(_ input: Span<UInt8>, _ position: Int) throws(JSONSyntaxError) -> Int {
        switch try Self.byte(input, position) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return position + 1
        case UInt8(ascii: "u"):
            let unit = try Self.hexUnit(input, position + 1)
            guard unit & 0xF800 == 0xD800 else { return position + 5 }
            return try Self.lowSurrogate(input, position + 5, after: unit)
        default:
            throw JSONSyntaxError(offset: position, .badEscape)
        }
    }

    /// A surrogate that stands alone is no character. RFC 8259 §8.2 leaves it open; text that no UTF-8 string can
    /// hold is refused here rather than changed silently.
    private static func lowSurrogate(
        _ input: Span<UInt8>, _ position: Int, after high: UInt16
    ) throws(JSONSyntaxError) -> Int {
        guard high < 0xDC00, try Self.byte(input, position) == UInt8(ascii: "\\"),
            try Self.byte(input, position + 1) == UInt8(ascii: "u"),
            try Self.hexUnit(input, position + 2) & 0xFC00 == 0xDC00
        else { throw JSONSyntaxError(offset: position, .badEscape) }
        return position + 6
    }

    private static func hexUnit(_ input: Span<UInt8>, _ start: Int) throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for position in start..<(start + 4) {
            guard let digit = JSONEscape.hexDigit(try Self.byte(input, position)) else {
                throw JSONSyntaxError(offset: position, .badEscape)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// One character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629 §4).
    private static func multibyte(
        _ input: Span<UInt8>, _ position: Int, first: UInt8
    ) throws(JSONSyntaxError) -> Int {
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: throw JSONSyntaxError(offset: position, .badText)
            }
        guard position + length <= input.count, second.contains(input[position + 1]) else {
            throw JSONSyntaxError(offset: position, .badText)
        }
        for offset in 2..<length where input[position + offset] & 0xC0 != 0x80 {
            throw JSONSyntaxError(offset: position, .badText)
        }
        return position + length
    }
}

extension JSONScanner {
    /// Of several members with one name the last counts: the names before it are marked, once for all readers.
    @inline(__always)
    private mutating func markRepeated(in object: Int, _ input: Span<UInt8>) {
        let end = Int(tokens[object].next)
        var later = object + 1
        var count = 0
        while later < end {
            if count == 24 { return markRepeatedOfMany(in: object, input) }
            var earlier = object + 1
            while earlier < later {
                if mayBeSame(earlier, later, input), text(earlier, input) == text(later, input) {
                    tokens[earlier].isRepeated = true
                }
                earlier = Int(tokens[earlier + 1].next)
            }
            later = Int(tokens[later + 1].next)
            count += 1
        }
    }

    /// Length and last letter tell nearly all names apart; one with escapes may be any other.
    @inline(__always)
    private func mayBeSame(_ left: Int, _ right: Int, _ input: Span<UInt8>) -> Bool {
        if tokens[left].isComplex || tokens[right].isComplex { return true }
        let length = tokens[left].length
        guard length == tokens[right].length else { return false }
        return length == 0
            || input[Int(tokens[left].start + length - 1)] == input[Int(tokens[right].start + length - 1)]
    }

    /// Comparing each with each would let an object of many names cost the square of its size.
    private mutating func markRepeatedOfMany(in object: Int, _ input: Span<UInt8>) {
        var last: [String: Int] = [:]
        var name = object + 1
        while name < Int(tokens[object].next) {
            if let earlier = last.updateValue(name, forKey: text(name, input)) {
                tokens[earlier].isRepeated = true
            }
            name = Int(tokens[name + 1].next)
        }
    }

    private func text(_ index: Int, _ input: Span<UInt8>) -> String {
        let range = Int(tokens[index].start)..<Int(tokens[index].start + tokens[index].length)
        return input.extracting(range).withUnsafeBufferPointer { bytes in
            tokens[index].isComplex
                ? JSONEscape.unescaped(bytes[...]) : String(decoding: bytes, as: UTF8.self)
        }
    }
}
