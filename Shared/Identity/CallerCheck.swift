package import Contracts
package import Core
import Crypto
import FoundationEssentials
package import HTTP
package import Postgres

/// Tells who makes a request: from a device token or an access token to the account, its role and level as they are in
/// the database now. Remembers signatures and keys, and never a login.
package final class CallerCheck: CredentialCheck {
    private let database: Database
    private let clock: Clock
    private let issuer: String
    private let keys: SigningKeys
    private let memo = SignatureMemo()
    private let noteUse: @Sendable (ID<LoginSession>) -> Void

    /// A use is worth telling when the last that was told is this long ago.
    static let useWorthNoting: TimeInterval = 3_600

    /// - Parameters:
    ///   - issuer: JWT_ISSUER.
    ///   - noteUse: is told of a login that is in use, at most about once an hour: accounts moves its last use and with
    ///     it the end of a device token. It must not block.
    package init(
        _ database: Database, clock: Clock = .system, issuer: String,
        noteUse: @escaping @Sendable (ID<LoginSession>) -> Void = { _ in }
    ) {
        self.database = database
        self.clock = clock
        self.issuer = issuer
        self.noteUse = noteUse
        keys = SigningKeys(database, clock: clock)
    }

    package func caller(of request: Request) async throws -> Caller? {
        guard let credential = try Credential(of: request.headers) else { return nil }
        return try await caller(by: credential)
    }

    /// For the places where a credential travels in a field: the WebSocket, `users/authenticate`.
    package func caller(presenting text: String) async throws -> Caller {
        try await caller(by: Credential(text))
    }

    private func caller(by credential: Credential) async throws -> Caller {
        do {
            let login = try await login(by: credential)
            let now = clock.now
            let caller = try login.caller(at: now)
            if now.timeIntervalSince(login.lastUsed) > Self.useWorthNoting { noteUse(login.id) }
            return caller
        } catch let error as DatabaseError where Self.isAbsence(error) {
            throw LoginsUnavailable(description: error.description)
        }
    }

    private func login(by credential: Credential) async throws -> Login {
        switch credential {
        case .deviceToken(let token):
            guard let login = try await database.run(.login(deviceTokenDigest: SHA256.hash(token))) else {
                throw IdentityRefusal.unknown
            }
            return login
        case .accessToken(let token):
            let claims = try await claims(of: token)
            // A session that is gone was there when the token was signed.
            guard let login = try await database.run(.login(ID(claims.session))) else {
                throw IdentityRefusal.revoked
            }
            guard login.user.number == claims.user else { throw IdentityRefusal.badToken(.malformed) }
            return login
        }
    }

    private func claims(of text: String) async throws -> AccessClaims {
        let digest = SHA256.hash(text)
        let now = clock.now
        do {
            if let proof = memo.proof(of: digest), try await keys.key(proof.kid) != nil {
                try proof.claims.check(at: now)
                return proof.claims
            }
            let token = try AccessToken(text)
            guard let key = try await keys.key(token.kid) else { throw TokenFailure.unknownKey(token.kid) }
            let claims = try token.claims(provedBy: key, issuer: issuer)
            try claims.check(at: now)
            memo.remember(SignatureMemo.Proof(claims: claims, kid: token.kid), of: digest, at: now)
            return claims
        } catch let failure as TokenFailure {
            throw IdentityRefusal.badToken(failure)
        }
    }

    private static func isAbsence(_ error: DatabaseError) -> Bool {
        switch error.kind {
        case .unavailable, .overloaded, .connectionLost, .deadlineExceeded: true
        case .refused, .transactionOver, .outsideTransaction, .unexpectedRowCount, .unreadable,
            .badConfiguration,
            .migration:
            false
        }
    }
}
