import Crypto
import Testing

@Suite struct `Digests and codes of authenticity` {
    @Test func `agree with FIPS 180 and RFC 6455`() {
        #expect(Hex.text(SHA1.hash("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Hex.text(SHA1.hash("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            Hex.text(SHA256.hash("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )

        let accept = SHA1.hash("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        #expect(Base64.standard.text(accept) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `agree with RFC 2202 and RFC 4231`() {
        let key = [UInt8](repeating: 0x0B, count: 20)
        let greeting = Array("Hi There".utf8)

        #expect(Hex.text(HMAC.sha1(greeting, key: key)) == "b617318655057264e28bc0b6fb378c8ef146be00")
        #expect(
            Hex.text(HMAC.sha256(greeting, key: key))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")

        let question = Array("what do ya want for nothing?".utf8)
        #expect(
            Hex.text(HMAC.sha256(question, key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `compare whole and not by their beginning`() {
        #expect(equalInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2]))
        #expect(equalInConstantTime("", ""))
    }
}

@Suite struct `Keys by triple DES` {
    /// Vectors that others publish for Redsys's HMAC_SHA256_V1, and `openssl enc -des-ede3-cbc -nopad` agrees with.
    @Test func `agree with what others publish`() throws {
        let key = try #require(Base64.standard.bytes("sq7HjrUOBfKmC576ILgskD5srU870gJ7"))
        func encrypted(_ text: String) throws -> String {
            Base64.standard.text(try TripleDES.encrypt(Array(text.utf8), key: key))
        }

        #expect(try encrypted("012345678") == "ub0/L8+E9+9ITQJwk3SvHA==")
        #expect(try encrypted("0") == "Qyx5NZhbucY=")
        #expect(try encrypted("") == "")
    }

    /// A notification of a real shop's, as a public library prints it.
    @Test func `make the signature of a notification`() throws {
        let parameters =
            "eyJEc19EYXRlIjoiMjAlMkYxMCUyRjIwMTciLCJEc19Ib3VyIjoiMTclM0EyMyIsIkRzX1NlY3VyZVBheW1lbnQiOiIwIiwiRHNfQW1v"
            + "dW50IjoiMTAwIiwiRHNfQ3VycmVuY3kiOiI5NzgiLCJEc19PcmRlciI6IjAwMDA5NjU1RDg0IiwiRHNfTWVyY2hhbnRDb2RlIjoiMzI3"
            + "MjM0Njg4IiwiRHNfVGVybWluYWwiOiIwMDEiLCJEc19SZXNwb25zZSI6Ijk5MTUiLCJEc19UcmFuc2FjdGlvblR5cGUiOiIwIiwiRHNf"
            + "TWVyY2hhbnREYXRhIjoiIiwiRHNfQXV0aG9yaXNhdGlvbkNvZGUiOiIrKysrKysiLCJEc19Db25zdW1lckxhbmd1YWdlIjoiMSJ9"
        let secret = try #require(Base64.standard.bytes("sq7HjrUOBfKmC576ILgskD5srU870gJ7"))

        let key = try TripleDES.encrypt(Array("00009655D84".utf8), key: secret)

        let signature = HMAC.sha256(Array(parameters.utf8), key: key)
        #expect(Base64.url.text(signature) == "vrUsaNbxfonyn4ONUos6oosUaTBY0_SGoKDel6qsHqk")
    }
}

@Suite struct `Encodings` {
    /// RFC 4648 §10.
    private static let vectors = [
        ("", "", ""), ("f", "Zg==", "MY"), ("fo", "Zm8=", "MZXQ"), ("foo", "Zm9v", "MZXW6"),
        ("foob", "Zm9vYg==", "MZXW6YQ"), ("fooba", "Zm9vYmE=", "MZXW6YTB"),
        ("foobar", "Zm9vYmFy", "MZXW6YTBOI"),
    ]

    @Test(arguments: vectors) func `agree with RFC 4648`(plain: String, base64: String, base32: String) {
        let bytes = Array(plain.utf8)

        #expect(Base64.standard.text(bytes) == base64)
        #expect(Base64.standard.bytes(base64) == bytes)
        #expect(Base64.url.text(bytes) == String(base64.filter { $0 != "=" }))
        #expect(Base32.text(bytes) == base32)
        #expect(Base32.bytes(base32) == bytes)
    }

    @Test func `bring every byte back`() {
        let all = (0...255).map { UInt8($0) }

        for encoding in [Base64.standard, .unpadded, .url] {
            #expect(encoding.bytes(encoding.text(all)) == all)
        }
        #expect(Base32.bytes(Base32.text(all)) == all)
        #expect(Hex.bytes(Hex.text(all)) == all)
        #expect(Base64.url.text([0xFB, 0xFF]) == "-_8")
    }

    @Test(arguments: ["Zh==", "Zm9=", "Zg=", "Zg", "Z", "Zg===", "Z g=", "Zm9v\n", "Zm-v"])
    func `accept one spelling of a byte string only`(text: String) {
        #expect(Base64.standard.bytes(text) == nil)
    }

    @Test func `forgive how people type base 32`() {
        #expect(Base32.bytes("mzxw 6ytb-oi======") == Array("foobar".utf8))
        #expect(Base32.bytes("MZXW1") == nil)
        #expect(Base32.bytes("M") == nil)
    }

    @Test func `refuse what is not hexadecimal`() {
        #expect(Hex.bytes("abc") == nil)
        #expect(Hex.bytes("zz") == nil)
        #expect(Hex.bytes("00fF") == [0, 255])
    }
}

@Suite struct `Random texts` {
    @Test func `have the forms of the contract`() {
        #expect(RandomText.deviceToken().wholeMatch(of: /[0-9a-f]{32}/) != nil)
        #expect(RandomText.opaqueToken().wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil)
        #expect(RandomText.connectionPassword().wholeMatch(of: /[0-9A-F]{24}/) != nil)
        #expect(RandomText.code().wholeMatch(of: /[0-9]{6}/) != nil)
        #expect(RandomText.discountCode().wholeMatch(of: /[A-Z0-9]{8}/) != nil)
        #expect(RandomText.recoveryCode().wholeMatch(of: /[a-z2-9]{5}-[a-z2-9]{5}/) != nil)
        #expect(RandomText.readablePassword().wholeMatch(of: /([a-z2-9]{4}-){3}[a-z2-9]{4}/) != nil)
    }

    @Test func `do not repeat`() {
        #expect(Set((0..<1_000).map { _ in RandomText.deviceToken() }).count == 1_000)
    }

    @Test func `spell nothing that is mistaken when read aloud`() {
        let seen = Set((0..<500).flatMap { _ in RandomText.readablePassword() })

        #expect(seen.isDisjoint(with: "01oilvu"))
        #expect(seen.count > 20)
    }
}
