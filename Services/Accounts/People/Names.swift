import Core

/// What accounts may be called (api.md 1.8).
enum Names {
    /// 3–150 of letters, digits and `_.@+-`.
    static func isUsername(_ text: String) -> Bool {
        (3...150).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                isLetterOrDigit(byte)
                    || [
                        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: "+"),
                        UInt8(ascii: "-"),
                    ].contains(byte)
            }
    }

    /// 3–80 of letters, digits and `_`: what `/api/auth/register` asks for.
    static func isPlainUsername(_ text: String) -> Bool {
        (3...80).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// One `@`, a dot in the domain, nothing that could break a header.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, !parts[0].isEmpty else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty }
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !"<>()[]\\,;:\"".unicodeScalars.contains($0)
            }
    }

    /// An optional `+` and 10–15 digits, blanks and dashes between them aside.
    static func isPhone(_ text: String) -> Bool {
        guard text.utf8.count <= 20 else { return false }
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }.count
        let rest = text.drop { $0 == "+" }
        return (10...15).contains(digits) && text.utf8.count - rest.utf8.count <= 1
            && rest.allSatisfy { $0.isASCII && ($0.isNumber || $0 == " " || $0 == "-") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
