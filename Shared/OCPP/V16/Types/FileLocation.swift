import Core

extension V16 {
    /// Where a station finds a file or leaves one: a URI with a scheme (RFC 3986 §3).
    package struct FileLocation: Equatable, Sendable {
        package let text: String

        /// Nil for what is no URI.
        package init?(_ text: String) {
            guard Self.isURI(text) else { return nil }
            self.text = text
        }

        private static func isURI(_ text: String) -> Bool {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let first = parts[0].utf8.first, isLetter(first),
                parts[0].utf8.allSatisfy({ isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) })
            else { return false }
            return !parts[1].isEmpty
                && parts[1].utf8.allSatisfy {
                    isLetter($0) || isDigit($0) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains($0)
                }
        }

        private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    }
}

extension V16.FileLocation: Codable, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard Self.isURI(text) else { throw OutsideLimits("must be a URI such as ftp://host/folder") }
        self.text = text
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var standIn: Self { Self(unchecked: "") }

    private init(unchecked text: String) { self.text = text }
}
