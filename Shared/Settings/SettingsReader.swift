import FoundationEssentials

/// Reads typed settings out of an environment and collects every mistake before it says anything.
///
/// A read always returns a value; after a mistake it is a placeholder that nobody sees, because `finish` throws.
/// An empty value counts as not set: compose files write `NAME=${NAME:-}` for what an operator left out.
package struct SettingsReader {
    private let environment: [String: String]
    private let readFile: (String) -> [UInt8]?
    private var mistakes: [BadSettings.Mistake] = []

    /// What was read so far, in order.
    package private(set) var settings: [Setting] = []

    /// A secret or certificate has no reason to be larger.
    package static let largestFile = 65_536

    package init(_ environment: [String: String]) {
        self.init(environment, readFile: Self.contents(ofFile:))
    }

    /// For tests: files come from wherever the closure takes them.
    package init(_ environment: [String: String], readFile: @escaping (String) -> [UInt8]?) {
        self.environment = environment
        self.readFile = readFile
    }

    /// The one read that all others are made of: `understand` turns text into a value or says nil.
    package mutating func value<Value>(
        _ name: String, otherwise standard: String?, expected: String, meaning: String = "",
        secret: Bool = false, placeholder: @autoclosure () -> Value, understand: (String) -> Value?
    ) -> Value {
        note(Setting(name: name, standard: standard, expected: expected, meaning: meaning, isSecret: secret))
        guard let text = text(of: name, secret: secret) else {
            if mistakes.contains(where: { $0.name == name }) { return placeholder() }
            guard let standard else {
                complain(name, "is missing", expected: expected)
                return placeholder()
            }
            guard let value = understand(standard) else {
                preconditionFailure("the default of \(name) does not pass its own check")
            }
            return value
        }
        guard let value = understand(text) else {
            complain(name, secret ? "is not usable" : "is \(Self.quoted(text))", expected: expected)
            return placeholder()
        }
        return value
    }

    /// Like `value`, for what may be left out: nil when nothing is set.
    package mutating func optional<Value>(
        _ name: String, expected: String, meaning: String = "", secret: Bool = false,
        understand: (String) -> Value?
    ) -> Value? {
        value(
            name, otherwise: "", expected: expected, meaning: meaning, secret: secret,
            placeholder: Value?.none
        ) {
            $0.isEmpty ? .some(.none) : understand($0).map(Optional.some)
        }
    }

    /// Notes a mistake that no single read can see: two settings that contradict each other.
    package mutating func complain(_ name: String, _ wrong: String, expected: String? = nil) {
        mistakes.append(.init(name: name, wrong: wrong, expected: expected))
    }

    /// Names in the environment that look like slips of names that were read and are not set.
    package var hints: [SettingsHint] {
        let known = Set(settings.flatMap { [$0.name, "\($0.name)_FILE"] })
        let open = settings.map(\.name).filter { environment[$0] == nil && environment["\($0)_FILE"] == nil }
        return environment.keys.filter { !known.contains($0) }.sorted().compactMap { found in
            open.first { isSlip(found, of: $0) }.map { SettingsHint(found: found, meant: $0) }
        }
    }

    /// Throws when anything was wrong; called once, last.
    package func finish() throws(BadSettings) {
        guard mistakes.isEmpty else { throw BadSettings(mistakes: mistakes, hints: hints) }
    }

    private mutating func note(_ setting: Setting) {
        // A name read twice could be read in two ways.
        precondition(!settings.contains { $0.name == setting.name }, "\(setting.name) is read twice")
        settings.append(setting)
    }

    /// The text under a name or in the file that `NAME_FILE` names; nil when neither is set or the file is no good.
    private mutating func text(of name: String, secret: Bool) -> String? {
        let direct = environment[name].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = environment["\(name)_FILE"].flatMap({ $0.isEmpty ? nil : $0 }) else {
            return secret ? direct : direct.flatMap(Self.trimmed)
        }
        guard direct == nil else {
            complain(name, "is set twice", expected: "either \(name) or \(name)_FILE")
            return nil
        }
        guard let contents = fileText(path, for: name) else { return nil }
        return secret ? contents : Self.trimmed(contents)
    }

    /// The text of a file without its last line end; complains under `name` and gives nil where it cannot be read.
    mutating func fileText(_ path: String, for name: String) -> String? {
        let expected = "a file of text, at most \(Self.largestFile) bytes"
        guard let bytes = readFile(path), bytes.count <= Self.largestFile else {
            complain(name, "names \(Self.quoted(path)), which cannot be read", expected: expected)
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            complain(name, "names \(Self.quoted(path)), which is not UTF-8", expected: expected)
            return nil
        }
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else {
            complain(name, "names \(Self.quoted(path)), which is empty", expected: expected)
            return nil
        }
        return text
    }

    private static func trimmed(_ text: String) -> String? {
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return nil }
        return String(scalars[...last])
    }

    /// A value as a complaint shows it: cut, and without anything that could disturb a terminal or a log.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(60).map {
            $0.properties.generalCategory == .control ? "?" : "\($0)"
        }
        return "\"\(shown.joined())\(text.unicodeScalars.count > 60 ? "…" : "")\""
    }

    private static func contents(ofFile path: String) -> [UInt8]? {
        // A missing file and one that may not be read are the same mistake to the operator.
        (try? Data(contentsOf: URL(filePath: path))).map { [UInt8]($0) }
    }
}
