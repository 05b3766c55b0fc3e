/// The name under which a station connects: OCPP 2.0.1's identifierString, 1 to 48 characters. Names compare by letter.
package struct StationIdentity: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    private static let others = Set("*-_=:+|@.".utf8)

    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...48).contains(bytes.count),
            bytes.allSatisfy({ byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                    || Self.others.contains(byte)
            })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// The password that a station sends with Basic authentication: behind its own name and a colon. The name may hold
    /// colons itself, so that the first one says nothing (RFC 7617 §2 forbids them in user names; stations do not).
    ///
    /// - Parameter credentials: `user:password`, decoded.
    package func password(in credentials: String) -> String? {
        let prefix = "\(text):"
        guard credentials.hasPrefix(prefix) else { return nil }
        return String(credentials.dropFirst(prefix.count))
    }
}
