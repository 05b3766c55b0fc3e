import Backup
import Postgres
import Sockets

/// `migrate restore FILE` and `migrate verify-backup FILE`: what is done with an archive that reporting made.
struct ArchiveCommand {
    private enum Verb: String {
        case restore
        case verify = "verify-backup"
    }

    static let usage = """
        With an archive that reporting made:
          restore FILE        bring it into DATABASE_URL, which must be empty
          verify-backup FILE  restore it into a database that is dropped again, and compare rows and ledger
        """

    private let verb: Verb
    private let path: String

    /// - Parameter arguments: without the program's own name.
    init?(_ arguments: [String]) {
        guard arguments.count == 2, let verb = Verb(rawValue: arguments[0]) else { return nil }
        self.verb = verb
        path = arguments[1]
    }

    /// Whether DATABASE_URL itself is as it was.
    var leavesAlone: Bool { verb == .verify }

    func run(
        on database: Database, at url: String, _ lists: [MigrationList], _ loops: EventLoops
    ) async throws {
        let archive = try BackupArchive(reading: path)
        print("\(path) is whole: \(archive.manifest.rows) rows of \(archive.manifest.tables.count) tables.")
        switch verb {
        case .restore:
            try await RestoreBackup(archive, into: database, lists) { print($0) }.run()
        case .verify:
            let server = DatabaseSettings(url: url, name: "migrate", poolSize: 1)
            try await CheckBackup(archive, on: server, lists, loops: loops) { print($0) }.run()
        }
    }
}
