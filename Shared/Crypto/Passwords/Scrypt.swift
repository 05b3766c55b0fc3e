import COpenSSL

/// How dear one guess at a password is made (RFC 7914).
package struct ScryptCost: Hashable, Sendable {
    /// N is two to this power.
    package var logN: Int
    package var r: Int
    package var p: Int

    package init(logN: Int, r: Int, p: Int) {
        self.logN = logN
        self.r = r
        self.p = p
    }

    /// Passwords of people: 32 MiB and three rounds.
    package static let people = ScryptCost(logN: 15, r: 8, p: 3)

    /// What a stored hash may ask for. More is a damaged row, and would take the memory of the whole process.
    var isReasonable: Bool { (4...20).contains(logN) && (1...16).contains(r) && (1...16).contains(p) }

    var memory: UInt64 { UInt64(128 * r) << UInt64(logN) }
}

enum Scrypt {
    static func derive(
        _ secret: [UInt8], salt: [UInt8], cost: ScryptCost, count: Int
    ) throws(CryptoFailure) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        let result = secret.withUnsafeBytes { secret in
            EVP_PBE_scrypt(
                secret.bindMemory(to: CChar.self).baseAddress, secret.count, salt, salt.count,
                1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p),
                // Its own default limit is what N 2^15, r 8 needs, less a little.
                cost.memory + (1 << 20), &key, count)
        }
        try demand(result, "scrypt")
        return key
    }
}
