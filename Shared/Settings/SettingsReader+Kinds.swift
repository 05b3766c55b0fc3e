package import FoundationEssentials

extension SettingsReader {
    package mutating func text(
        _ name: String, otherwise standard: String? = nil, expected: String = "text", _ meaning: String = "",
        where holds: (String) -> Bool = { _ in true }
    ) -> String {
        value(name, otherwise: standard, expected: expected, meaning: meaning, placeholder: "") { text in
            text == standard || holds(text) ? text : nil
        }
    }

    package mutating func number<Number: FixedWidthInteger & Sendable>(
        _ name: String, in range: ClosedRange<Number>, otherwise standard: Number? = nil,
        _ meaning: String = ""
    ) -> Number {
        value(
            name, otherwise: standard.map(String.init), expected: Self.wholeNumber(in: range),
            meaning: meaning,
            placeholder: range.lowerBound
        ) { Self.number($0, in: range) }
    }

    /// Numbers parted by commas.
    package mutating func numbers<Number: FixedWidthInteger & Sendable>(
        _ name: String, in range: ClosedRange<Number>, otherwise standard: [Number]? = nil,
        _ meaning: String = ""
    ) -> [Number] {
        value(
            name, otherwise: standard.map { $0.map(String.init).joined(separator: ",") },
            expected: "\(Self.wholeNumber(in: range)), several parted by commas", meaning: meaning,
            placeholder: []
        ) { Self.every(Self.parts($0)) { Self.number($0, in: range) } }
    }

    package mutating func flag(_ name: String, otherwise standard: Bool? = nil, _ meaning: String = "")
        -> Bool
    {
        value(
            name, otherwise: standard.map(String.init), expected: "true or false", meaning: meaning,
            placeholder: false
        ) { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        }
    }

