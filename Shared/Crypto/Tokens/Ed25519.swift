import COpenSSL

/// A private key that signs (RFC 8032). libcrypto's object is immutable after it is made, so threads may share it.
package final class SigningKey: @unchecked Sendable {
    private let key: OpaquePointer

    private init(_ key: OpaquePointer) {
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    package static func generate() throws(CryptoFailure) -> SigningKey {
        try SigningKey(seed: SecureRandom.bytes(32))
    }

    /// - Parameter seed: the 32 bytes that RFC 8032 calls the private key.
    package convenience init(seed: [UInt8]) throws(CryptoFailure) {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .taken(from: "reading an Ed25519 seed")
        }
        self.init(key)
    }

    /// Reads PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it; no pass phrase, no other algorithm.
    package convenience init(pem: String) throws(CryptoFailure) {
        let memory = MemoryBIO(Array(pem.utf8))
        guard let key = PEM_read_bio_PrivateKey(memory.bio, nil, voltbus_no_pass_phrase, nil) else {
            throw .taken(from: "reading a private key")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            throw CryptoFailure("reading a private key", reason: "it is not Ed25519")
        }
        self.init(key)
    }

    /// PKCS #8, not encrypted: to be sealed before it is stored.
    package func pem() throws(CryptoFailure) -> String {
        let memory = MemoryBIO()
        try demand(
            PEM_write_bio_PKCS8PrivateKey(memory.bio, key, nil, nil, 0, nil, nil), "writing a private key")
        return memory.text
    }

    package var publicKey: VerifyingKey {
        get throws(CryptoFailure) {
            var bytes = [UInt8](repeating: 0, count: 32)
            var count = bytes.count
            try demand(EVP_PKEY_get_raw_public_key(key, &bytes, &count), "taking the public key")
            return try VerifyingKey(bytes)
        }
    }

    /// 64 bytes; the same for the same message.
    package func sign(_ message: [UInt8]) throws(CryptoFailure) -> [UInt8] {
        let context = DigestContext()
        try demand(EVP_DigestSignInit(context.pointer, nil, nil, nil, key), "signing")
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        try demand(EVP_DigestSign(context.pointer, &signature, &count, message, message.count), "signing")
        return signature
    }
}

/// A public key that proves signatures.
package final class VerifyingKey: @unchecked Sendable {
    private let key: OpaquePointer
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) throws(CryptoFailure) {
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            throw .taken(from: "reading an Ed25519 public key")
        }
        self.key = key
        self.bytes = bytes
    }

    deinit {
        EVP_PKEY_free(key)
    }

    package func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = DigestContext()
        // A signature that is wrong leaves its reason in the thread's queue, where the next failure would find it.
        defer { ERR_clear_error() }
        return EVP_DigestVerifyInit(context.pointer, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context.pointer, signature, signature.count, message, message.count) == 1
    }
}

/// libcrypto's working memory of one signature.
private struct DigestContext: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = EVP_MD_CTX_new() else { fatalError("no memory for a signature") }
        self.pointer = pointer
    }

    deinit {
        EVP_MD_CTX_free(pointer)
    }
}
