/// Every mistake of a start at once, so that an operator mends them in one go.
package struct BadSettings: Error, Equatable, Sendable {
    package struct Mistake: Equatable, Sendable {
        package var name: String
        package var wrong: String
        package var expected: String?
    }

    package var mistakes: [Mistake]
    /// Names in the environment that look like slips of names we know.
    package var hints: [SettingsHint]
}

/// A name that nobody reads, one slip of the finger away from one that is read.
package struct SettingsHint: Equatable, Sendable, CustomStringConvertible {
    package var found: String
    package var meant: String

    package var description: String { "\(found) is not read: did you mean \(meant)?" }
}

extension BadSettings: CustomStringConvertible {
    /// One line a setting.
    package var description: String {
        let count = mistakes.count == 1 ? "1 setting needs" : "\(mistakes.count) settings need"
        let lines = mistakes.map { mistake in
            let expected = mistake.expected.map { ": expected \($0)" } ?? ""
            return "  \(mistake.name) \(mistake.wrong)\(expected)"
        }
        return (["\(count) attention:"] + lines + hints.map { "  \($0)" }).joined(separator: "\n")
    }
}