    /// One word of an enum's; the words are its raw values.
    package mutating func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, otherwise standard: Choice? = nil, _ meaning: String = ""
    ) -> Choice where Choice.RawValue == String {
        let all = Array(Choice.allCases)
        return value(
            name, otherwise: standard?.rawValue, expected: Self.either(all.map(\.rawValue)), meaning: meaning,
            placeholder: all[0]
        ) { Choice(rawValue: $0.lowercased()) ?? Choice(rawValue: $0) }
    }

    /// Texts parted by commas, each trimmed; empty ones do not count.
    package mutating func list(
        _ name: String, otherwise standard: [String]? = nil, expected: String = "texts parted by commas",
        _ meaning: String = "", where holds: (String) -> Bool = { _ in true }
    ) -> [String] {
        value(
            name, otherwise: standard?.joined(separator: ","), expected: expected, meaning: meaning,
            placeholder: []
        ) { text in
            let parts = Self.parts(text)
            return text == standard?.joined(separator: ",") || parts.allSatisfy(holds) ? parts : nil
        }
    }

    /// An absolute URL without credentials in it; what carries a password is a `secretURL`.
    package mutating func url(
        _ name: String, schemes: [String] = ["https", "http"], otherwise standard: String? = nil,
        _ meaning: String = ""
    ) -> URL {
        value(
            name, otherwise: standard, expected: Self.url(of: schemes), meaning: meaning,
            placeholder: URL(filePath: "/")
        ) { text in
            guard let url = Self.url(text, schemes: schemes), url.user() == nil, url.password() == nil else {
                return nil
            }
            return url
        }
    }

    /// An absolute URL that may hold a user and a password, such as a database's: never shown.
    package mutating func secretURL(
        _ name: String, schemes: [String], _ meaning: String = ""
    ) -> Secret {
        value(
            name, otherwise: nil, expected: Self.url(of: schemes), meaning: meaning, secret: true,
            placeholder: Secret("")
        ) { Self.isAddress($0, schemes: schemes) ? Secret($0) : nil }
    }

    package mutating func optionalSecretURL(
        _ name: String, schemes: [String], _ meaning: String = ""
    ) -> Secret? {
        optional(name, expected: Self.url(of: schemes), meaning: meaning, secret: true) {
            Self.isAddress($0, schemes: schemes) ? Secret($0) : nil
        }
    }

    /// A span of time, written as a whole number of the unit that the name carries: `SHUTDOWN_SECONDS`.
    package mutating func duration(
        _ name: String, _ unit: DurationUnit, in range: ClosedRange<Int>, otherwise standard: Int? = nil,
        _ meaning: String = ""
    ) -> Duration {
        value(
            name, otherwise: standard.map(String.init),
            expected: "\(Self.wholeNumber(in: range)) (\(unit.rawValue))", meaning: meaning,
            placeholder: .zero
        ) { Self.number($0, in: range).map { unit.length * $0 } }
    }

    /// A zone of the tz database by its name: `Europe/Prague`.
    package mutating func timeZone(
        _ name: String, otherwise standard: String? = nil, _ meaning: String = ""
    ) -> TimeZone {
        value(
            name, otherwise: standard, expected: "a time zone name such as Europe/Prague or UTC",
            meaning: meaning,
            placeholder: .gmt
        ) { TimeZone(identifier: $0) }
    }

    /// A value of a type that Settings does not know, such as a time of the day or a currency.
    package mutating func value<Value>(
        _ name: String, otherwise standard: String, expected: String, _ meaning: String = "",
        understand: (String) -> Value?
    ) -> Value {
        guard let placeholder = understand(standard) else {
            preconditionFailure("the default of \(name) does not pass its own check")
        }
        return value(
            name, otherwise: standard, expected: expected, meaning: meaning, placeholder: placeholder,
            understand: understand)
    }

    /// Several such values parted by commas, such as networks; one that is wrong spoils the list.
    package mutating func values<Value>(
        _ name: String, otherwise standard: [String]? = nil, expected: String, _ meaning: String = "",
        understand: (String) -> Value?
    ) -> [Value] {
        value(
            name, otherwise: standard?.joined(separator: ","), expected: "\(expected), parted by commas",
            meaning: meaning, placeholder: []
        ) { Self.every(Self.parts($0), understand) }
    }

    /// Has no default by design: a secret that everybody can read in the source is none.
    package mutating func secret(
        _ name: String, atLeast characters: Int = 1, _ meaning: String = ""
    ) -> Secret {
        value(
            name, otherwise: nil, expected: Self.secretText(characters), meaning: meaning, secret: true,
            placeholder: Secret("")
        ) { $0.count >= characters ? Secret($0) : nil }
    }

    package mutating func optionalSecret(
        _ name: String, atLeast characters: Int = 1, _ meaning: String = ""
    ) -> Secret? {
        optional(name, expected: "\(Self.secretText(characters)), or nothing", meaning: meaning, secret: true)
        {
            $0.count >= characters ? Secret($0) : nil
        }
    }

    /// The contents of a file whose setting is itself called `…_FILE`, such as JWT_PRIVATE_KEY_FILE.
    package mutating func fileContents(_ name: String, _ meaning: String = "") -> Secret? {
        let path: String? = optional(name, expected: "a path, or nothing", meaning: meaning) { $0 }
        return path.flatMap { fileText($0, for: name) }.map(Secret.init)
    }

    /// Text that may be left out.
    package mutating func optionalText(
        _ name: String, expected: String = "text, or nothing", _ meaning: String = "",
        where holds: (String) -> Bool = { _ in true }
    ) -> String? {
        optional(name, expected: expected, meaning: meaning) { holds($0) ? $0 : nil }
    }
}

extension SettingsReader {
    private static func wholeNumber<Number>(in range: ClosedRange<Number>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func secretText(_ characters: Int) -> String {
        characters > 1 ? "a secret of at least \(characters) characters" : "a secret"
    }

    private static func url(of schemes: [String]) -> String {
        "a URL that begins with \(either(schemes.map { "\($0)://" }))"
    }

    private static func either(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }

    private static func number<Number: FixedWidthInteger>(
        _ text: String, in range: ClosedRange<Number>
    ) -> Number? {
        // Int("+7") is a number to Swift and a typing error to an operator.
        guard text.first != "+", let number = Number(text), range.contains(number) else { return nil }
        return number
    }

    private static func url(_ text: String, schemes: [String]) -> URL? {
        guard isAddress(text, schemes: schemes), let url = URL(string: text), url.host() != nil else {
            return nil
        }
        return url
    }

    /// Databases' addresses may name several hosts, or none but a folder of sockets (`postgres:///voltbus?host=/run/postgresql`),
    /// which no URL may: whoever connects judges the rest.
    private static func isAddress(_ text: String, schemes: [String]) -> Bool {
        guard let end = text.firstRange(of: "://"), end.upperBound != text.endIndex else { return false }
        return text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }
            && schemes.contains(text[..<end.lowerBound].lowercased())
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }.filter { !$0.isEmpty }
    }

    /// All or nothing: one bad part spoils the list.
    private static func every<Value>(_ parts: [String], _ understand: (String) -> Value?) -> [Value]? {
        var values: [Value] = []
        for part in parts {
            guard let value = understand(part) else { return nil }
            values.append(value)
        }
        return values
    }
}
