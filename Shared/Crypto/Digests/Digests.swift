import COpenSSL

/// For the WebSocket handshake, which asks for it by name; proves nothing any more.
package enum SHA1 {
    /// 20 bytes.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { Digest.sha1.hash(bytes) }
    package static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }
}

package enum SHA256 {
    /// 32 bytes.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { Digest.sha256.hash(bytes) }
    package static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }
}

/// Proves that bytes come from somebody who holds the key (RFC 2104).
package enum HMAC {
    package static func sha1(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] { Digest.sha1.mac(bytes, key: key) }
    package static func sha256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        Digest.sha256.mac(bytes, key: key)
    }
    package static func sha256(_ bytes: [UInt8], key: SymmetricKey) -> [UInt8] {
        sha256(bytes, key: key.bytes)
    }
}

/// An algorithm fetched once: looking it up by name costs more than hashing a token.
struct Digest: @unchecked Sendable {
    // Immutable and counted by libcrypto; never freed, because the program uses it to its end.
    private let algorithm: OpaquePointer
    private let size: Int

    static let sha1 = Digest("SHA1", size: 20)
    static let sha256 = Digest("SHA256", size: 32)

    private init(_ name: String, size: Int) {
        guard let algorithm = EVP_MD_fetch(nil, name, nil) else {
            fatalError("\(CryptoFailure.taken(from: "fetching \(name)"))")
        }
        self.algorithm = algorithm
        self.size = size
    }

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { output, count in
            insist(EVP_Digest(bytes, bytes.count, output.baseAddress, nil, algorithm, nil), "hashing")
            count = size
        }
    }

    func mac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { output, count in
            let written = COpenSSL.HMAC(
                algorithm, key, Int32(key.count), bytes, bytes.count, output.baseAddress, nil)
            insist(written == nil ? 0 : 1, "HMAC")
            count = size
        }
    }
}

extension SHA256 {
    /// Hashes what comes in pieces: a file that is never held whole.
    ///
    /// Used by one task at a time; that is what `@unchecked Sendable` stands for.
    package final class Running: @unchecked Sendable {
        private let context: OpaquePointer

        package init() {
            guard let context = EVP_MD_CTX_new() else {
                fatalError("\(CryptoFailure.taken(from: "hashing"))")
            }
            self.context = context
            insist(EVP_DigestInit_ex(context, EVP_sha256(), nil), "hashing")
        }

        deinit { EVP_MD_CTX_free(context) }

        package func add(_ bytes: [UInt8]) {
            insist(EVP_DigestUpdate(context, bytes, bytes.count), "hashing")
        }

        /// In hexadecimal. Nothing may be added after it.
        package func finish() -> String {
            let digest = [UInt8](unsafeUninitializedCapacity: 32) { output, count in
                insist(EVP_DigestFinal_ex(context, output.baseAddress, nil), "hashing")
                count = 32
            }
            return Hex.text(digest)
        }
    }
}
