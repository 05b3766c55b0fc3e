import Core
import Sockets

/// The rows of one loop on their way into the database.
actor CoalescingLane<Row: Sendable> {
    private let pool: ConnectionPool
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let limits: CoalescingLimits
    private let size: @Sendable (Row) -> Int
    private let committed: (@Sendable ([Row]) -> Void)?
    private let statement: @Sendable ([Row]) -> Query<Void>

    private var queue = Queue<WaitingRow<Row>>()
    private var queuedBytes = 0
    private var underWay = 0
    private var rowsUnderWay = 0
    private var willStart = false
    private var onEmpty: [CheckedContinuation<Void, Never>] = []

    init(
        _ pool: ConnectionPool, limits: CoalescingLimits, size: @escaping @Sendable (Row) -> Int,
        committed: (@Sendable ([Row]) -> Void)?, statement: @escaping @Sendable ([Row]) -> Query<Void>
    ) {
        self.pool = pool
        loop = pool.loop
        self.limits = limits
        self.size = size
        self.committed = committed
        self.statement = statement
    }

    var waiting: Int { queue.count + rowsUnderWay }

    func insert(_ row: Row) async throws {
        let waiting = WaitingRow(row, size: size(row))
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.awaitAnswer(continuation)
                add(waiting)
            }
        } onCancel: {
            loop.execute { waiting.cancel() }
        }
    }

    private func add(_ row: WaitingRow<Row>) {
        guard queue.count < limits.waitingRows, queuedBytes + row.size <= limits.waitingBytes || queue.isEmpty
        else {
            return row.finish(DatabaseError(.overloaded, "Too many rows wait to be written."))
        }
        queue.append(row)
        queuedBytes += row.size
        startSoon()
    }

    /// At the end of the loop's turn, so that all rows of this turn go together.
    private func startSoon() {
        guard !willStart, underWay < limits.batchesUnderWay else { return }
        willStart = true
        loop.beforeWaiting { [self] in
            willStart = false
            startBatches()
        }
    }

    private func startBatches() {
        while underWay < limits.batchesUnderWay, let batch = nextBatch() {
            underWay += 1
            rowsUnderWay += batch.count
            Task.immediate(executorPreference: loop) {
                await write(batch)
                underWay -= 1
                rowsUnderWay -= batch.count
                startBatches()
                if underWay == 0, queue.isEmpty { resumeDrained() }
            }
        }
    }

    private func nextBatch() -> [WaitingRow<Row>]? {
        var batch: [WaitingRow<Row>] = []
        var bytes = 0
        while let row = queue.first, batch.count < limits.rowsPerBatch,
            batch.isEmpty || bytes + row.size <= limits.bytesPerBatch
        {
            queue.popFirst()
            queuedBytes -= row.size
            // A row whose caller has left is answered already.
            guard row.start() else { continue }
            bytes += row.size
            batch.append(row)
        }
        return batch.isEmpty ? nil : batch
    }

    private func write(_ batch: [WaitingRow<Row>]) async {
        do {
            try await insert(batch.map(\.row))
            for row in batch { row.finish(nil) }
        } catch let error as DatabaseError where batch.count > 1 && error.state?.blamesData == true {
            // Halves, not single rows at once: the good ones stay in few commits.
            let middle = batch.count / 2
            await write(Array(batch[..<middle]))
            await write(Array(batch[middle...]))
        } catch {
            for row in batch { row.finish(error) }
        }
    }

    private func insert(_ rows: [Row]) async throws {
        let query = statement(rows)
        var attempts = 1
        while true {
            do {
                _ = try await pool.run(query.sql, within: limits.patience)
                committed?(rows)
                return
            } catch let error as DatabaseError
                where error.state?.isLostRace == true && attempts < limits.attempts
            {
                await pool.pause(
                    Backoff.pause(after: attempts, first: .milliseconds(2), longest: .milliseconds(100)))
                attempts += 1
            }
        }
    }

    func drain() async {
        guard underWay > 0 || !queue.isEmpty else { return }
        await withCheckedContinuation { onEmpty.append($0) }
    }

    private func resumeDrained() {
        let continuations = onEmpty
        onEmpty = []
        for continuation in continuations { continuation.resume() }
    }
}

/// One row and who waits for it. Touched on its loop's thread only.
private final class WaitingRow<Row: Sendable>: @unchecked Sendable {
    let row: Row
    let size: Int
    private var hasStarted = false
    private var answer: CheckedContinuation<Void, any Error>?

    init(_ row: Row, size: Int) {
        self.row = row
        self.size = size
    }

    func awaitAnswer(_ continuation: CheckedContinuation<Void, any Error>) {
        answer = continuation
    }

    /// Returns whether somebody still waits for it.
    func start() -> Bool {
        hasStarted = answer != nil
        return hasStarted
    }

    func finish(_ error: (any Error)?) {
        if let error { answer?.resume(throwing: error) } else { answer?.resume() }
        answer = nil
    }

    /// Too late for a row that is being written: its caller hears how that ends.
    func cancel() {
        if !hasStarted { finish(CancellationError()) }
    }
}
