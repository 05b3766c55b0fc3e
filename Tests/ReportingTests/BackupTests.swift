import Backup
import Compression
import Core
import Foundation
import HTTP
import Postgres
import ReportingService
import Sockets
import TestSupport
import Testing

@Suite struct `A backup` {
    private struct BackupAnswer: Decodable {
        var id: Int64
        var status: String
        var note: String?
        var size: Int64?
        var sha256: String?
        var tables: [String: Int64]
        var error: String?
    }

    private static let services = ["accounts", "billing", "gateway", "reporting"]

    private var up: ReportingUp { .current }
    private var owner: Database {
        get throws { try FreshDatabase.current.database(as: .owner) }
    }

    /// What `migrate up` does at its end.
    private func grantRights() async throws {
        try await BackupRights.grant(for: Self.services, on: owner)
    }

    private func show(_ id: Int64, as chief: String) async throws -> BackupAnswer {
        let answer = try await up.get("/api/v1/backup/\(id)", as: chief)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONReader.decode(BackupAnswer.self, from: answer.body)
    }

    /// Asks for one and waits until it is over.
    private func made(as chief: String) async throws -> BackupAnswer {
        let ordered = try await up.send(.post, "/api/v1/backup", #"{"note":"before the move"}"#, as: chief)
        try #require(ordered.status == 202, "\(ordered.text)")
        let id = try JSONReader.decode(BackupAnswer.self, from: ordered.body).id
        try await Wait.until { try await show(id, as: chief).status != "pending" }
        return try await show(id, as: chief)
    }

    /// A backup that an administrator has downloaded, as the file that they hold.
    private func downloaded() async throws -> (path: String, bytes: [UInt8], backup: BackupAnswer) {
        let chief = try await up.admin()
        let backup = try await made(as: chief)
        try #require(backup.status == "ready", "\(backup.error ?? "")")
        let answer = try await up.get("/api/v1/backup/\(backup.id)/download", as: chief)
        try #require(answer.status == 200)
        let path = "\(up.outbox)/\(backup.id).tar.gz"
        try Data(answer.body).write(to: URL(filePath: path))
        return (path, answer.body, backup)
    }

    /// Something in every corner, secrets among it.
    private func fill() async throws {
        let anna = try await up.rows.person("anna")
        try await up.facts.end(Charge(1, user: anna.id, cost: 350))
        try await up.facts.end(Charge(2, at: "2026-10-16T12:30:00Z", user: anna.id, cost: 410))
        try await owner.session { session in
            try await session.runScript(
                """
                UPDATE accounts.account SET password_hash = 'planted-password-hash';
                INSERT INTO accounts.recovery_code (user_id, code_digest)
                    SELECT id, 'planted-recovery-code'::bytea FROM accounts.account;
                INSERT INTO accounts.two_factor (user_id, method, sealed_secret, is_active, created_at)
                    SELECT id, 'totp', 'planted-totp-secret', true, now() FROM accounts.account;
                INSERT INTO accounts.signing_key (kid, public_key, sealed_private_key, created_at)
                    VALUES ('k', decode(repeat('ab', 32), 'hex'), 'planted-signing-key', now());
                INSERT INTO reporting.idempotency_key (user_id, route, key, body_digest, body, created_at)
                    VALUES (1, 'r', 'k', 'd', 'planted-answer', now());
                """, within: .seconds(10))
        }
        try await up.caughtUp()
    }

    @Test(.reportingUp, .fact(102)) func `holds every table with its rows and checksum, and no secret`()
        async throws
    {
        try await fill()
        try await grantRights()

        let (path, bytes, backup) = try await downloaded()

        // Reading it compares each file's rows and checksum with the manifest.
        let manifest = try BackupArchive(reading: path).manifest
        #expect(Int64(bytes.count) == backup.size)
        #expect(manifest.rows > 4)
        for table in manifest.tables { #expect(backup.tables[table.name] == table.rows, "\(table.name)") }
        for name in [
            "accounts.account", "gateway.session", "billing.settled_session", "reporting.session_fact",
        ] {
            #expect(manifest.tables.contains { $0.name == name && $0.rows > 0 }, "\(name)")
        }
        let names: [String] = try await owner.run(
            """
            SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY (\(each: Self.services, \.self)) AND c.relkind IN ('r', 'p')
                AND NOT c.relispartition AND c.relname <> 'migration'
            ORDER BY 1
            """)
        for name in names {
            let parts = name.split(separator: ".").map(String.init)
            let isLeftOut = BackupSecrets.leavesOut(table: parts[1], of: parts[0])
            #expect(manifest.tables.contains { $0.name == name } != isLeftOut, "\(name)")
        }
        let text = String(decoding: try Gzip.unpack(bytes, limit: 100_000_000), as: UTF8.self)
        #expect(text.contains("anna@example.org"))
        #expect(!text.contains("planted-"))
        // As the binary columns would be written.
        #expect(!text.contains("planted-recovery-code".utf8.map { String($0, radix: 16) }.joined()))
    }

    @Test(.freshDatabaseOfSuite)
    func `leaves out whatever looks like a secret, unless somebody has looked at it`()
        async throws
    {
        // Named like a secret, and none.
        let harmless: Set<String> = [
            "accounts.charge_point.password_set_at", "gateway.station.password_set_at",
            "accounts.password_reset.codes", "billing.discount.code", "gateway.session.discount_code",
            "gateway.local_list.digest", "accounts.account.postal_code", "accounts.site.postal_code",
            "accounts.parking_lot.pin_code", "accounts.car.country_code",
            "gateway.connector_history.error_code",
            "gateway.connector_status.error_code", "gateway.connector_status.vendor_error_code",
            "gateway.station.is_password_from_key", "gateway.sys_log.error_code",
            "accounts.refused_start.code",
        ]
        let suspects: [String] = try await FreshDatabase.current.database.run(
            """
            SELECT n.nspname || '.' || c.relname || '.' || a.attname
            FROM pg_attribute AS a
            JOIN pg_class AS c ON c.oid = a.attrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY (\(each: Self.services, \.self)) AND c.relkind IN ('r', 'p')
                AND NOT c.relispartition AND c.relname <> 'migration' AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attname ~ 'passw|secret|hash|digest|token|private|_code$|^code$|recovery'
            ORDER BY 1
            """)

        for column in suspects where !harmless.contains(column) && !BackupSecrets.columns.contains(column) {
            let parts = column.split(separator: ".").map(String.init)
            #expect(BackupSecrets.leavesOut(table: parts[1], of: parts[0]), "\(column)")
        }
    }

    @Test(.reportingUp) func `is restored to the row, with events that are read on from where they were`()
        async throws
    {
        try await fill()
        try await grantRights()
        let path = try await downloaded().path
        let archive = try BackupArchive(reading: path)
        let name = "restored_\(UInt32.random(in: .min ... .max))"
        try await owner.session {
            try await $0.runScript("CREATE DATABASE \(name) TEMPLATE template0", within: .seconds(60))
        }
        var settings = try FreshDatabase.current.settings(as: .owner)
        settings.overrides["dbname"] = name
        let restored = try Database(settings, on: TestLoops.shared)

        try await RestoreBackup(archive, into: restored, try SuiteMigrations.lists) { _ in }.run()

        let mails: [String] = try await restored.run("SELECT email FROM accounts.account ORDER BY id")
        #expect(mails.contains("anna@example.org"))
        let energy: Int64 = try await restored.run(
            "SELECT sum(energy_wh)::bigint FROM reporting.session_fact")
        #expect(energy == 20_000)
        let unread: Int64 = try await restored.run(
            """
            SELECT count(*) FROM gateway.event_log AS event
            WHERE NOT EXISTS (
                SELECT FROM reporting.event_cursor AS reader
                WHERE reader.source = 'gateway'
                    AND (reader.transaction_id, reader.sequence) >= (event.transaction_id, event.sequence))
            """)
        #expect(unread == 0)
        // What is written from now on stands behind every reader.
        try await restored.run(
            "INSERT INTO gateway.event_log (kind, subject, payload) VALUES ('session.ended', '3', '{}')")
        let isBehind: Bool = try await restored.run(
            """
            SELECT bool_and((event.transaction_id, event.sequence) > (reader.transaction_id, reader.sequence))
            FROM (SELECT * FROM gateway.event_log ORDER BY sequence DESC LIMIT 1) AS event
            JOIN reporting.event_cursor AS reader ON reader.source = 'gateway'
            """)
        #expect(isBehind)
        await #expect(throws: BackupFailure.self) {
            try await RestoreBackup(archive, into: restored, try SuiteMigrations.lists) { _ in }.run()
        }
        await restored.close()
        try await owner.session {
            try await $0.runScript("DROP DATABASE \(name) WITH (FORCE)", within: .seconds(60))
        }
    }

    @Test(.reportingUp) func `stands the drill, and fails it when a byte has changed`() async throws {
        try await fill()
        try await grantRights()
        let (path, bytes, _) = try await downloaded()
        let server = try FreshDatabase.current.settings(as: .owner)

        try await CheckBackup(
            BackupArchive(reading: path), on: server, try SuiteMigrations.lists, loops: TestLoops.shared
        ) { _ in }.run()

        var damaged = bytes
        damaged[damaged.count / 2] ^= 1
        try Data(damaged).write(to: URL(filePath: path))
        #expect(throws: BackupFailure.self) { try BackupArchive(reading: path) }
        try Data(bytes.dropLast(600)).write(to: URL(filePath: path))
        #expect(throws: BackupFailure.self) { try BackupArchive(reading: path) }
        let left: [String] = try await owner.run(
            "SELECT datname::text FROM pg_database WHERE datname LIKE 'voltbus_drill_%' AND datdba = 'voltbus_owner'::regrole"
        )
        #expect(left.isEmpty)
    }

    @Test(.reportingUp) func `is unpacked by tar as by us`() async throws {
        try await fill()
        try await grantRights()
        let (path, _, backup) = try await downloaded()

        let tar = Process()
        tar.executableURL = URL(filePath: "/bin/tar")
        tar.arguments = ["-tzf", path]
        let output = Pipe()
        tar.standardOutput = output
        try tar.run()
        let listed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tar.waitUntilExit()

        #expect(tar.terminationStatus == 0)
        let names = listed.split(separator: "\n").map(String.init)
        #expect(names.count == backup.tables.count + 1)
        #expect(names.last == "manifest.json")
    }

    @Test(.reportingUp) func `says which right is missing`() async throws {
        let backup = try await made(as: try await up.admin())

        #expect(backup.status == "failed")
        #expect(backup.error?.contains("migrate up") == true, "\(backup.error ?? "")")
    }

    @Test(.reportingUp) func `is one at a time, and an administrator's alone`() async throws {
        let chief = try await up.admin()
        // As if another instance were at it.
        try await owner.run(
            """
            INSERT INTO reporting.backup (status, created_at, leased_by, leased_until)
            VALUES ('pending', \(up.clock.now), 'other', \(up.clock.now + 3_600))
            """)
        let id: Int64 = try await owner.run("SELECT id FROM reporting.backup")

        let second = try await up.send(.post, "/api/v1/backup", as: chief)
        #expect(second.status == 409 && second.code == 2051)
        let early = try await up.get("/api/v1/backup/\(id)/download", as: chief)
        #expect(early.status == 409 && early.code == 2051)
        #expect(try await up.send(.delete, "/api/v1/backup/\(id)", as: chief).status == 409)
        #expect(try await up.get("/api/v1/backup/77", as: chief).status == 404)
        let boss = try await up.rows.person("boss", role: "operator")
        #expect(try await up.get("/api/v1/backup", as: boss.token).status == 403)
    }

    @Test(.reportingUp) func `goes with its file when it is deleted`() async throws {
        try await grantRights()
        let chief = try await up.admin()
        let backup = try await made(as: chief)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(up.outbox)/backups").count == 1)

        #expect(try await up.send(.delete, "/api/v1/backup/\(backup.id)", as: chief).status == 204)

        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(up.outbox)/backups").isEmpty)
        #expect(try await up.get("/api/v1/backup/\(backup.id)", as: chief).status == 404)
    }

    @Test(.reportingUp(with: ["BACKUP_DATABASE_URL": ""])) func `is not there where nobody has set it up`()
        async throws
    {
        let answer = try await up.send(.post, "/api/v1/backup", as: try await up.admin())

        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] != nil)
    }

    @Test(.reportingUp(with: ["BACKUP_SCHEDULE": "12:00", "BACKUP_KEEP": "2"]))
    func `of the schedule is made once, and the oldest of them goes`() async throws {
        try await grantRights()
        try await owner.run(
            """
            INSERT INTO reporting.backup (status, created_at, file)
            SELECT 'ready', \(up.clock.now), 'old-' || n FROM generate_series(1, 3) AS n
            """)
        try await owner.run(
            "INSERT INTO reporting.backup (status, created_at, created_by) VALUES ('ready', \(up.clock.now), 5)"
        )

        up.clock.advance(by: .seconds(2 * 3_600))

        try await Wait.until {
            let left: Int64 = try await owner.run(
                "SELECT count(*) FROM reporting.backup WHERE created_by IS NULL AND status = 'ready'")
            return left == 2
        }

        let made: [String] = try await owner.run(
            "SELECT coalesce(file, '') FROM reporting.backup WHERE created_by IS NULL ORDER BY id")
        #expect(made.first == "old-3")
        let asked: Int64 = try await owner.run("SELECT count(*) FROM reporting.backup WHERE created_by = 5")
        #expect(asked == 1)
    }
}

extension Trait where Self == FreshDatabaseTrait {
    fileprivate static var freshDatabaseOfSuite: Self { .suite(as: .superuser) }
}
