import AccountsService
import Backup
import BillingService
import GatewayService
import Lifecycle
import Postgres
import ReportingService
import Settings
import Sockets

/// Brings the database to what this build needs, as its owner, and archives back into a database.
@main enum MigrateMain {
    static func main() async {
        await Program.perform(
            "migrate", about: "the schema of the database", help: MigrateMain.usage
        ) { launch in
            let archive = ArchiveCommand(launch.arguments)
            let command = MigrateCommand(launch.arguments)
            let rebuilds = launch.arguments == ["rebuild"]
            guard archive != nil || command != nil || rebuilds else { throw Misuse() }
            let settings = try MigrateSettings(environment: launch.environment)
            let loops = try EventLoops(count: 1, name: "migrate")
            let url = settings.databaseURL.reveal { $0 }
            let database = try Database(DatabaseSettings(url: url, name: "migrate", poolSize: 2), on: loops)
            let lists = try [
                AccountsMigrations.list, BillingMigrations.list, GatewayMigrations.list,
                ReportingMigrations.list,
            ]
            var isDone = true
            do {
                if let archive { try await archive.run(on: database, at: url, lists, loops) }
                if let command { isDone = await command.run(on: database, lists) { print($0) } == .done }
                if rebuilds { isDone = await rebuild(database) == .done }
                // Whatever a migration added is part of the next backup.
                if isDone, archive?.leavesAlone != true, command?.verb == .up || archive != nil {
                    try await BackupRights.grant(for: lists.map(\.service), on: database)
                }
            } catch {
                print("migrate: \(error)")
                isDone = false
            }
            await database.close()
            await loops.stop()
            guard isDone else { throw NotDone() }
        }
    }

    fileprivate static let usage =
        MigrateCommand.usage
        + "\n  rebuild   make the facts and sums of reports anew, beside running services\n\n"
        + ArchiveCommand.usage

    /// All rollups, from what gateway and billing publish.
    private static func rebuild(_ database: Database) async -> MigrateCommand.Outcome {
        let rebuild = RebuildRollups(database)
        do {
            try await rebuild.ask()
            try await rebuild.run { progress in
                switch progress {
                case .facts(let session): print("sessions up to \(session)")
                case .attempts: print("attempts without a session")
                case .sums(let day): print("sums of \(day)")
                case .done: print("done")
                }
            }
            return .done
        } catch {
            print("migrate rebuild: \(error)")
            return .failed
        }
    }
}

struct MigrateSettings: ReadableSettings {
    let databaseURL: Secret

    init(_ read: inout SettingsReader) {
        databaseURL = read.databaseURL(
            "DATABASE_URL", password: "DATABASE_PASSWORD", "the database, as its owner")
    }
}

/// The command line was not understood; the usage follows.
struct Misuse: Error, CustomStringConvertible {
    var description: String { MigrateMain.usage }
}

/// What went wrong has been printed already.
struct NotDone: Error, CustomStringConvertible {
    var description: String { "not done" }
}
