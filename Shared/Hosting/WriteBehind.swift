import Core
import Lifecycle
package import Postgres
import Synchronization
package import Telemetry

/// Rows that are written a little later and all together, and given up first when the database is behind: evidence, never
/// facts.
package final class WriteBehind<Row: Sendable>: Sendable {
    private struct Waiting {
        var rows: [Row] = []
        var bytes = 0
    }

    private let waiting = Mutex(Waiting())
    private let database: Database
    private let most: Int
    private let lost: Counter
    private let size: @Sendable (Row) -> Int
    private let statement: @Sendable ([Row]) -> Query<Void>

    /// Rows of one statement.
    private static var batch: Int { 1_000 }
    private static var pause: Duration { .milliseconds(300) }
    /// Text of rows that wait: what stations write at length must not fill the memory while the database is behind.
    private static var mostBytes: Int { 8 << 20 }

    /// - Parameters:
    ///   - most: rows that wait; newer ones are dropped and counted.
    ///   - size: about how many bytes a row takes.
    package init(
        into database: Database, most: Int, lost: Counter, size: @escaping @Sendable (Row) -> Int,
        _ statement: @escaping @Sendable ([Row]) -> Query<Void>
    ) {
        self.database = database
        self.most = most
        self.lost = lost
        self.size = size
        self.statement = statement
    }

    package func add(_ row: Row) {
        let bytes = size(row)
        let isLost = waiting.withLock { waiting in
            guard waiting.rows.count < most, waiting.bytes + bytes <= Self.mostBytes else { return true }
            waiting.rows.append(row)
            waiting.bytes += bytes
            return false
        }
        if isLost { lost.add() }
    }

    /// Writes until it is cancelled, and then what is left.
    package func run(on host: Host) async {
        while !Task.isCancelled {
            await write()
            // Cancelled: the loop ends.
            try? await host.sleep(for: Self.pause)
        }
        await write()
    }

    private func write() async {
        while true {
            let batch = waiting.withLock { waiting in
                let part = Array(waiting.rows.prefix(Self.batch))
                waiting.rows.removeFirst(part.count)
                waiting.bytes -= part.reduce(0) { $0 + size($1) }
                return part
            }
            guard !batch.isEmpty else { return }
            do { try await database.run(statement(batch)) } catch { lost.add(batch.count) }
        }
    }
}
