/// An address with the name of whom it belongs to.
package struct Mailbox: Hashable, Sendable {
    package let name: String
    package let address: String

    /// Nil for what is not an address a mail server would take: one `@`, a domain, no blank, bracket or control
    /// character, at most 254 characters, ASCII.
    package init?(name: String = "", address: String) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard address.utf8.count <= 254, parts.count == 2, (1...64).contains(parts[0].utf8.count),
            !parts[1].isEmpty,
            parts[0].utf8.allSatisfy({ $0.isAtomCharacter || $0 == UInt8(ascii: ".") }),
            !parts[0].hasPrefix("."), !parts[0].hasSuffix("."), !parts[0].contains(".."),
            parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(\.isDomainLabel)
        else { return nil }
        self.name = name.withoutControls
        self.address = address
    }

    package var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }

    /// As it stands in a header: a word that needs it is quoted or encoded.
    var header: String {
        if name.isEmpty { return address }
        return "\(EncodedWord.phrase(name)) <\(address)>"
    }
}

extension Substring {
    fileprivate var isDomainLabel: Bool {
        (1...63).contains(utf8.count) && !hasPrefix("-") && !hasSuffix("-")
            && utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") }
    }
}

extension UInt8 {
    var isASCIIAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }

    /// RFC 5322 §3.2.3.
    var isAtomCharacter: Bool { isASCIIAlphanumeric || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }
}

extension String {
    /// Line ends and other controls become blanks: whatever comes from outside, a header stays one header.
    var withoutControls: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let isBreak = scalar == "\u{2028}" || scalar == "\u{2029}"
            scalars.append(isBreak || scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(scalars)
    }
}
