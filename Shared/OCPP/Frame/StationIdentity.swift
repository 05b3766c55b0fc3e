/// The name under which a station connects: the last segment of the path, percent-decoded; 1 to 48 characters of those
/// that OCPP 2.0.1 allows in an identifierString.
package struct StationIdentity: Hashable, Sendable, CustomStringConvertible {
    package static let longest = 48

    package let text: String

    /// Nil for a text that can be no identity.
    package init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else {
            return nil
        }
        self.text = text
    }

    /// Of a request's path, such as `/ocpp/SE*ABC*0001` or `/CP%20`; what follows a question mark is none of it.
    package init?(path: String) {
        let bare = path.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let slash = bare.lastIndex(of: UInt8(ascii: "/")),
            let text = Self.percentDecoded(bare[bare.index(after: slash)...])
        else { return nil }
        self.init(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "*-_=:+|@.".utf8.contains(byte)
        }
    }

    private static func percentDecoded(_ bytes: some Sequence<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(hexDigit), let low = rest.next().flatMap(hexDigit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }

    /// The password in decoded Basic credentials of this station; nil when they are another's.
    ///
    /// An identity may hold a colon, so the user name is the known text and not what stands before the first one.
    package func password(in credentials: [UInt8]) -> [UInt8]? {
        let user = Array(text.utf8) + [UInt8(ascii: ":")]
        guard credentials.starts(with: user) else { return nil }
        return Array(credentials.dropFirst(user.count))
    }

    package var description: String { text }
}
