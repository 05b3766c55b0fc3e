import Contracts
import Core
import HTTP
import Hosting
import Postgres

struct BackupInput: Codable, Sendable {
    var note: Text<0, 500>?
}

extension Reporting {
    @RouteTable var backupRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/backup", listBackups).failing("Failed to get backups")
            .summary("Archives of the database, page by page").needs(.admin)
        Route(.post, "/api/v1/backup", orderBackup).failing("Failed to create backup")
            .summary("Have an archive of the database made").idempotent.needs(.admin)
        Route(.get, "/api/v1/backup/:id", showBackup).failing("Failed to get backup")
            .summary("One archive").needs(.admin)
        Route(.get, "/api/v1/backup/:id/download", downloadBackup).failing("Failed to get backup")
            .summary("One archive as a file").needs(.admin)
        Route(.delete, "/api/v1/backup/:id", removeBackup).failing("Failed to delete backup")
            .summary("Remove an archive").needs(.admin)
    }

    /// Throws: `ReportingRefusal.backupsNotSetUp`.
    private func requireBackups() throws(ReportingRefusal) {
        guard settings.backup.databaseURL != nil else { throw .backupsNotSetUp }
    }

    func listBackups(_ call: Call<None, PageQuery, None>) async throws -> PagedList<BackupBody> {
        try requireBackups()
        let database = host.database
        return try await PagedList(call.query) {
            Int(try await database.run(.countBackups))
        } rows: { cut in
            try await database.run(.backups(cut))
        }
    }

    func orderBackup(_ call: Call<None, None, BackupInput>) async throws -> Accepted<BackupBody> {
        try requireBackups()
        let (user, note, now) = (call.identified.user, call.body.note?.text, host.clock.now)
        let backup = try await host.database.transaction { database in
            guard let backup = try await database.run(.orderBackup(note: note, by: user, at: now)) else {
                throw ReportingRefusal.backupUnderWay
            }
            let details: JSONValue = ["backup_id": .integer(backup.id.number)]
            let entry = AuditEntry("CREATE_BACKUP", by: user, details, from: call.request)
            try await database.run(.record(entry, in: .reporting, at: now))
            return backup
        }
        backups.ring()
        return Accepted(backup)
    }

    private func backup(_ id: ID<BackupBody>) async throws -> BackupBody {
        try requireBackups()
        guard let backup = try await host.database.run(.backup(id)) else {
            throw ReportingRefusal.noSuchBackup
        }
        return backup
    }

    func showBackup(_ call: Call<ByID<BackupBody>, None, None>) async throws -> OK<BackupBody> {
        OK(try await backup(call.path.id))
    }

    func downloadBackup(_ call: Call<ByID<BackupBody>, None, None>) async throws -> Download<GzipFile> {
        let backup = try await backup(call.path.id)
        guard backup.status == .ready, let name = try await host.database.run(.fileOfBackup(backup.id)) else {
            throw ReportingRefusal.notMade(backup.status.rawValue)
        }
        guard let file = StoredFile(name, in: Folder(settings.backup.folder)) else {
            throw ReportingRefusal.fileGone
        }
        let entry = AuditEntry(
            "DOWNLOAD_BACKUP", by: call.identified.user, ["backup_id": .integer(backup.id.number)],
            from: call.request)
        try await host.database.run(.record(entry, in: .reporting, at: host.clock.now))
        return Download(file.stream, fileName: name)
    }

    func removeBackup(_ call: Call<ByID<BackupBody>, None, None>) async throws -> NoContent {
        _ = try await backup(call.path.id)
        guard let file = try await host.database.run(.removeBackup(call.path.id)) else {
            throw ReportingRefusal.notMade("pending")
        }
        Folder(settings.backup.folder).remove(file)
        return NoContent()
    }
}
