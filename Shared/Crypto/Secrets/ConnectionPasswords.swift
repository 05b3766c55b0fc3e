/// Connection passwords of charge points: a salted HMAC under a key that is not in the database.
///
/// They are long and random, so a slow hash would buy nothing and would hold up a storm of reconnects for minutes;
/// the key keeps a stolen table from being tried. Stored as `$hmac-sha256$k=<fingerprint>$<salt>$<mac>`.
package struct ConnectionPasswords: Sendable {
    private let key: SymmetricKey
    private let fingerprint: String

    private static let saltBytes = 16

    package enum Verdict: Equatable, Sendable {
        case right
        case wrong
        /// Stored under another SECRET_KEY: no password can be right, and an operator should hear of it.
        case otherKey(String)
    }

    package init(_ ring: KeyRing) throws(CryptoFailure) {
        self.init(key: try ring.key(for: .connectionPasswords))
    }

    init(key: SymmetricKey) {
        self.key = key
        fingerprint = key.fingerprint
    }

    /// The text to store. OCPP's AuthorizationKey may hold any bytes, and so may a password here.
    package func hash(_ password: [UInt8]) -> String {
        let salt = SecureRandom.bytes(Self.saltBytes)
        let mac = mac(of: password, salt)
        return "$hmac-sha256$k=\(fingerprint)$\(Base64.unpadded.text(salt))$\(Base64.unpadded.text(mac))"
    }

    package func check(_ password: [UInt8], against stored: String) -> Verdict {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "hmac-sha256", parts[2].hasPrefix("k="),
            let salt = Base64.unpadded.bytes(parts[3]), let known = Base64.unpadded.bytes(parts[4])
        else { return .wrong }
        guard parts[2].dropFirst(2) == fingerprint else { return .otherKey(String(parts[2].dropFirst(2))) }
        return equalInConstantTime(mac(of: password, salt), known) ? .right : .wrong
    }

    // The salt has a fixed length, so salt and password cannot be cut apart in two ways.
    private func mac(of password: [UInt8], _ salt: [UInt8]) -> [UInt8] {
        HMAC.sha256(salt + password, key: key.bytes)
    }
}
