/// Reads a document into tokens, strictly by RFC 8259: every literal, number and escape by its grammar, strings of
/// valid UTF-8 without control characters, nothing behind the document.
struct JSONScanner {
    private let limits: JSONLimits
    var tokens: [JSONToken]
    private var position = 0

    init(limits: JSONLimits, tokens: consuming [JSONToken]) {
        self.limits = limits
        self.tokens = tokens
    }

    mutating func document(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        skipBlank(input)
        try value(input, depth: 0)
        skipBlank(input)
        guard position == input.count else { throw wrong(.trailing) }
    }

    private func wrong(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason)
    }

    private mutating func skipBlank(_ input: Span<UInt8>) {
        while position < input.count {
            let byte = input[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// The byte at the position. Throws: `endsEarly` behind the last.
    private func peek(_ input: Span<UInt8>) throws(JSONSyntaxError) -> UInt8 {
        guard position < input.count else { throw wrong(.endsEarly) }
        return input[position]
    }

    private mutating func value(_ input: Span<UInt8>, depth: Int) throws(JSONSyntaxError) {
        guard tokens.count < limits.values else { throw wrong(.tooMany) }
        switch try peek(input) {
        case UInt8(ascii: "{"): try object(input, depth: depth)
        case UInt8(ascii: "["): try array(input, depth: depth)
        case UInt8(ascii: "\""): try string(input)
        case UInt8(ascii: "t"): try literal(input, "true", .true)
        case UInt8(ascii: "f"): try literal(input, "false", .false)
        case UInt8(ascii: "n"): try literal(input, "null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(input)
        default: throw wrong(.unexpected)
        }
    }

    private mutating func append(_ kind: JSONKind, start: Int, isComplex: Bool = false) {
        tokens.append(
            JSONToken(
                start: UInt32(start), length: UInt32(position - start), next: UInt32(tokens.count + 1),
                kind: kind,
                isComplex: isComplex))
    }

    /// Opens a container and returns its index, which `close` wants back.
    private mutating func open(_ kind: JSONKind, depth: Int) throws(JSONSyntaxError) -> Int {
        guard depth < limits.depth else { throw wrong(.tooDeep) }
        append(kind, start: position)
        position += 1
        return tokens.count - 1
    }

    private mutating func close(_ index: Int) {
        position += 1
        tokens[index].length = UInt32(position) - tokens[index].start
        tokens[index].next = UInt32(tokens.count)
    }

    private mutating func object(_ input: Span<UInt8>, depth: Int) throws(JSONSyntaxError) {
        let index = try open(.object, depth: depth)
        skipBlank(input)
        if try peek(input) == UInt8(ascii: "}") { return close(index) }
        while true {
            guard try peek(input) == UInt8(ascii: "\"") else { throw wrong(.unexpected) }
            try string(input)
            skipBlank(input)
            guard try peek(input) == UInt8(ascii: ":") else { throw wrong(.unexpected) }
            position += 1
            skipBlank(input)
            try value(input, depth: depth + 1)
            skipBlank(input)
            switch try peek(input) {
            case UInt8(ascii: "}"): return close(index)
            case UInt8(ascii: ","): position += 1
            default: throw wrong(.unexpected)
            }
            skipBlank(input)
        }
    }

    private mutating func array(_ input: Span<UInt8>, depth: Int) throws(JSONSyntaxError) {
        let index = try open(.array, depth: depth)
        skipBlank(input)
        if try peek(input) == UInt8(ascii: "]") { return close(index) }
        while true {
            try value(input, depth: depth + 1)
            skipBlank(input)
            switch try peek(input) {
            case UInt8(ascii: "]"): return close(index)
            case UInt8(ascii: ","): position += 1
            default: throw wrong(.unexpected)
            }
            skipBlank(input)
        }
    }

    private mutating func literal(
        _ input: Span<UInt8>, _ word: StaticString, _ kind: JSONKind
    ) throws(JSONSyntaxError) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek(input) == word.utf8Start[index] else { throw wrong(.unexpected) }
            position += 1
        }
        append(kind, start: start)
    }

    private mutating func number(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        let start = position
        var isComplex = false
        if input[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits(input)
        // No leading zero (RFC 8259 §6).
        guard input[first] != UInt8(ascii: "0") || position == first + 1 else { throw wrong(.badNumber) }
        if position < input.count, input[position] == UInt8(ascii: ".") {
            isComplex = true
            position += 1
            try digits(input)
        }
        if position < input.count, input[position] | 0x20 == UInt8(ascii: "e") {
            isComplex = true
            position += 1
            if position < input.count,
                input[position] == UInt8(ascii: "+") || input[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try digits(input)
        }
        append(.number, start: start, isComplex: isComplex)
    }

    /// At least one digit.
    private mutating func digits(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        let start = position
        while position < input.count, input[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw wrong(position < input.count ? .badNumber : .endsEarly) }
    }

    private mutating func string(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        position += 1
        let start = position
        var isComplex = false
        while true {
            let byte = try peek(input)
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                isComplex = true
                try escape(input)
            } else if byte < 0x20 {
                throw wrong(.controlCharacter)
            } else if byte < 0x80 {
                position += 1
            } else {
                try multibyte(input, first: byte)
            }
        }
        append(.string, start: start, isComplex: isComplex)
        position += 1
    }

    private mutating func escape(_ input: Span<UInt8>) throws(JSONSyntaxError) {
        position += 1
        switch try peek(input) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try hexUnit(input)
            if unit & 0xF800 == 0xD800 { try lowSurrogate(input, after: unit) }
        default:
            throw wrong(.badEscape)
        }
    }

    /// A surrogate that stands alone is no character. RFC 8259 §8.2 leaves it open; text that no UTF-8 string can
    /// hold is refused here rather than changed silently.
    private mutating func lowSurrogate(_ input: Span<UInt8>, after high: UInt16) throws(JSONSyntaxError) {
        guard high < 0xDC00 else { throw wrong(.badEscape) }
        guard try peek(input) == UInt8(ascii: "\\") else { throw wrong(.badEscape) }
        position += 1
        guard try peek(input) == UInt8(ascii: "u") else { throw wrong(.badEscape) }
        position += 1
        guard try hexUnit(input) & 0xFC00 == 0xDC00 else { throw wrong(.badEscape) }
    }

    private mutating func hexUnit(_ input: Span<UInt8>) throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = JSONEscape.hexDigit(try peek(input)) else { throw wrong(.badEscape) }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// One character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629 §4).
    private mutating func multibyte(_ input: Span<UInt8>, first: UInt8) throws(JSONSyntaxError) {
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: throw wrong(.badText)
            }
        guard position + length <= input.count else { throw wrong(.badText) }
        guard second.contains(input[position + 1]) else { throw wrong(.badText) }
        for index in 2..<max(length, 2) where input[position + index] & 0xC0 != 0x80 { throw wrong(.badText) }
        position += length
    }
}
