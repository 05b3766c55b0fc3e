import COpenSSL

/// libcrypto's random numbers; works wherever Swift asks for a generator, so that a choice is never biased.
package struct SecureRandom: RandomNumberGenerator {
    package init() {}

    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            insist(RAND_bytes(buffer.baseAddress, Int32(count)), "drawing random bytes")
            initialized = count
        }
    }

    package mutating func next() -> UInt64 {
        Self.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The unguessable texts that the contract knows, each in its own form.
package enum RandomText {
    /// Device tokens: 32 lower-case hexadecimal digits.
    package static func deviceToken() -> String { Hex.text(SecureRandom.bytes(16)) }

    /// Refresh tokens and links: 43 characters of base64url.
    package static func opaqueToken() -> String { Base64.url.text(SecureRandom.bytes(32)) }

    /// A charge point's AuthorizationKey: 24 upper-case hexadecimal digits.
    package static func connectionPassword() -> String { Hex.text(SecureRandom.bytes(12), upperCase: true) }

    /// Codes that a person types from a mail: decimal digits, leading zeros kept.
    package static func code(digits: Int = 6) -> String { text(digits, from: "0123456789") }

    /// Recovery codes: `k7mqx-2hwpz`.
    package static func recoveryCode() -> String { "\(text(5))-\(text(5))" }

    /// What points are exchanged for: eight capital letters and digits, 41 bits.
    package static func discountCode() -> String { text(8, from: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") }

    /// A password to print once and read aloud: groups of characters that nobody mistakes for one another.
    package static func readablePassword(groups: Int = 4) -> String {
        (0..<groups).map { _ in text(4) }.joined(separator: "-")
    }

    /// Without 0 and o, 1, l and i, and without u and v: 29 characters, 4.9 bits each.
    private static let readable = "abcdefghjkmnpqrstwxyz23456789"

    private static func text(_ count: Int, from alphabet: String = readable) -> String {
        var generator = SecureRandom()
        let characters = Array(alphabet)
        return String(
            (0..<count).map { _ in characters[Int.random(in: characters.indices, using: &generator)] })
    }
}
