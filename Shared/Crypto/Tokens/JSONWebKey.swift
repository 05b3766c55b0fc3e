/// A public key as `/.well-known/jwks.json` shows it (RFC 7517, RFC 8037).
package struct JSONWebKey: Codable, Equatable, Sendable {
    package var kty: String
    package var crv: String
    package var use: String
    package var alg: String
    package var kid: String
    package var x: String

    package init(_ key: VerifyingKey, kid: String) {
        kty = "OKP"
        crv = "Ed25519"
        use = "sig"
        alg = "EdDSA"
        self.kid = kid
        x = Base64.url.text(key.bytes)
    }

    package var key: VerifyingKey {
        get throws(CryptoFailure) {
            guard kty == "OKP", crv == "Ed25519", let bytes = Base64.url.bytes(x) else {
                throw CryptoFailure("reading a JSON web key", reason: "it is not an Ed25519 key")
            }
            return try VerifyingKey(bytes)
        }
    }
}

package struct JSONWebKeySet: Codable, Equatable, Sendable {
    package var keys: [JSONWebKey]

    package init(_ keys: [JSONWebKey]) {
        self.keys = keys
    }
}

extension VerifyingKey {
    /// A name that follows from the key itself (RFC 7638), so that two processes never give one name to two keys.
    package var thumbprint: String {
        Base64.url.text(SHA256.hash(#"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64.url.text(bytes))"}"#))
    }
}
