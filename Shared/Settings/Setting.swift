/// What a service reads under one name: enough to write `--help`, the README's table and a clear complaint.
package struct Setting: Sendable, Equatable {
    package var name: String
    /// The value in force when nothing is set, as one would write it; nil where one must be given.
    package var standard: String?
    /// What a value must look like: "a whole number from 1 to 65535".
    package var expected: String
    package var meaning: String
    package var isSecret: Bool

    package var isRequired: Bool { standard == nil }
}

extension [Setting] {
    /// The rows of a README's table. A test compares them, so that paper and program stay one.
    package var markdownTable: String {
        let rows = map { setting in
            let standard =
                switch setting.standard {
                case nil: "required"
                case "": "empty"
                case let text?: "`\(text)`"
                }
            return "| `\(setting.name)` | \(standard) | \(setting.expected) | \(setting.meaning) |"
        }
        return (["| Variable | Default | Value | Meaning |", "|---|---|---|---|"] + rows).joined(
            separator: "\n")
    }

    /// The same for a terminal.
    package var helpText: String {
        let width = map(\.name.count).max() ?? 0
        return map { setting in
            let padding = String(repeating: " ", count: width - setting.name.count)
            let standard = setting.standard.map { $0.isEmpty ? "" : " [\($0)]" } ?? " (required)"
            let meaning = setting.meaning.isEmpty ? "" : "\(setting.meaning): "
            return "  \(setting.name)\(padding)  \(meaning)\(setting.expected)\(standard)"
        }.joined(separator: "\n")
    }
}
