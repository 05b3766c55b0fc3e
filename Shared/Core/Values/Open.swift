/// A word that we receive: one that we know, or one to keep as it came. Words that we send are plain enumerations.
@usableFromInline package enum Open<Known: RawRepresentable & Hashable & Sendable>: Hashable, Sendable
where Known.RawValue == String {
    case known(Known)
    case unknown(String)

    @inlinable package init(_ word: String) {
        self = Known(rawValue: word).map(Open.known) ?? .unknown(word)
    }

    package var word: String {
        switch self {
        case .known(let known): known.rawValue
        case .unknown(let word): word
        }
    }

    package var known: Known? {
        if case .known(let known) = self { known } else { nil }
    }
}

extension Open: Codable, JSONSchemaDescribed {
    @usableFromInline package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    @usableFromInline package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }

    package static var jsonSchema: JSONSchema { .string() }
}
