import Sockets

/// Turns many single inserts into few statements: rows that come while a batch is under way make up the next one.
///
///     let readings = CoalescingInsert<Reading>(into: database) { rows in
///         """
///         INSERT INTO gateway.reading (session_id, taken_at, energy_wh)
///         SELECT t.session_id, t.taken_at, t.energy_wh
///         FROM unnest(\(each: rows, \.session), \(each: rows, \.takenAt), \(each: rows, \.energy))
///             AS t (session_id, taken_at, energy_wh)
///         """
///     }
///     try await readings.insert(reading)          // goes on when the row has been committed
///
/// A row that the database refuses fails alone: its batch is halved until it stands by itself.
package final class CoalescingInsert<Row: Sendable>: Sendable {
    private let lanes: [CoalescingLane<Row>]
    private let database: Database

    /// - Parameters:
    ///   - size: how many bytes a row counts against the limits; rows without text may leave it out.
    ///   - committed: told of the rows of each committed statement, on the loop, before their callers go on.
    ///   - statement: writes all the rows it is given, or none.
    package init(
        into database: Database, limits: CoalescingLimits = CoalescingLimits(),
        size: @escaping @Sendable (Row) -> Int = { _ in MemoryLayout<Row>.size },
        committed: (@Sendable ([Row]) -> Void)? = nil, statement: @escaping @Sendable ([Row]) -> Query<Void>
    ) {
        self.database = database
        lanes = database.pools.map { pool in
            CoalescingLane(pool, limits: limits, size: size, committed: committed, statement: statement)
        }
    }

    /// Returns when the row is committed. A task that is cancelled while its row waits takes it back.
    package func insert(_ row: Row) async throws {
        try await lanes[database.poolIndex].insert(row)
    }

    /// Rows that wait or are being written, for metrics.
    package var waiting: Int {
        get async {
            var sum = 0
            for lane in lanes { sum += await lane.waiting }
            return sum
        }
    }

    /// Returns when every row that was given before has been answered.
    package func drain() async {
        for lane in lanes { await lane.drain() }
    }
}

package struct CoalescingLimits: Sendable {
    package var rowsPerBatch = 500
    package var bytesPerBatch = 1 << 20
    /// Statements under way at once, on each loop.
    package var batchesUnderWay = 2
    /// Rows that wait on each loop; more are refused as overload.
    package var waitingRows = 50_000
    package var waitingBytes = 64 << 20
    /// How often a batch that lost a race is run in all.
    package var attempts = 4
    package var patience: Duration = .seconds(10)

    package init() {}
}
