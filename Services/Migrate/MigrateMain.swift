import AccountsService
import BillingService
import GatewayService
import Lifecycle
import Postgres
import ReportingService
import Settings
import Sockets

/// `migrate up | status | verify | stats`: brings the database to what this build needs, as its owner.
@main enum MigrateMain {
    static func main() async {
        await Program.perform(
            "migrate", about: "the schema of the database", help: MigrateCommand.usage
        ) { launch in
            guard let command = MigrateCommand(launch.arguments) else { throw Misuse() }
            let settings = try MigrateSettings(environment: launch.environment)
            let loops = try EventLoops(count: 1, name: "migrate")
            let url = settings.databaseURL.reveal { $0 }
            let database = try Database(DatabaseSettings(url: url, name: "migrate", poolSize: 2), on: loops)
            let lists = try [
                AccountsMigrations.list, BillingMigrations.list, GatewayMigrations.list,
                ReportingMigrations.list,
            ]
            let outcome = await command.run(on: database, lists) { print($0) }
            await database.close()
            await loops.stop()
            guard outcome == .done else { throw NotDone() }
        }
    }
}

struct MigrateSettings: ReadableSettings {
    let databaseURL: Secret

    init(_ read: inout SettingsReader) {
        databaseURL = read.secretURL(
            "DATABASE_URL", schemes: ["postgresql", "postgres"], "the database, as its owner")
    }
}

/// The command line was not understood; the usage follows.
struct Misuse: Error, CustomStringConvertible {
    var description: String { MigrateCommand.usage }
}

/// What went wrong has been printed already.
struct NotDone: Error, CustomStringConvertible {
    var description: String { "not done" }
}
