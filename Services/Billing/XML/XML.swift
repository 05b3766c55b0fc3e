/// An element of an XML document, written as text where the document is complete.
struct XML: Sendable {
    private let name: String
    private let attributes: [(name: String, value: String)]
    private let text: String
    private let parts: [XML]

    init(_ name: String, _ text: String, _ attributes: (name: String, value: String)...) {
        self.name = name
        self.attributes = attributes
        self.text = text
        parts = []
    }

    init(
        _ name: String, _ attributes: (name: String, value: String)..., @XMLBuilder parts: () -> [XML]
    ) {
        self.name = name
        self.attributes = attributes
        text = ""
        self.parts = parts()
    }

    /// The document, with two blanks for each level so that people can read it too.
    var document: [UInt8] {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        write(to: &text, indent: "")
        return Array(text.utf8)
    }

    private func write(to output: inout String, indent: String) {
        output += "\(indent)<\(name)"
        for attribute in attributes {
            output += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
        }
        guard !parts.isEmpty else {
            output += ">\(Self.escaped(text))</\(name)>\n"
            return
        }
        output += ">\n"
        for part in parts { part.write(to: &output, indent: "\(indent)  ") }
        output += "\(indent)</\(name)>\n"
    }

    /// Control characters have no place in XML 1.0, escaped or not (§2.2).
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Collects elements in the order in which they are written.
@resultBuilder
enum XMLBuilder {
    static func buildExpression(_ part: XML) -> [XML] { [part] }
    static func buildExpression(_ parts: [XML]) -> [XML] { parts }
    static func buildBlock(_ parts: [XML]...) -> [XML] { parts.flatMap { $0 } }
    static func buildOptional(_ part: [XML]?) -> [XML] { part ?? [] }
    static func buildEither(first: [XML]) -> [XML] { first }
    static func buildEither(second: [XML]) -> [XML] { second }
    static func buildArray(_ parts: [[XML]]) -> [XML] { parts.flatMap { $0 } }
}
