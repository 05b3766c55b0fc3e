import Crypto
import Testing

/// Made once: a ring costs a tenth of a second by intent.
enum SampleKeys {
    private static let made = Result { try KeyRing(secretKey: "0123456789abcdef0123456789abcdef") }
    private static let others = Result { try KeyRing(secretKey: "another key, just as long as the first") }

    static func ring() throws -> KeyRing { try made.get() }
    static func otherRing() throws -> KeyRing { try others.get() }
}

@Suite struct `A sealed secret` {
    private let box: SecretBox
    // Computed with Python's cryptography: AESGCM, nonce 00…0b, place user/12/totp.
    private static let sealed = "AYkovcoAAQIDBAUGBwgJCgvmXgG1j3i-CrL2IrFU2JDunvQ_IrPR-R_NvZ7BP1ZTlFtrgw"

    init() throws {
        box = try SecretBox(SampleKeys.ring())
    }

    @Test func `opens as another implementation sealed it`() throws {
        #expect(try box.openText(Self.sealed, for: "user/12/totp") == "two-factor seed ✓")
    }

    @Test(arguments: ["", "x", String(repeating: "long ", count: 10_000)])
    func `comes back as it was`(plain: String) throws {
        let sealed = try box.seal(plain, for: "here")

        #expect(try box.openText(sealed, for: "here") == plain)
        #expect(sealed != (try box.seal(plain, for: "here")))
    }

    @Test func `does not open in another place`() {
        #expect(throws: SecretBox.Failure.notAuthentic) { try box.open(Self.sealed, for: "user/13/totp") }
    }

    @Test func `does not open when a bit of it has turned`() throws {
        let envelope = try #require(Base64.url.bytes(Self.sealed))

        for place in envelope.indices {
            var turned = envelope
            turned[place] ^= 1
            #expect(throws: SecretBox.Failure.self) {
                try box.open(Base64.url.text(turned), for: "user/12/totp")
            }
        }
    }

    @Test func `names the key when it was sealed under another`() throws {
        let other = try SecretBox(SampleKeys.otherRing())

        #expect(throws: SecretBox.Failure.otherKey("8928bdca")) {
            try other.open(Self.sealed, for: "user/12/totp")
        }
    }

    @Test(arguments: ["", "AQ", "no base64!", "AYkovcoAAQIDBAUGBwgJCgvmXgG1"])
    func `is told from what is none`(text: String) {
        #expect(throws: SecretBox.Failure.malformed) { try box.open(text, for: "here") }
    }
}

@Suite struct `A key ring` {
    // Computed with Python: scrypt, then HKDF-SHA256, then the fingerprint.
    private static let fingerprints: [(KeyRing.Purpose, String)] = [
        (.storedSecrets, "8928bdca"), (.connectionPasswords, "2095475b"), (.links, "73027889"),
        (.codes, "8e7958f9"), (.paymentNotifications, "492d30be"),
    ]

    @Test func `holds one key for each purpose, the same at every start`() throws {
        let ring = try SampleKeys.ring()

        #expect(Self.fingerprints.map(\.0) == KeyRing.Purpose.allCases)
        for (purpose, fingerprint) in Self.fingerprints {
            #expect(try ring.key(for: purpose).fingerprint == fingerprint)
        }
    }

    @Test func `prints nothing of its keys`() throws {
        let ring = try SampleKeys.ring()
        var dumped = ""

        dump(ring, to: &dumped)

        #expect("\(ring)".contains("‹key›"))
        #expect(!dumped.contains("bytes") && !dumped.contains("memory"))
    }
}
