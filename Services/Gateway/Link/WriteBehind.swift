import Core
import Hosting
import Lifecycle
import Postgres
import Synchronization
import Telemetry

/// Rows that are written a little later and all together, and given up first when the database is behind: evidence, never
/// facts.
final class WriteBehind<Row: Sendable>: Sendable {
    private let rows = Mutex<[Row]>([])
    private let database: Database
    private let most: Int
    private let lost: Counter
    private let statement: @Sendable ([Row]) -> Query<Void>

    /// Rows of one statement.
    private static var batch: Int { 1_000 }
    private static var pause: Duration { .milliseconds(300) }

    /// - Parameters:
    ///   - most: rows that wait; newer ones are dropped and counted.
    init(
        into database: Database, most: Int, lost: Counter,
        _ statement: @escaping @Sendable ([Row]) -> Query<Void>
    ) {
        self.database = database
        self.most = most
        self.lost = lost
        self.statement = statement
    }

    func add(_ row: Row) {
        let isLost = rows.withLock { rows in
            guard rows.count < most else { return true }
            rows.append(row)
            return false
        }
        if isLost { lost.add() }
    }

    /// Writes until it is cancelled, and then what is left.
    func run(on host: Host) async {
        while !Task.isCancelled {
            await write()
            // Cancelled: the loop ends.
            try? await host.sleep(for: Self.pause)
        }
        await write()
    }

    private func write() async {
        while true {
            let batch = rows.withLock { rows in
                let part = Array(rows.prefix(Self.batch))
                rows.removeFirst(part.count)
                return part
            }
            guard !batch.isEmpty else { return }
            do { try await database.run(statement(batch)) } catch { lost.add(batch.count) }
        }
    }
}
