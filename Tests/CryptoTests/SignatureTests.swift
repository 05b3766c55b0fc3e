import Crypto
import Testing

@Suite struct `An Ed25519 key` {
    // RFC 8032 §7.1, the first two tests.
    private static let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    private static let publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    private static let signature =
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"

    // Written by Python's cryptography.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """
    private static let encryptedPEM = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBC4bPHuAwc+/5liKjAq
        9bPXAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQA+BO4XWjhs1FYTG9
        hqZj9QRA2nd/QyhsYUzFscxIJSY+7IBFuB1qWb+JGAEAhmbBB2yYmjSj74NNed+J
        tSFIXU4f1L0JsbUfCnvzolxOvju5qA==
        -----END ENCRYPTED PRIVATE KEY-----
        """
    private static let otherPEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """

    private func key() throws -> SigningKey { try SigningKey(seed: #require(Hex.bytes(Self.seed))) }

    @Test func `signs as RFC 8032 says`() throws {
        let key = try key()

        #expect(Hex.text(try key.publicKey.bytes) == Self.publicKey)
        #expect(Hex.text(try key.sign([])) == Self.signature)
        #expect(try key.publicKey.accepts(try key.sign([0x72]), of: [0x72]))
    }

    @Test func `accepts nothing that was changed`() throws {
        let key = try key()
        let signature = try key.sign(Array("voltbus".utf8))

        #expect(try !key.publicKey.accepts(signature, of: Array("voltbux".utf8)))
        #expect(try !key.publicKey.accepts(Array(signature.dropLast()), of: Array("voltbus".utf8)))
        #expect(try !SigningKey.generate().publicKey.accepts(signature, of: Array("voltbus".utf8)))
        #expect(throws: CryptoFailure.self) { try VerifyingKey([1, 2, 3]) }
    }

    @Test func `goes to a file and comes back`() throws {
        let read = try SigningKey(pem: Self.pem)

        #expect(try read.publicKey.bytes == key().publicKey.bytes)
        #expect(try read.pem() == Self.pem + "\n")
    }

    @Test func `is not read under a pass phrase, of another kind or from nonsense`() {
        for pem in [Self.encryptedPEM, Self.otherPEM, "", "nonsense"] {
            #expect(throws: CryptoFailure.self) { try SigningKey(pem: pem) }
        }
        #expect(throws: CryptoFailure("reading a private key", reason: "it is not Ed25519")) {
            try SigningKey(pem: Self.otherPEM)
        }
    }

    @Test func `is shown as RFC 8037 shows it`() throws {
        let shown = JSONWebKey(try key().publicKey, kid: "k1")

        #expect(shown.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        #expect(try shown.key.bytes == key().publicKey.bytes)
        #expect(try key().publicKey.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }
}
