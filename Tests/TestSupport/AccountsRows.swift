package import FoundationEssentials
package import Postgres

/// People, logins and tags as rows, for tests of services that only read them: inserted as the owner, behind the back of
/// accounts. What accounts does with its rows is tested through accounts.
package struct AccountsRows: Sendable {
    /// An account that was inserted, and the device token that it is logged in with.
    package struct Person: Sendable {
        package let id: Int64
        package let hex: String
        package let username: String
        package let login: Int64
        package let token: String

        /// What a request carries.
        package var authorization: String { "Bearer \(token)" }
    }

    private let owner: Database
    private let now: Date

    /// - Parameter now: when everything is entered; logins last for 30 days from then on.
    package init(_ owner: Database, at now: Date = ManualClock().now) {
        self.owner = owner
        self.now = now
    }

    /// Into the database of the test that is running.
    package init(at now: Date = ManualClock().now) throws {
        self.init(try FreshDatabase.current.database(as: .owner), at: now)
    }

    /// An account with a login by device token. Columns that no test asks for have their defaults.
    ///
    /// - Parameter role: `user`, `operator` or `admin`.
    package func person(
        _ username: String, role: String = "user", level: Int = 0, plan: String = "default",
        email: String? = nil,
        isActive: Bool = true
    ) async throws -> Person {
        let hex = Self.hex()
        let id: Int64 = try await owner.run(
            """
            INSERT INTO accounts.account (user_hex, username, email, name, role, access_level, payment_plan, status,
                created_at)
            VALUES (\(hex), \(username), \(email ?? "\(username)@example.org"), \(username), \(role), \(Int16(level)),
                \(plan), \(isActive ? "active" : "inactive"), \(now))
            RETURNING id
            """)
        let token = Self.hex()
        let login = try await self.login(of: id, token: token)
        return Person(id: id, hex: hex, username: username, login: login, token: token)
    }

    /// One more login of an account, by the device token given.
    package func login(of user: Int64, token: String) async throws -> Int64 {
        try await owner.run(
            """
            INSERT INTO accounts.login_session (user_id, kind, device_token_digest, ip_address, user_agent, created_at,
                last_used_at, expires_at)
            VALUES (\(user), 'device', sha256(convert_to(\(token), 'UTF8')), '127.0.0.1', 'test', \(now), \(now),
                \(now + 30 * 86_400))
            RETURNING id
            """)
    }

    /// A tag; without a user it is one that a station reported.
    package func tag(
        _ word: String, of user: Int64?, isEnabled: Bool = true, isLocal: Bool = false, expires: Date? = nil,
        parent: String? = nil
    ) async throws {
        try await owner.run(
            """
            INSERT INTO accounts.tag (id_tag, user_id, is_enabled, is_local, expires_at, parent_tag, registered_at)
            VALUES (\(word), \(user as Int64?), \(isEnabled), \(isLocal), \(expires as Date?), \(parent as String?), \(now))
            """)
    }

    private static func hex() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
