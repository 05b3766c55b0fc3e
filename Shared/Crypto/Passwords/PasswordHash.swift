/// A password as it is stored: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, in the form of the PHC string format, so that
/// what it takes to check it stands beside it.
struct PasswordHash: Equatable {
    let cost: ScryptCost
    let salt: [UInt8]
    let hash: [UInt8]

    static let saltBytes = 16
    static let hashBytes = 32

    init(of password: String, cost: ScryptCost) throws(CryptoFailure) {
        self.cost = cost
        salt = SecureRandom.bytes(Self.saltBytes)
        hash = try Scrypt.derive(Array(password.utf8), salt: salt, cost: cost, count: Self.hashBytes)
    }

    /// Nil for anything that this program did not write.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Self.cost(parts[2]),
            let salt = Base64.unpadded.bytes(parts[3]), let hash = Base64.unpadded.bytes(parts[4]),
            (8...64).contains(salt.count), (16...64).contains(hash.count)
        else { return nil }
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    private static func cost(_ text: Substring) -> ScryptCost? {
        let numbers = text.split(separator: ",").map { $0.split(separator: "=") }
        guard numbers.count == 3, numbers.allSatisfy({ $0.count == 2 }),
            numbers.map({ $0[0] }) == ["ln", "r", "p"],
            let logN = Int(numbers[0][1]), let r = Int(numbers[1][1]), let p = Int(numbers[2][1])
        else { return nil }
        let cost = ScryptCost(logN: logN, r: r, p: p)
        return cost.isReasonable ? cost : nil
    }

    var text: String {
        let salt = Base64.unpadded.text(salt)
        return "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(salt)$\(Base64.unpadded.text(hash))"
    }

    func matches(_ password: String) throws(CryptoFailure) -> Bool {
        let candidate = try Scrypt.derive(Array(password.utf8), salt: salt, cost: cost, count: hash.count)
        return equalInConstantTime(candidate, hash)
    }
}
