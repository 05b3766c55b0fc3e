import Foundation
import Postgres
import Sockets
import Testing

/// The scratch cluster that TEST_DATABASE_URL names: templates are made there once, and copied for every test.
actor DatabaseServer {
    static let isConfigured = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] != nil
    static let whySkipped: Comment = "TEST_DATABASE_URL names no PostgreSQL; deploy/test starts one"

    /// What every role of a test cluster logs in with.
    private static let password = "test"
    /// The advisory lock of those who make templates, in this process or another.
    private static let lock: Int64 = 7_465_737_400

    private static let opening = Task { try await DatabaseServer() }

    static func shared() async throws -> DatabaseServer { try await opening.value }

    static func url() throws -> String {
        guard let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] else {
            throw DatabaseError(.badConfiguration, "TEST_DATABASE_URL is not set.")
        }
        return url
    }

    static func overrides(database: String, role: FreshDatabase.Role) -> [String: String] {
        role == .superuser
            ? ["dbname": database] : ["dbname": database, "user": role.rawValue, "password": password]
    }

    /// `url` with another database and user.
    static func url(_ url: String, database: String, role: FreshDatabase.Role) -> String {
        var parts = url.split(separator: "?", maxSplits: 1)
        var base = String(parts.removeFirst())
        let scheme = base.range(of: "://").map { String(base[..<$0.upperBound]) } ?? "postgresql://"
        base.removeFirst(min(scheme.count, base.count))
        let authority =
            base.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let halves = authority.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let host = halves.last ?? ""
        let user = role == .superuser ? (halves.count > 1 ? halves[0] : "") : "\(role.rawValue):\(password)"
        let query = parts.first.map { "?\($0)" } ?? ""
        return "\(scheme)\(user.isEmpty ? "" : "\(user)@")\(host)/\(database)\(query)"
    }

    private let admin: Database
    private var templates: [String: Task<Void, any Error>] = [:]
    private var copies = 0

    private init() async throws {
        var settings = DatabaseSettings(url: try Self.url(), name: "test admin", poolSize: 4)
        settings.limits.statement = .seconds(60)
        settings.limits.waitForConnection = .seconds(120)
        admin = try Database(settings, on: TestLoops.shared)
    }

    func copyTemplate(of lists: [MigrationList]) async throws -> String {
        let schemas = try String(contentsOf: Self.schemas, encoding: .utf8)
        let template = "template_\(Self.digest(of: lists, schemas))"
        let building = templates[template] ?? Task { try await self.build(template, lists, schemas) }
        templates[template] = building
        try await building.value
        copies += 1
        let name = "test_\(ProcessInfo.processInfo.processIdentifier)_\(copies)"
        try await script("CREATE DATABASE \(name) TEMPLATE \(template) OWNER voltbus_owner")
        return name
    }

    func drop(_ name: String) async throws {
        try await script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    private func script(_ text: String) async throws {
        try await admin.session { try await $0.runScript(text, within: .seconds(60)) }
    }

    /// Built under another name and renamed when it is complete, so that a process that died leaves no half of one.
    private func build(_ template: String, _ lists: [MigrationList], _ schemas: String) async throws {
        try await admin.session { session in
            let _: Int32 = try await session.run(
                "SELECT 1 FROM pg_advisory_lock(\(Self.lock))", within: .seconds(120))
            let exists: Bool = try await session.run(
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname = \(template))")
            if !exists {
                try await session.runScript(Self.roles, within: .seconds(30))
                let draft = "\(template)_draft"
                try await session.runScript(
                    "DROP DATABASE IF EXISTS \(draft) WITH (FORCE)", within: .seconds(30))
                try await session.runScript(
                    "CREATE DATABASE \(draft) TEMPLATE template0", within: .seconds(60))
                try await Self.fill(draft, lists, schemas)
                try await session.runScript(
                    "ALTER DATABASE \(draft) RENAME TO \(template)", within: .seconds(30))
            }
            let _: Bool = try await session.run("SELECT pg_advisory_unlock(\(Self.lock))")
        }
    }

    private static func fill(_ name: String, _ lists: [MigrationList], _ schemas: String) async throws {
        let superuser = try Database(settings(name, .superuser), on: TestLoops.shared)
        try await superuser.session { try await $0.runScript(schemas, within: .seconds(30)) }
        await superuser.close()
        guard !lists.isEmpty else { return }
        let owner = try Database(settings(name, .owner), on: TestLoops.shared)
        try await MigrationRunner(owner, lists).up()
        await owner.close()
    }

    private static func settings(_ name: String, _ role: FreshDatabase.Role) throws -> DatabaseSettings {
        var settings = DatabaseSettings(url: try url(), name: "test template", poolSize: 1)
        settings.overrides = overrides(database: name, role: role)
        return settings
    }

    /// The roles of 01-roles.sql; that file itself is psql's, because it reads passwords from the environment.
    private static var roles: String {
        FreshDatabase.Role.allCases.filter { $0 != .superuser }.map { role in
            """
            DO $$ BEGIN CREATE ROLE \(role.rawValue) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            ALTER ROLE \(role.rawValue) PASSWORD '\(password)';
            \(role == .owner ? "ALTER ROLE \(role.rawValue) CREATEDB;" : "ALTER ROLE \(role.rawValue) SET search_path TO '';")
            """
        }.joined(separator: "\n")
    }

    private static let schemas = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/postgres/02-schemas.sql")

    /// Another content is another template (FNV-1a, the same in every process).
    private static func digest(of lists: [MigrationList], _ schemas: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let texts = lists.flatMap { list in list.migrations.flatMap { [list.service, $0.name, $0.text] } }
        for byte in ([schemas] + texts).joined(separator: "\u{1F}").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
