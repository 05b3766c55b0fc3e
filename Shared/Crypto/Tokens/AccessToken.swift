import Core
package import FoundationEssentials

/// What an access token says about its holder. Only `user` and `session` are believed, and only as a place to look.
package struct AccessClaims: Equatable, Sendable {
    package var issuer: String
    package var user: Int64
    package var session: Int64
    package var id: String
    package var issued: Date
    package var expires: Date
    /// Informative; the right is read from the database.
    package var role: String

    package init(
        issuer: String, user: Int64, session: Int64, id: String, issued: Date, expires: Date, role: String
    ) {
        self.issuer = issuer
        self.user = user
        self.session = session
        self.id = id
        self.issued = issued
        self.expires = expires
        self.role = role
    }
}

/// Why a token is no good. Whoever asks with an expired one may refresh it; every other is simply wrong.
package enum TokenFailure: Error, Equatable, Sendable {
    case malformed
    case wrongAlgorithm
    case unknownKey(String)
    case wrongSignature
    case wrongIssuer
    case wrongAudience
    case wrongKind
    case notYetValid
    case expired
}

/// A JWT in its three parts, read but not yet believed (RFC 7519, RFC 8725). The only algorithm is EdDSA.
package struct AccessToken: Sendable {
    package let kid: String
    private let unproved: Payload
    private let signed: [UInt8]
    private let signature: [UInt8]

    package static let audience = "voltbus"
    package static let kind = "access"
    /// Ours have some 400 bytes.
    package static let longest = 2_048
    /// How far the clocks of our own machines may be apart.
    package static let skew: TimeInterval = 5

    private struct Header: Codable {
        var alg: String
        var typ: String
        var kid: String
    }

    private struct Payload: Codable {
        var iss: String
        var aud: String
        var sub: String
        var sid: Int64
        var jti: String
        var iat: Int64
        var nbf: Int64
        var exp: Int64
        var token_type: String
        var role: String
    }

    /// Whether a credential has the form at all; a device token never does.
    package static func hasForm(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }

    package init(_ text: String) throws(TokenFailure) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.longest, parts.count == 3, let head = Base64.url.bytes(parts[0]),
            let body = Base64.url.bytes(parts[1]), let signature = Base64.url.bytes(parts[2])
        else { throw .malformed }
        let header: Header
        do {
            // Strict: a header that asks for more (`crit`, `jku`, `jwk`) asks the wrong program.
            header = try JSONReader.decode(Header.self, from: head, rules: .strict)
            unproved = try JSONReader.decode(Payload.self, from: body)
        } catch {
            throw Self.namesOtherAlgorithm(head) ? .wrongAlgorithm : .malformed
        }
        guard header.alg == "EdDSA", header.typ == "JWT" else { throw .wrongAlgorithm }
        kid = header.kid
        signed = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        self.signature = signature
    }

    private static func namesOtherAlgorithm(_ head: [UInt8]) -> Bool {
        struct Algorithm: Decodable {
            var alg: String
        }
        guard let named = try? JSONReader.decode(Algorithm.self, from: head) else {
            // Not even that much of a header: malformed, whatever else it is.
            return false
        }
        return named.alg != "EdDSA"
    }

    /// The claims, once the signature proves them ours. Expiry is another question: see `AccessClaims.check`.
    package func claims(provedBy key: VerifyingKey, issuer: String) throws(TokenFailure) -> AccessClaims {
        guard key.accepts(signature, of: signed) else { throw .wrongSignature }
        guard unproved.iss == issuer else { throw .wrongIssuer }
        guard unproved.aud == Self.audience else { throw .wrongAudience }
        guard unproved.token_type == Self.kind else { throw .wrongKind }
        guard let user = Int64(unproved.sub), user > 0, unproved.sid > 0, unproved.nbf == unproved.iat else {
            throw .malformed
        }
        return AccessClaims(
            issuer: issuer, user: user, session: unproved.sid, id: unproved.jti,
            issued: Date(timeIntervalSince1970: Double(unproved.iat)),
            expires: Date(timeIntervalSince1970: Double(unproved.exp)), role: unproved.role)
    }
}

extension AccessClaims {
    /// Valid from its second of issue (less the skew of our clocks) up to, not including, its second of expiry.
    package func check(at now: Date) throws(TokenFailure) {
        guard now < expires else { throw .expired }
        guard now.addingTimeInterval(AccessToken.skew) >= issued else { throw .notYetValid }
    }
}

extension AccessToken {
    /// The text of a new token.
    package static func issue(
        _ claims: AccessClaims, by key: SigningKey, kid: String
    ) throws(CryptoFailure) -> String {
        let issued = Int64(claims.issued.timeIntervalSince1970.rounded(.down))
        let payload = Payload(
            iss: claims.issuer, aud: audience, sub: String(claims.user), sid: claims.session, jti: claims.id,
            iat: issued, nbf: issued, exp: Int64(claims.expires.timeIntervalSince1970.rounded(.down)),
            token_type: kind, role: claims.role)
        let header = Header(alg: "EdDSA", typ: "JWT", kid: kid)
        let parts = [JSONWriter.encode(header), JSONWriter.encode(payload)].map { Base64.url.text($0) }
        let signed = parts.joined(separator: ".")
        return "\(signed).\(Base64.url.text(try key.sign(Array(signed.utf8))))"
    }
}
