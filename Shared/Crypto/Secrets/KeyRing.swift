import COpenSSL

/// A key of 32 bytes that never prints and is wiped when the last user lets go of it.
package final class SymmetricKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    // Written in init only, which is what makes sharing it safe.
    private let memory: UnsafeMutableBufferPointer<UInt8>

    static let size = 32

    init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.size)
        memory = .allocate(capacity: Self.size)
        _ = memory.initialize(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    var bytes: [UInt8] { Array(memory) }

    /// Tells one key from another without telling anything of it: eight hexadecimal digits.
    package var fingerprint: String {
        Hex.text(Array(HMAC.sha256(Array("fingerprint".utf8), key: bytes).prefix(4)))
    }

    package var description: String { "‹key›" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}

/// Every key that follows from SECRET_KEY, one for each purpose, so that none is good for two.
package struct KeyRing: Sendable {
    package enum Purpose: String, CaseIterable, Sendable {
        case storedSecrets = "voltbus stored secrets v1"
        case connectionPasswords = "voltbus connection passwords v1"
        case links = "voltbus links v1"
        case codes = "voltbus codes v1"
        case paymentNotifications = "voltbus payment notifications v1"
    }

    private let master: SymmetricKey

    /// Takes about a tenth of a second, once a start: SECRET_KEY may be a sentence that somebody thought of.
    package init(secretKey: String) throws(CryptoFailure) {
        let cost = ScryptCost(logN: 15, r: 8, p: 1)
        // The salt is fixed because every process and every start must find the same keys.
        let salt = Array("voltbus key ring v1".utf8)
        master = SymmetricKey(
            try Scrypt.derive(Array(secretKey.utf8), salt: salt, cost: cost, count: SymmetricKey.size))
    }

    package func key(for purpose: Purpose) throws(CryptoFailure) -> SymmetricKey {
        let info = Array(purpose.rawValue.utf8)
        return SymmetricKey(try HKDF.sha256(master.bytes, info: info, count: SymmetricKey.size))
    }
}

/// RFC 5869, without a salt: what goes in is a key already.
private enum HKDF {
    static func sha256(_ secret: [UInt8], info: [UInt8], count: Int) throws(CryptoFailure) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else { throw .taken(from: "HKDF") }
        defer { EVP_PKEY_CTX_free(context) }
        try demand(EVP_PKEY_derive_init(context), "HKDF")
        try demand(EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()), "HKDF")
        try demand(EVP_PKEY_CTX_set1_hkdf_key(context, secret, Int32(secret.count)), "HKDF")
        try demand(EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(info.count)), "HKDF")
        var output = [UInt8](repeating: 0, count: count)
        var written = count
        try demand(EVP_PKEY_derive(context, &output, &written), "HKDF")
        return output
    }
}
