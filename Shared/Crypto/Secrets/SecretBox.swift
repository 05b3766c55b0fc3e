import COpenSSL

/// Seals what must be stored and read again: two-factor secrets, signing keys, provider passwords.
///
/// AES-256-GCM. A sealed text is bound to the place where it is stored (`user/12/totp`), so that a row's secret
/// copied into another row does not open there. Envelope, in base64url: version 1, 4 bytes of the key's fingerprint,
/// 12 of nonce, the ciphertext, 16 of tag.
package struct SecretBox: Sendable {
    private let key: SymmetricKey
    private let fingerprint: [UInt8]

    private static let version: UInt8 = 1
    private static let nonceBytes = 12
    private static let tagBytes = 16

    package enum Failure: Error, Equatable, Sendable {
        /// Not an envelope of ours.
        case malformed
        /// Sealed under another SECRET_KEY; carries that key's fingerprint.
        case otherKey(String)
        /// Changed since, or stored in another place.
        case notAuthentic
    }

    package init(_ ring: KeyRing) throws(CryptoFailure) {
        self.init(key: try ring.key(for: .storedSecrets))
    }

    init(key: SymmetricKey) {
        self.key = key
        fingerprint = Hex.bytes(key.fingerprint) ?? []
    }

    package func seal(_ plain: [UInt8], for place: String) throws(CryptoFailure) -> String {
        let nonce = SecureRandom.bytes(Self.nonceBytes)
        let head = [Self.version] + fingerprint
        return Base64.url.text(head + nonce + (try encrypt(plain, nonce: nonce, bound: head + place.utf8)))
    }

    package func open(_ sealed: String, for place: String) throws(Failure) -> [UInt8] {
        let headBytes = 1 + fingerprint.count
        guard let envelope = Base64.url.bytes(sealed), envelope.first == Self.version,
            envelope.count >= headBytes + Self.nonceBytes + Self.tagBytes
        else { throw .malformed }
        let head = Array(envelope.prefix(headBytes))
        guard Array(head.dropFirst()) == fingerprint else {
            throw .otherKey(Hex.text(Array(head.dropFirst())))
        }
        let nonce = Array(envelope[headBytes..<(headBytes + Self.nonceBytes)])
        let rest = Array(envelope[(headBytes + Self.nonceBytes)...])
        guard let plain = decrypt(rest, nonce: nonce, bound: head + place.utf8) else { throw .notAuthentic }
        return plain
    }

    package func seal(_ plain: String, for place: String) throws(CryptoFailure) -> String {
        try seal(Array(plain.utf8), for: place)
    }

    package func openText(_ sealed: String, for place: String) throws(Failure) -> String {
        guard let text = String(validating: try open(sealed, for: place), as: UTF8.self) else {
            throw .malformed
        }
        return text
    }

    private func encrypt(_ plain: [UInt8], nonce: [UInt8], bound: [UInt8]) throws(CryptoFailure) -> [UInt8] {
        let context = CipherContext()
        var written: Int32 = 0
        try demand(EVP_EncryptInit_ex2(context.pointer, EVP_aes_256_gcm(), key.bytes, nonce, nil), "sealing")
        try demand(EVP_EncryptUpdate(context.pointer, nil, &written, bound, Int32(bound.count)), "sealing")
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.tagBytes)
        try demand(
            EVP_EncryptUpdate(context.pointer, &sealed, &written, plain, Int32(plain.count)), "sealing")
        let finished = sealed.withUnsafeMutableBufferPointer { buffer -> Int32 in
            let tag = buffer.baseAddress.map { $0 + plain.count }
            guard EVP_EncryptFinal_ex(context.pointer, tag, &written) == 1 else { return 0 }
            return EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagBytes), tag)
        }
        try demand(finished, "sealing")
        return sealed
    }

    /// Nil when the tag does not fit: nothing of what was decrypted leaves this function then.
    private func decrypt(_ sealed: [UInt8], nonce: [UInt8], bound: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        let context = CipherContext()
        let count = sealed.count - Self.tagBytes
        var written: Int32 = 0
        var plain = [UInt8](repeating: 0, count: count)
        var tag = Array(sealed[count...])
        // What GCM has to say at the end goes nowhere, but a pointer is asked for.
        var rest = [UInt8](repeating: 0, count: Self.tagBytes)
        guard EVP_DecryptInit_ex2(context.pointer, EVP_aes_256_gcm(), key.bytes, nonce, nil) == 1,
            EVP_DecryptUpdate(context.pointer, nil, &written, bound, Int32(bound.count)) == 1,
            EVP_DecryptUpdate(context.pointer, &plain, &written, sealed, Int32(count)) == 1,
            EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagBytes), &tag) == 1,
            EVP_DecryptFinal_ex(context.pointer, &rest, &written) == 1
        else { return nil }
        return plain
    }
}

/// libcrypto's working memory of one encryption; freeing it wipes the key schedule.
struct CipherContext: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = EVP_CIPHER_CTX_new() else { fatalError("no memory for a cipher") }
        self.pointer = pointer
    }

    deinit {
        EVP_CIPHER_CTX_free(pointer)
    }
}
