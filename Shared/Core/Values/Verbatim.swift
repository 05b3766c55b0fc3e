/// Text of `min` to `max` characters, as it was typed: passwords. Every other text of the API is trimmed at both ends.
package struct Verbatim<let min: Int, let max: Int>: Hashable, Sendable {
    package let text: String

    /// Nil when it is shorter or longer.
    package init?(_ text: String) {
        guard Self.mistake(in: text) == nil else { return nil }
        self.text = text
    }

    private static func mistake(in text: String) -> String? {
        if !text.isNoLonger(than: max) { return "must be at most \(max) characters" }
        guard text.unicodeScalars.count >= min else {
            return text.isEmpty ? "must not be empty" : "must be at least \(min) characters"
        }
        return nil
    }

    private init(unchecked text: String) {
        self.text = text
    }
}

extension Verbatim: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let read = try decoder.singleValueContainer().decode(VerbatimText.self).text
        if let mistake = Self.mistake(in: read) { throw OutsideLimits(mistake) }
        text = read
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(minLength: min > 0 ? min : nil, maxLength: max) }
    package static var standIn: Self { Self(unchecked: "") }
}

/// What is typed into such fields belongs on no screen and in no log.
extension Verbatim: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹verbatim›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Asks `JSONReader` for text as it stands; any other decoder gives it as text anyway.
struct VerbatimText: Decodable {
    let text: String

    init(text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }
}
