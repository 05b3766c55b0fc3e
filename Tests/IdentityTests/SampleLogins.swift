import Core
import Crypto
import FoundationEssentials
import HTTP
import Identity
import Postgres
import Sockets
import TestSupport
import Testing

/// The two views that accounts publishes, over tables that are made for these tests alone.
enum SampleLogins {
    static let migrations = """
        CREATE TABLE accounts.person (
            id bigint PRIMARY KEY, role text NOT NULL, access_level smallint NOT NULL, is_active boolean NOT NULL
        );
        CREATE TABLE accounts.login_session (
            id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES accounts.person, device_token_digest bytea UNIQUE,
            revoked_at timestamptz, expires_at timestamptz NOT NULL, last_used_at timestamptz NOT NULL
        );
        CREATE TABLE accounts.signing_key (kid text PRIMARY KEY, public_key bytea NOT NULL);
        CREATE VIEW accounts_view.login AS
            SELECT session.id AS login_session_id, session.user_id, session.device_token_digest, person.role,
                person.access_level, person.is_active, session.revoked_at IS NOT NULL AS is_revoked,
                session.expires_at, session.last_used_at
            FROM accounts.login_session AS session JOIN accounts.person ON person.id = session.user_id;
        CREATE VIEW accounts_view.signing_key AS SELECT kid, public_key FROM accounts.signing_key;
        GRANT SELECT ON accounts_view.login, accounts_view.signing_key TO billing;
        """

    static func list() throws -> [MigrationList] {
        [try MigrationList(schema: "accounts", ["v0001_logins": Array(migrations.utf8)])]
    }
}

/// One account with a login of each kind, and the service that asks who it is.
struct Household {
    let clock = ManualClock()
    let key: SigningKey
    let deviceToken = RandomText.deviceToken()
    let owner: Database
    let check: CallerCheck

    static let user: Int64 = 12
    static let deviceLogin: Int64 = 7
    static let refreshLogin: Int64 = 8

    init(noteUse: @escaping @Sendable (Int64) -> Void = { _ in }) async throws {
        key = try SigningKey.generate()
        owner = try FreshDatabase.current.database(as: .owner)
        check = CallerCheck(
            try FreshDatabase.current.database(as: .billing), clock: clock.clock, issuer: "voltbus",
            noteUse: { noteUse($0.number) })
        let now = clock.now
        try await owner.run("INSERT INTO accounts.person VALUES (\(Self.user), 'operator', 3, true)")
        try await owner.run(
            """
            INSERT INTO accounts.login_session VALUES
                (\(Self.deviceLogin), \(Self.user), \(Octets(SHA256.hash(deviceToken))), NULL, \(now + 86_400), \(now)),
                (\(Self.refreshLogin), \(Self.user), NULL, NULL, \(now + 86_400), \(now))
            """)
        try await publish(key, as: "k1")
    }

    func publish(_ key: SigningKey, as kid: String) async throws {
        let bytes = Octets(try key.publicKey.bytes)
        try await owner.run("INSERT INTO accounts.signing_key VALUES (\(kid), \(bytes))")
    }

    func accessToken(
        user: Int64 = user, session: Int64 = refreshLogin, issuer: String = "voltbus",
        by key: SigningKey? = nil,
        kid: String = "k1"
    ) throws -> String {
        let claims = AccessClaims(
            issuer: issuer, user: user, session: session, id: RandomText.opaqueToken(), issued: clock.now,
            expires: clock.now + 900, role: "admin")
        return try AccessToken.issue(claims, by: key ?? self.key, kid: kid)
    }

    /// The caller, or the application code of the refusal.
    func answer(to authorization: String...) async throws -> Answer {
        var headers = Headers()
        for value in authorization { headers.add("Authorization", value) }
        guard let peer = SocketAddress(host: "127.0.0.1", port: 1) else { return .nobody }
        let request = Request(
            method: .get, path: "/", headers: headers, peer: peer, client: "127.0.0.1", id: "r",
            received: clock.monotonic)
        do {
            return try await check.caller(of: request).map(Answer.caller) ?? .nobody
        } catch let refusal as IdentityRefusal {
            #expect(refusal.problem.status == .unauthorized)
            return .refused(refusal.problem.code)
        }
    }

    enum Answer: Equatable {
        case nobody
        case caller(Caller)
        case refused(Int)
    }
}
