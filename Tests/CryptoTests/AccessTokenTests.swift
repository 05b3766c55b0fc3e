import Core
import Crypto
import FoundationEssentials
import Testing

@Suite struct `An access token` {
    // Written by Python's cryptography with the key of RFC 8032's first test.
    private static let good =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoidm9s"
        + "dGJ1cyIsInN1YiI6IjEyIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDAsIm5iZiI6MTc5NTE3"
        + "MDYwMCwiZXhwIjoxNzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwicm9sZSI6InVzZXIifQ.u8jQcFynr"
        + "KyybXv6lNbHUNerG6tQkBv65YQc5vJWyIBmX6sc-C-xaHIIi2AuldJ7x5-kpkSGO7rBMukOp1gmCg"
    private static let unsigned =
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoidm9sdGJ1cyIsInN1YiI6"
        + "IjEyIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDAsIm5iZiI6MTc5NTE3MDYwMCwiZXhwIjox"
        + "Nzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwicm9sZSI6InVzZXIifQ."
    private static let hmac =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoidm9s"
        + "dGJ1cyIsInN1YiI6IjEyIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDAsIm5iZiI6MTc5NTE3"
        + "MDYwMCwiZXhwIjoxNzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwicm9sZSI6InVzZXIifQ.pot0W3kI3"
        + "DywJe94HJhVFHsEIVwAXG06MWYpKNoA3Xo"
    private static let otherIssuer =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJvdGhlciIsImF1ZCI6InZvbHRi"
        + "dXMiLCJzdWIiOiIxMiIsInNpZCI6NywianRpIjoiai0xIiwiaWF0IjoxNzk1MTcwNjAwLCJuYmYiOjE3OTUxNzA2"
        + "MDAsImV4cCI6MTc5NTE3MTUwMCwidG9rZW5fdHlwZSI6ImFjY2VzcyIsInJvbGUiOiJ1c2VyIn0.2WHWJ_ZDDLkG"
        + "3rrcVOo9hhJsYK8_qlEHFuaz6abjpKgBAGJgGXewVAWcHEtsN2RxEzM4xsMAzFgx2Yx1KDcmAg"
    private static let otherAudience =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoib3Ro"
        + "ZXIiLCJzdWIiOiIxMiIsInNpZCI6NywianRpIjoiai0xIiwiaWF0IjoxNzk1MTcwNjAwLCJuYmYiOjE3OTUxNzA2"
        + "MDAsImV4cCI6MTc5NTE3MTUwMCwidG9rZW5fdHlwZSI6ImFjY2VzcyIsInJvbGUiOiJ1c2VyIn0.LpvgtuW8rBDq"
        + "RyDYNWSckTMGLlB3Rjnn4HAENrK29x-hKB2h_Bnq1ZwlRWmSTLccwzxclc0qlmnc8iDXvIYnDg"
    private static let refresh =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoidm9s"
        + "dGJ1cyIsInN1YiI6IjEyIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDAsIm5iZiI6MTc5NTE3"
        + "MDYwMCwiZXhwIjoxNzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoicmVmcmVzaCIsInJvbGUiOiJ1c2VyIn0.zNEzLEc8"
        + "seobb-Hw7aHtcg6nxaFMkme_R-sxNUistcTygClbBcNST6iNMxJI4jjiYCjE-2pRoHf22cy8wuIuAQ"
    private static let negativeUser =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJ2b2x0YnVzIiwiYXVkIjoidm9s"
        + "dGJ1cyIsInN1YiI6Ii0xIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDAsIm5iZiI6MTc5NTE3"
        + "MDYwMCwiZXhwIjoxNzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwicm9sZSI6InVzZXIifQ.2-q5KUJFf"
        + "9js-CeaWg4wtLFqA9YAp3yUdOv0cPRvlc2ebOj-A945TtBBrVeta43PpoXFVCtwF3DebwC-T3R0CA"
    private static let critical =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsxIiwiY3JpdCI6WyJ4Il19.eyJpc3MiOiJ2b2x0YnV"
        + "zIiwiYXVkIjoidm9sdGJ1cyIsInN1YiI6IjEyIiwic2lkIjo3LCJqdGkiOiJqLTEiLCJpYXQiOjE3OTUxNzA2MDA"
        + "sIm5iZiI6MTc5NTE3MDYwMCwiZXhwIjoxNzk1MTcxNTAwLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwicm9sZSI6InV"
        + "zZXIifQ.il3td9H2UrWQRUtWrerkVn5ywQ2F9nvDZ6W5azGEUp9WuqErBNF7DaWcd3l7PlzhrpDOg0VYGVXJm8YV"
        + "ecpCAg"

    private static let issued = Date(timeIntervalSince1970: 1_795_170_600)
    private let key: SigningKey
    private let claims = AccessClaims(
        issuer: "voltbus", user: 12, session: 7, id: "j-1", issued: Self.issued, expires: Self.issued + 900,
        role: "user")

    init() throws {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        key = try SigningKey(seed: #require(Hex.bytes(seed)))
    }

    private func claims(of text: String) throws -> AccessClaims {
        try AccessToken(text).claims(provedBy: key.publicKey, issuer: "voltbus")
    }

    @Test func `is read as another implementation wrote it`() throws {
        #expect(try AccessToken(Self.good).kid == "k1")
        #expect(try claims(of: Self.good) == claims)
    }

    @Test func `is written so that it can be read, byte for byte like the other implementation`() throws {
        #expect(try AccessToken.issue(claims, by: key, kid: "k1") == Self.good)
    }

    @Test(arguments: [
        (unsigned, TokenFailure.wrongAlgorithm), (hmac, .wrongAlgorithm), (otherIssuer, .wrongIssuer),
        (otherAudience, .wrongAudience), (refresh, .wrongKind), (negativeUser, .malformed),
        (critical, .malformed),
    ]) func `is refused for what is wrong with it`(text: String, failure: TokenFailure) {
        #expect(throws: failure) { try claims(of: text) }
    }

    @Test func `is refused when its signature is another's`() throws {
        let other = try SigningKey.generate()

        #expect(throws: TokenFailure.wrongSignature) {
            try AccessToken(Self.good).claims(provedBy: other.publicKey, issuer: "voltbus")
        }
    }

    @Test func `is refused with any of its characters changed`() {
        let text = Array(Self.good)

        for place in stride(from: 0, to: text.count, by: 7) {
            var changed = text
            changed[place] = changed[place] == "A" ? "B" : "A"
            #expect(throws: TokenFailure.self) { try claims(of: String(changed)) }
        }
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.", String(repeating: "x", count: 5_000)])
    func `is told from what is none`(text: String) {
        #expect(throws: TokenFailure.malformed) { try AccessToken(text) }
    }

    @Test(arguments: [
        (-6.0, TokenFailure.notYetValid), (-5, nil), (0, nil), (899, nil), (900, .expired), (9_000, .expired),
    ]) func `holds from its issue to its expiry`(seconds: Double, failure: TokenFailure?) {
        do {
            try claims.check(at: Self.issued + seconds)
            #expect(failure == nil)
        } catch {
            #expect(error == failure)
        }
    }

    @Test func `is told from a device token by its form`() {
        #expect(AccessToken.hasForm(Self.good))
        #expect(!AccessToken.hasForm(RandomText.deviceToken()))
    }
}
