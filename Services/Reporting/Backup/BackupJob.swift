import Core
import Hosting
import Jobs
import Postgres

extension Reporting {
    /// BACKUP_SCHEDULE: asks for a backup as an administrator does, once a day across all instances.
    var backupJobs: [Job] {
        guard let time = settings.backup.schedule, settings.backup.databaseURL != nil else { return [] }
        return [
            Job("backup", .daily(at: time)) { [self] _ in
                let backup = try await host.database.run(
                    .orderBackup(note: nil, by: nil, at: host.clock.now))
                backups.ring()
                // Somebody's own is under way: tried again later, for the schedule counts its own.
                guard let backup else { throw ReportingRefusal.backupUnderWay }
                return ["backup": backup.id.number]
            }
        ]
    }
}
