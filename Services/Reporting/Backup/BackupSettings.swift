import Core
import Settings

/// Where backups go, and when they are made.
struct BackupSettings: Sendable {
    let folder: String
    /// Nil: nobody has set up the role, and there are no backups.
    let databaseURL: Secret?
    /// Nil: only when somebody asks.
    let schedule: TimeOfDay?
    let keep: Int

    init(_ read: inout SettingsReader) {
        folder = read.text(
            "BACKUP_FOLDER", otherwise: "data/backups", "where archives of the database are kept")
        databaseURL = read.optionalDatabaseURL(
            "BACKUP_DATABASE_URL", password: "BACKUP_DATABASE_PASSWORD",
            "role that reads every table except secrets; without it there are no backups")
        schedule = read.optionalText(
            "BACKUP_SCHEDULE", expected: "HH:MM, or nothing", "when a backup is made, daily"
        ) { TimeOfDay($0) != nil }.flatMap { TimeOfDay($0) }
        keep = read.number(
            "BACKUP_KEEP", in: 1...1_000, otherwise: 7, "backups of the schedule that are kept")
    }
}
