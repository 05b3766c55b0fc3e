import Crypto
import FoundationEssentials
import Postgres
import Synchronization

/// Signs access tokens with a key that every instance of the service shares: a row, its private part sealed under
/// SECRET_KEY, made by whoever starts first.
final class TokenSigner: Sendable {
    private struct Held {
        let kid: String
        let key: SigningKey
    }

    private let database: Database
    private let box: SecretBox
    private let configured: SigningKey?
    private let held = Mutex<Held?>(nil)

    /// - Parameter configured: of JWT_PRIVATE_KEY_FILE; it takes the place of a key that was made.
    init(_ database: Database, _ box: SecretBox, configured: SigningKey?) {
        self.database = database
        self.box = box
        self.configured = configured
    }

    /// Throws: `DatabaseError` while the key cannot be read for the first time.
    func sign(_ claims: AccessClaims, at now: Date) async throws -> String {
        let held = try await key(at: now)
        return try AccessToken.issue(claims, by: held.key, kid: held.kid)
    }

    private func key(at now: Date) async throws -> Held {
        if let known = held.withLock({ $0 }) { return known }
        let found =
            if let configured { try await publish(configured, at: now) } else { try await share(at: now) }
        held.withLock { $0 = found }
        return found
    }

    /// A configured key is named by its thumbprint, so that every instance names it alike.
    private func publish(_ key: SigningKey, at now: Date) async throws -> Held {
        let shown = try key.publicKey
        let kid = shown.thumbprint
        try await database.run(.enterKey(kid, shown.bytes, try seal(key, kid), at: now))
        return Held(kid: kid, key: key)
    }

    /// The newest key that is there, or a new one: of two instances that make one at once, both use the first's.
    private func share(at now: Date) async throws -> Held {
        for _ in 0..<2 {
            if let row = try await database.run(.newestKey) {
                let pem = try box.openText(row.sealed, for: Self.place(row.kid))
                return Held(kid: row.kid, key: try SigningKey(pem: pem))
            }
            let made = try SigningKey.generate()
            let shown = try made.publicKey
            let kid = shown.thumbprint
            try await database.run(.enterFirstKey(kid, shown.bytes, try seal(made, kid), at: now))
        }
        throw NoSigningKey()
    }

    private func seal(_ key: SigningKey, _ kid: String) throws -> String {
        try box.seal(try key.pem(), for: Self.place(kid))
    }

    /// What a sealed key is good for: it opens in no other column.
    private static func place(_ kid: String) -> String { "signing_key:\(kid)" }
}

struct NoSigningKey: Error {}

private struct SealedKey: Row {
    var kid: String
    var sealed: String

    static let columns = "kid, sealed_private_key"

    init(_ cells: inout Cells) throws {
        kid = try cells.next()
        sealed = try cells.next()
    }
}

extension Query where Result == SealedKey? {
    fileprivate static var newestKey: Self {
        """
        SELECT \(columns: SealedKey.self) FROM accounts.signing_key
        WHERE retired_at IS NULL
        ORDER BY created_at DESC, kid
        LIMIT 1
        """
    }
}

extension Query where Result == Void {
    fileprivate static func enterKey(_ kid: String, _ shown: [UInt8], _ sealed: String, at now: Date) -> Self
    {
        """
        INSERT INTO accounts.signing_key (kid, public_key, sealed_private_key, created_at)
        VALUES (\(kid), \(Octets(shown)), \(sealed), \(now))
        ON CONFLICT (kid) DO UPDATE SET retired_at = NULL
        """
    }

    fileprivate static func enterFirstKey(
        _ kid: String, _ shown: [UInt8], _ sealed: String, at now: Date
    ) -> Self {
        """
        WITH alone AS (SELECT pg_advisory_xact_lock(8081, 1))
        INSERT INTO accounts.signing_key (kid, public_key, sealed_private_key, created_at)
        SELECT \(kid), \(Octets(shown)), \(sealed), \(now) FROM alone
        WHERE NOT EXISTS (SELECT FROM accounts.signing_key WHERE retired_at IS NULL)
        """
    }
}

/// A key as everybody may see it.
struct PublishedKey: Row {
    var kid: String
    var bytes: Octets

    static let columns = "kid, public_key"

    init(_ cells: inout Cells) throws {
        kid = try cells.next()
        bytes = try cells.next()
    }
}

extension Query where Result == [PublishedKey] {
    static var publishedKeys: Self {
        "SELECT \(columns: PublishedKey.self) FROM accounts.signing_key ORDER BY created_at, kid LIMIT 100"
    }
}
