import Contracts
import Core
package import FoundationEssentials
import Hosting
import Jobs
import Postgres

extension Reporting {
    /// What the service does on a schedule (5.12); each once for its key, whoever runs it.
    var jobs: [Job] {
        let rebuild = RebuildRollups(host.database, clock: host.clock)
        return [
            Job("monthly report", .monthly(day: 1, at: settings.monthlyReportTime), grace: .seconds(86_400)) {
                [self] run in
                ["letters": try await sendMonthlyReports(on: run.dueAt, key: run.key)]
            },
            Job("daily reminder", .daily(at: settings.dailyReminderTime)) { [self] run in
                ["letters": try await sendDailyReminders(on: run.dueAt, key: run.key)]
            },
            Job("unused stations", .daily(at: Self.threeInTheMorning)) { [self] run in
                ["stations": try await noteUnusedStations(on: run.dueAt)]
            },
            Job("export clean-up", .every(seconds: 3_600)) { [self] _ in
                ["forgotten": try await forgetExports()]
            },
            Job("letters written", .every(seconds: 3_600)) { [self] _ in
                ["forgotten": try await forgetLetters()]
            },
            // Asked for by a migration, or left half done by `migrate rebuild`.
            Job("rebuild of rollups", .every(seconds: 60)) { _ in ["portions": try await rebuild.run()] },
            Job("attempts", .every(seconds: 300)) { [self] _ in ["portions": try await gatherAttempts()] },
            Job("report clean-up", .every(seconds: 3_600)) { [self] _ in
                ["forgotten": try await forgetDocuments()]
            },
        ] + backupJobs
    }

    private static let threeInTheMorning = TimeOfDay(minutes: 180) ?? .midnight

    /// One entry for each time that a station falls out of use, however many days that lasts.
    package func noteUnusedStations(on moment: Date) async throws -> Int {
        let since = moment - Double(settings.unusedStationDays) * 86_400
        let noted: RowCount = try await host.database.run(
            """
            INSERT INTO reporting.audit_entry (action, details, created_at)
            SELECT 'unused_station',
                jsonb_build_object('station_id', unused.station_id, 'name', unused.name, 'last_session', unused.last_session),
                \(moment)
            FROM (\(SQL.unusedStations(since: since))) AS unused
            WHERE NOT EXISTS (
                SELECT FROM reporting.audit_entry AS entry
                WHERE entry.action = 'unused_station'
                    AND (entry.details ->> 'station_id')::bigint = unused.station_id
                    AND (unused.last_session IS NULL OR entry.created_at > unused.last_session)
            )
            """)
        return noted.count
    }

    /// A job is run again within a day or so; two months keep the last monthly report.
    private func forgetLetters() async throws -> Int {
        let gone: RowCount = try await host.database.run(
            "DELETE FROM reporting.job_letter WHERE written_at < \(host.clock.now - 62 * 86_400)")
        return gone.count
    }
}
