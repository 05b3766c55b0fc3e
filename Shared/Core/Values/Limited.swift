/// Text of at most `max` characters, as the OCPP tables write it: `CiString20Type` is `Bounded<20>`.
@usableFromInline package struct Bounded<let max: Int>: Hashable, Sendable {
    @usableFromInline package let text: String

    /// Nil when it is longer, or has a character U+0000, which PostgreSQL's text cannot hold.
    @inlinable package init?(_ text: String) {
        guard text.isNoLonger(than: max), !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    /// Cuts off what does not fit.
    package init(cutting text: String) {
        self.text = String(text.unicodeScalars.prefix(max).map(Character.init))
    }
}

extension Bounded: Codable, JSONSchemaDescribed, JSONStandIn, CustomStringConvertible {
    @usableFromInline package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard text.isNoLonger(than: max) else { throw OutsideLimits("must be at most \(max) characters") }
        // PostgreSQL's text cannot hold it.
        guard !text.utf8.contains(0) else { throw OutsideLimits("must not contain the character U+0000") }
        self.text = text
    }

    @usableFromInline package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(maxLength: max) }
    package static var standIn: Self { Self(cutting: "") }
    @usableFromInline package var description: String { text }
}

/// Text of `min` to `max` characters, trimmed at both ends.
package struct Text<let min: Int, let max: Int>: Hashable, Sendable {
    package let text: String

    /// Nil when it is shorter or longer.
    package init?(_ text: String) {
        let trimmed = text.trimmed
        guard Self.mistake(in: trimmed) == nil else { return nil }
        self.text = trimmed
    }

    private init(unchecked text: String) {
        self.text = text
    }

    private static func mistake(in text: String) -> String? {
        // PostgreSQL's text cannot hold it.
        if text.utf8.contains(0) { return "must not contain the character U+0000" }
        if !text.isNoLonger(than: max) { return "must be at most \(max) characters" }
        guard text.unicodeScalars.count >= min else {
            return text.isEmpty ? "must not be empty" : "must be at least \(min) characters"
        }
        return nil
    }
}

extension Text: Codable, JSONSchemaDescribed, JSONStandIn, CustomStringConvertible {
    package init(from decoder: any Decoder) throws {
        let trimmed = try decoder.singleValueContainer().decode(String.self).trimmed
        if let mistake = Self.mistake(in: trimmed) { throw OutsideLimits(mistake) }
        text = trimmed
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(minLength: min > 0 ? min : nil, maxLength: max) }
    package static var standIn: Self { Self(unchecked: "") }
    package var description: String { text }
}

/// A whole number from `min` to `max`.
@usableFromInline package struct Whole<let min: Int, let max: Int>: Hashable, Sendable {
    @usableFromInline package let number: Int

    /// Nil outside the range.
    @inlinable package init?(_ number: Int) {
        guard number >= min, number <= max else { return nil }
        self.number = number
    }

    private init(unchecked number: Int) {
        self.number = number
    }
}

extension Whole: Codable, JSONSchemaDescribed, JSONStandIn, CustomStringConvertible {
    @usableFromInline package init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int.self)
        guard number >= min, number <= max else { throw OutsideLimits("must be between \(min) and \(max)") }
    }

    @usableFromInline package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static var jsonSchema: JSONSchema { .integer(minimum: Int64(min), maximum: Int64(max)) }
    package static var standIn: Self { Self(unchecked: min) }
    @usableFromInline package var description: String { String(number) }
}

extension String {
    /// Characters as JSON Schema counts them: Unicode scalars. Counted no further than needed.
    @inlinable package func isNoLonger(than limit: Int) -> Bool {
        // A scalar has at least one byte, so that short text needs no counting.
        utf8.count <= limit || unicodeScalars.count <= limit
    }

    /// Without white space at both ends.
    package var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return first == startIndex && index(after: last) == endIndex ? self : String(self[first...last])
    }
}
