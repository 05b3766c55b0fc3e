import Backup
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Sockets
import Telemetry

/// Makes the backups that were asked for: one at a time across all instances, behind the answers.
final class MakeBackups: Sendable {
    private let host: Host
    private let settings: BackupSettings
    private let doorbell: Doorbell
    private let instance = String(UInt64.random(in: .min ... .max), radix: 16)

    /// How long a maker is believed to be alive. Extended while it is.
    private static let lease: TimeInterval = 60

    init(_ host: Host, _ settings: BackupSettings) {
        self.host = host
        self.settings = settings
        doorbell = Doorbell(on: host.nextLoop())
    }

    /// There is one to make.
    func ring() { doorbell.ring() }

    func run() async {
        while !Task.isCancelled {
            do { try await makeDue() } catch {
                host.log.warning("backup.unread", ["error": .text("\(error)")])
            }
            await doorbell.wait(atMost: .seconds(5))
        }
    }

    private func makeDue() async throws {
        guard let url = settings.databaseURL else { return }
        let now = host.clock.now
        let due = try await host.database.run(
            .takeBackup(by: instance, until: now + Self.lease, at: now))
        guard let due else { return }
        var event = LogEvent("backup.made", .info, ["backup": .count(Int(due.id.number))])
        do {
            let made = try await make(due, from: try host.database(at: url, name: "backup"))
            event["bytes"] = .count(Int(made.size))
            event["rows"] = .count(Int(made.manifest.rows))
        } catch {
            event.level = .error
            event.fail(error)
            _ = try await host.database.run(
                .failBackup(due.id, by: instance, error: Self.reason(error), at: host.clock.now))
        }
        host.log.write(event)
        try await removeOld()
    }

    private func make(_ due: BackupBody, from database: Database) async throws -> TakeBackup.Result {
        let outcome: Result<TakeBackup.Result, any Error>
        do { outcome = .success(try await write(due, from: database)) } catch { outcome = .failure(error) }
        await database.close()
        return try outcome.get()
    }

    private func write(_ due: BackupBody, from database: Database) async throws -> TakeBackup.Result {
        let name = "voltbus-\(due.id.number)-\(Self.stamp(due.created_at)).tar.gz"
        let path = try Folder(settings.folder).path(of: name)
        let take = TakeBackup(
            database, of: Service.allCases.map(\.rawValue).sorted(), to: path, at: host.clock.now)
        let taken = try await whileHeld(due) { try await take.run() }
        let tables = Dictionary(uniqueKeysWithValues: taken.manifest.tables.map { ($0.name, $0.rows) })
        let kept = try await host.database.run(
            .finishBackup(
                due.id, by: instance, file: name, size: taken.size, sha256: taken.sha256, tables: tables,
                at: host.clock.now))
        guard kept.count == 1 else { throw TakenOver() }
        return taken
    }

    /// Says that this instance is alive, for as long as the work takes.
    private func whileHeld<Value: Sendable>(
        _ due: BackupBody, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (host, instance) = (host, instance)
        let loop = host.nextLoop()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask(executorPreference: loop) { try await work() }
            group.addTask(executorPreference: loop) {
                while true {
                    try await host.sleep(for: .seconds(Self.lease / 3))
                    let held = try await host.database.run(
                        .holdBackup(due.id, by: instance, until: host.clock.now + Self.lease))
                    guard held.count == 1 else { throw TakenOver() }
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    private func removeOld() async throws {
        let folder = Folder(settings.folder)
        for file in try await host.database.run(.removeOldBackups(keeping: settings.keep)) {
            folder.remove(file)
        }
    }

    /// `20261120T030000Z`.
    private static func stamp(_ date: Date) -> String {
        String(date.ISO8601Format().filter { $0 != "-" && $0 != ":" })
    }

    /// What administrators may read of it: our own sentences, not the server's.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let failure as BackupFailure: failure.description
        case let failure as DatabaseError: "the database said no (\(failure.kind))"
        default: "it was cut short"
        }
    }
}

/// Another instance believed this one dead.
private struct TakenOver: Error {}
