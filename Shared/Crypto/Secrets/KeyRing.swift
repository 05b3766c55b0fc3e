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
        return SymmetricKey(try HKDF.sha256(master.bytes, salt: [], info: info, count: SymmetricKey.size))
    }
}

/// RFC 5869.
enum HKDF {
    static func sha256(
        _ secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int
    ) throws(CryptoFailure) -> [UInt8] {
        guard let algorithm = EVP_KDF_fetch(nil, "HKDF", nil) else { throw .taken(from: "fetching HKDF") }
        defer { EVP_KDF_free(algorithm) }
        guard let context = EVP_KDF_CTX_new(algorithm) else { throw .taken(from: "HKDF") }
        defer { EVP_KDF_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: count)
        var digest = Array("SHA256".utf8CString)
        var secret = secret
        var salt = salt
        var info = info
        let result = digest.withUnsafeMutableBufferPointer { digest in
            secret.withUnsafeMutableBytes { secret in
                salt.withUnsafeMutableBytes { salt in
                    info.withUnsafeMutableBytes { info in
                        var parameters = [
                            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.baseAddress, 0),
                            OSSL_PARAM_construct_octet_string(
                                OSSL_KDF_PARAM_KEY, secret.baseAddress, secret.count),
                            OSSL_PARAM_construct_octet_string(
                                OSSL_KDF_PARAM_INFO, info.baseAddress, info.count),
                        ]
                        if !salt.isEmpty {
                            parameters.append(
                                OSSL_PARAM_construct_octet_string(
                                    OSSL_KDF_PARAM_SALT, salt.baseAddress, salt.count))
                        }
                        parameters.append(OSSL_PARAM_construct_end())
                        return EVP_KDF_derive(context, &output, count, parameters)
                    }
                }
            }
        }
        try demand(result, "HKDF")
        return output
    }
}
