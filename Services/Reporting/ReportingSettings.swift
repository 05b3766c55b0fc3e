import Contracts
import Core
package import Hosting
import Mail
package import Settings

/// What the service reads from its environment.
package struct ReportingSettings: ReadableSettings, Sendable {
    package let host: HostSettings
    let unusedStationDays: Int
    let mail: MailSettings
    let dailyReminderTime: TimeOfDay
    let monthlyReportTime: TimeOfDay
    let exportFolder: String
    let exportRetentionDays: Int
    let backup: BackupSettings
    let storageFolder: String

    package init(_ read: inout SettingsReader) {
        host = HostSettings(&read, for: .reporting)
        unusedStationDays = read.number(
            "UNUSED_STATION_DAYS", in: 1...3_650, otherwise: 10, "without a session until a station is unused"
        )
        mail = MailSettings(&read)
        backup = BackupSettings(&read)
        storageFolder = read.text(
            "STORAGE_FOLDER", otherwise: "data/files", "where finished reports are kept")
        dailyReminderTime = Self.time(
            &read, "DAILY_REMINDER_TIME", otherwise: "18:00", "of the daily reminder, in JOBS_TIMEZONE")
        monthlyReportTime = Self.time(
            &read, "MONTHLY_REPORT_TIME", otherwise: "09:00",
            "of the monthly report, on the first of the month")
        exportFolder = read.text("EXPORT_FOLDER", otherwise: "data/exports", "files that people asked for")
        exportRetentionDays = read.number(
            "EXPORT_RETENTION_DAYS", in: 1...3_650, otherwise: 7, "how long those files are kept")
    }

    private static func time(
        _ read: inout SettingsReader, _ name: String, otherwise standard: String, _ meaning: String
    ) -> TimeOfDay {
        read.value(name, otherwise: standard, expected: "a time such as 18:00", meaning) { TimeOfDay($0) }
    }
}
