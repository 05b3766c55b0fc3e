/// Words of headers beyond ASCII, RFC 2047.
enum EncodedWord {
    /// A name before an address: as it is, quoted, or encoded.
    static func phrase(_ name: String) -> String {
        guard name.isPlain, name.utf8.count <= 60 else { return encoded(name) }
        if name.utf8.allSatisfy({ $0.isAtomCharacter || $0 == 0x20 }) { return name }
        return "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Free text such as a subject.
    static func text(_ text: String) -> String {
        let hasLongWord = text.utf8.split(separator: 0x20).contains { $0.count > 60 }
        return text.isPlain && !hasLongWord ? text : encoded(text)
    }

    /// In words that fit a line beside the header's name, none of which ends within a character; a blank between
    /// two of them is not part of the text.
    private static func encoded(_ text: String) -> String {
        var words: [String] = []
        var part: [UInt8] = []
        // 36 bytes are 48 characters in base64, and 12 go to the frame.
        for scalar in text.unicodeScalars {
            let utf8 = Array(String(scalar).utf8)
            if part.count + utf8.count > 36 {
                words.append("=?utf-8?B?\(Base64.encoded(part))?=")
                part = []
            }
            part += utf8
        }
        words.append("=?utf-8?B?\(Base64.encoded(part))?=")
        return words.joined(separator: " ")
    }
}

extension String {
    /// Printable ASCII that folding cannot change and that nobody takes for an encoded word.
    fileprivate var isPlain: Bool {
        utf8.allSatisfy { (0x20...0x7E).contains($0) } && !contains("=?") && !contains("  ")
            && !hasPrefix(" ")
            && !hasSuffix(" ")
    }
}

/// Header lines, folded at blanks so that none is longer than 76 characters where blanks allow, as RFC 2047 wants it.
struct HeaderLines {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ name: String, _ value: String) {
        var line = "\(name):"
        for word in value.split(separator: " ") {
            if line.utf8.count + 1 + word.utf8.count > 76, line.utf8.count > name.utf8.count + 1 {
                bytes += line.utf8
                bytes += [0x0D, 0x0A]
                line = ""
            }
            line += " \(word)"
        }
        bytes += line.utf8
        bytes += [0x0D, 0x0A]
    }
}
