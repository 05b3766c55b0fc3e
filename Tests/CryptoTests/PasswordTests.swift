import Core
import Crypto
import Testing

@Suite struct `A password` {
    // Computed with Python's hashlib.scrypt, salt 00…0f.
    private static let salted = "AAECAwQFBgcICQoLDA0ODw"
    private static let dear = "$scrypt$ln=15,r=8,p=3$\(salted)$ANYWwrwG9exM4wRn3uDhnkTuLMG27uj4k9dz5KrBPkg"
    private static let cheap = "$scrypt$ln=4,r=8,p=1$\(salted)$Q7EcH175P/kcU7JE2HRU+qTRrq/BS6UbCRYPdBaC5y8"
    private static let cheapCost = ScryptCost(logN: 4, r: 8, p: 1)

    private let hasher = PasswordHasher(cost: Self.cheapCost)

    @Test func `agrees with RFC 7914`() async throws {
        let stored =
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
            + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"

        #expect(try await hasher.check("pleaseletmein", against: stored) == .rightButOutdated)
        #expect(try await hasher.check("pleaseletmeout", against: stored) == .wrong)
    }

    @Test func `agrees with another implementation at the cost for people`() async throws {
        let hasher = PasswordHasher()

        #expect(try await hasher.check("correct horse", against: Self.dear) == .right)
        #expect(try await hasher.check("correct horsE", against: Self.dear) == .wrong)
    }

    @Test func `is asked to be hashed anew when the cost has changed`() async throws {
        #expect(try await hasher.check("correct horse", against: Self.cheap) == .right)
        let dearer = PasswordHasher(cost: ScryptCost(logN: 5, r: 8, p: 1))

        #expect(try await dearer.check("correct horse", against: Self.cheap) == .rightButOutdated)
    }

    @Test func `is salted anew each time and checks against each`() async throws {
        let first = try await hasher.hash("näive ✓")
        let second = try await hasher.hash("näive ✓")

        #expect(first != second)
        #expect(first.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try await hasher.check("näive ✓", against: first) == .right)
        #expect(try await hasher.check("näive ✓", against: second) == .right)
    }

    @Test(arguments: [
        nil, "", "plain", "$scrypt$ln=4,r=8$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=40,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=4,r=9999999,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    ]) func `is wrong for nobody's account and for a damaged row`(stored: String?) async throws {
        #expect(try await hasher.check("correct horse", against: stored) == .wrong)
    }

    @Test func `is refused when too many wait`() async throws {
        let hasher = PasswordHasher(cost: ScryptCost(logN: 15, r: 8, p: 1), cores: 1, waiting: 0)

        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do {
                        _ = try await hasher.hash("x")
                        return false
                    } catch {
                        return error is BlockingGate.Full
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }

        #expect(refused > 0)
        #expect(try await hasher.hash("x").isEmpty == false)
    }
}

@Suite struct `A charge point's password` {
    private let passwords: ConnectionPasswords
    // Computed with Python's hmac and cryptography.
    private static let stored =
        "$hmac-sha256$k=2095475b$AAECAwQFBgcICQoLDA0ODw$Fj2ErOipmLfgBWJ3M60OK8/KTpUGQCwh3j75libA5wU"

    init() throws {
        passwords = try ConnectionPasswords(SampleKeys.ring())
    }

    @Test func `agrees with another implementation`() {
        #expect(passwords.check(Array("0A1B2C3D4E5F60718293".utf8), against: Self.stored) == .right)
        #expect(passwords.check(Array("0A1B2C3D4E5F60718294".utf8), against: Self.stored) == .wrong)
    }

    @Test func `may hold any bytes`() {
        let password: [UInt8] = [0, 0xFF, 0x3A, 0x80]

        #expect(passwords.check(password, against: passwords.hash(password)) == .right)
        #expect(passwords.hash(password) != passwords.hash(password))
    }

    @Test func `says so when it was stored under another SECRET_KEY`() throws {
        let others = try ConnectionPasswords(SampleKeys.otherRing())

        #expect(
            others.check(Array("0A1B2C3D4E5F60718293".utf8), against: Self.stored) == .otherKey("2095475b"))
    }

    @Test(arguments: ["", "$hmac-sha256$k=2095475b$AAEC", "0A1B2C3D4E5F60718293"])
    func `is wrong for a damaged row`(stored: String) {
        #expect(passwords.check(Array("0A1B2C3D4E5F60718293".utf8), against: stored) == .wrong)
    }
}
