package import Contracts
import Core
package import FoundationEssentials
package import Postgres
import Redis
import Sockets
import Telemetry

/// Reads one service's event log from a cursor: in order, nothing twice and nothing left out, whatever is killed when.
///
/// The pub/sub message of an event is only the call to look; it also looks at its start, after each loss of Redis, and
/// once a minute. Instances of a service share the cursor, and one works on it at a time. An event that fails is tried
/// again with growing pauses, then parked and reported, so that it never blocks those behind it for good.
package actor EventConsumer {
    package struct Limits: Sendable {
        /// Events in one transaction.
        package var batch = 100
        /// How often an event is tried before it is parked.
        package var attempts: Int32 = 6
        package var firstPause: Duration = .seconds(1)
        package var longestPause: Duration = .seconds(60)
        /// How often it looks without being called.
        package var look: Duration = .seconds(60)
        /// How soon it looks again after an instance that was working on the cursor.
        package var lookAfterOthers: Duration = .seconds(5)
        /// How long an instance that handles outside a transaction may take for one event.
        package var lease: Duration = .seconds(120)

        package init() {}
    }

    /// Where a new consumer begins.
    package enum Beginning: Sendable {
        /// With everything that is still in the log.
        case oldest
        /// With what happens from now on; what happened in the last moments may be among it.
        case now
    }

    /// What one look at the log came to.
    package enum Look: Equatable, Sendable {
        /// Nothing is left.
        case done
        /// A batch was handled; more may follow.
        case more
        /// Events are there, but a transaction that is older than theirs still runs.
        case heldBack
        /// Another instance is working on the cursor.
        case busy
        /// The next event failed and waits for its next try.
        case waiting(until: Date)
    }

    private enum Work {
        case inTransaction([String: EventHandler<Transaction>])
        case outside([String: EventHandler<Void>])

        var kinds: [String] {
            switch self {
            case .inTransaction(let handlers): handlers.keys.sorted()
            case .outside(let handlers): handlers.keys.sorted()
            }
        }
    }

    package nonisolated let name: String
    package nonisolated let source: Service
    package nonisolated var unownedExecutor: UnownedSerialExecutor { bus.loop.asUnownedSerialExecutor() }

    private let key: CursorKey
    private let work: Work
    private let kinds: [String]
    private let channels: [String]
    private let database: Database
    private let bus: Bus
    private let beginning: Beginning
    private let limits: Limits
    private let onParked: @Sendable (ParkedEvent) async -> Void
    private let committed: @Sendable () -> Void
    private let preparing: @Sendable ([BatchedEvent], Transaction) async throws -> Void
    private let doorbell: Doorbell
    /// After a batch failed, so many events are taken one by one, and the bad one fails alone.
    private var oneByOne = 0
    private var looksHeldBack = 0
    private var hasCursor = false

    /// - Parameters:
    ///   - name: of the consumer within the service; the cursor's name, so it must never change.
    ///   - onParked: beside the log line and the counter: where an operator is told.
    ///   - preparing: called with all events of a transaction before the first of them is handled: the place to take the locks that their
    ///     handlers need, in an order that all who take several agree on.
    ///   - committed: called behind the commit of handled events: the place to tell what the handlers did.
    package init(
        _ name: String, reading source: Service, on database: Database, bus: Bus,
        from beginning: Beginning = .oldest,
        limits: Limits = Limits(), onParked: @escaping @Sendable (ParkedEvent) async -> Void = { _ in },
        preparing: @escaping @Sendable ([BatchedEvent], Transaction) async throws -> Void = { _, _ in },
        committed: @escaping @Sendable () -> Void = {},
        inTransaction handlers: [EventHandler<Transaction>]
    ) {
        self.init(
            name, source, database, bus, beginning, limits, onParked, preparing, committed,
            owners: handlers.map(\.owner),
            .inTransaction(Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })))
    }

    /// - Parameters:
    ///   - name: of the consumer within the service; the cursor's name, so it must never change.
    ///   - onParked: beside the log line and the counter: where an operator is told.
    package init(
        _ name: String, reading source: Service, on database: Database, bus: Bus,
        from beginning: Beginning = .oldest,
        limits: Limits = Limits(), onParked: @escaping @Sendable (ParkedEvent) async -> Void = { _ in },
        outside handlers: [EventHandler<Void>]
    ) {
        self.init(
            name, source, database, bus, beginning, limits, onParked, { _, _ in }, {},
            owners: handlers.map(\.owner),
            .outside(Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })))
    }

    private init(
        _ name: String, _ source: Service, _ database: Database, _ bus: Bus, _ beginning: Beginning,
        _ limits: Limits, _ onParked: @escaping @Sendable (ParkedEvent) async -> Void,
        _ preparing: @escaping @Sendable ([BatchedEvent], Transaction) async throws -> Void,
        _ committed: @escaping @Sendable () -> Void, owners: [Service], _ work: Work
    ) {
        precondition(owners.allSatisfy { $0 == source }, "\(name) reads the log of \(source) only")
        self.name = name
        self.source = source
        self.database = database
        self.bus = bus
        self.beginning = beginning
        self.limits = limits
        self.onParked = onParked
        (self.preparing, self.committed) = (preparing, committed)
        self.work = work
        kinds = work.kinds
        channels = source.channels.map(\.name)
        key = CursorKey(service: bus.service, consumer: name, source: source)
        doorbell = Doorbell(on: bus.loop)
    }

    /// Looks whenever there is reason to, until the task is cancelled.
    package func run() async {
        let doorbell = doorbell
        let subscription = await bus.redis.subscribe(to: channels) { signal in
            switch signal {
            case .live, .message: doorbell.ring()
            case .lost: break
            }
        }
        var failures = 0
        while !Task.isCancelled {
            do {
                let look = try await drain()
                failures = 0
                await doorbell.wait(atMost: patience(after: look))
            } catch is CancellationError {
                break
            } catch {
                failures += 1
                bus.log.warning(
                    "events.consumer_stalled",
                    ["consumer": .text(name), "source": .text(source.rawValue), "error": .text("\(error)")])
                await doorbell.wait(atMost: pause(after: failures, longest: .seconds(5)))
            }
        }
        subscription.cancel()
    }

    private func patience(after look: Look) -> Duration {
        looksHeldBack = look == .heldBack ? looksHeldBack + 1 : 0
        switch look {
        case .done, .more: return limits.look
        // Mostly a matter of milliseconds; a transaction that stays open is not worth asking for all the time.
        case .heldBack: return min(.milliseconds(5) * (1 << min(looksHeldBack, 10)), .seconds(1))
        case .busy: return limits.lookAfterOthers
        case .waiting(let date):
            let seconds = date.timeIntervalSince(bus.clock.now)
            return min(.seconds(max(0.01, seconds)), limits.look)
        }
    }

    private func pause(after failures: Int, longest: Duration) -> Duration {
        min(limits.firstPause * (1 << min(failures - 1, 16)), longest)
    }

    /// Looks until nothing is left to do now.
    package func drain() async throws -> Look {
        if !hasCursor {
            try await database.run(key.make(skippingHistory: beginning == .now))
            hasCursor = true
        }
        while true {
            try Task.checkCancellation()
            let look = try await look()
            if look == .done {
                bus.metrics.caughtUp.with(name).set(Int(bus.clock.now.timeIntervalSince1970))
            }
            guard look == .more else { return look }
        }
    }

    private func look() async throws -> Look {
        do {
            switch work {
            case .inTransaction(let handlers): return try await lookInTransaction(handlers)
            case .outside(let handlers): return try await lookOutside(handlers)
            }
        } catch let failure as Failure {
            return try await record(failure)
        }
    }

    // With the cursor in the same transaction.

    private func lookInTransaction(_ handlers: [String: EventHandler<Transaction>]) async throws -> Look {
        let now = bus.clock.now
        let batch = oneByOne > 0 ? 1 : limits.batch
        let (look, handled) = try await database.transaction { transaction -> (Look, [LoggedRow]) in
            guard let cursor = try await transaction.run(self.key.lock) else { return (.busy, []) }
            if let retryAt = cursor.retryAt, retryAt > now { return (.waiting(until: retryAt), []) }
            let rows = try await self.read(cursor, batch, on: transaction)
            guard let last = rows.last else {
                return (try await self.nothing(after: cursor, on: transaction), [])
            }
            try await self.preparing(rows.compactMap(\.batched), transaction)
            for row in rows {
                guard let handler = handlers[row.kind] else { continue }
                do { try await handler.handle(row, transaction) } catch {
                    throw Failure(row: row, cursor: cursor, batch: rows.count, error: error)
                }
            }
            _ = try await transaction.run(self.key.move(past: last, at: now, holding: nil))
            return (.more, rows)
        }
        oneByOne = max(0, oneByOne - handled.count)
        for row in handled { count(row) }
        if !handled.isEmpty { committed() }
        return look
    }

    private func read(_ cursor: EventCursor, _ batch: Int, on queryable: some Queryable) async throws
        -> [LoggedRow]
    {
        let limit = cursor.failures > 0 ? 1 : batch
        return try await queryable.run(.events(after: cursor, of: source, kinds: kinds, limit: limit))
    }

    private func nothing(after cursor: EventCursor, on queryable: some Queryable) async throws -> Look {
        try await queryable.run(.heldBack(after: cursor, of: source)) ? .heldBack : .done
    }

    private func count(_ row: LoggedRow) {
        guard kinds.contains(row.kind) else { return }
        bus.metrics.handled.with(name, row.kind).add()
    }

    // With the cursor moved after each event.

    private func lookOutside(_ handlers: [String: EventHandler<Void>]) async throws -> Look {
        let holder = bus.instance.text
        let lease = limits.lease
        guard
            let cursor = try await database.run(
                key.lease(by: holder, at: bus.clock.now, until: bus.clock.now + lease))
        else { return .busy }
        let outcome: Result<Look, any Error>
        do {
            outcome = .success(try await lookOutside(handlers, from: cursor, as: holder))
        } catch {
            outcome = .failure(error)
        }
        do { try await database.run(key.giveBack(by: holder)) } catch let error as DatabaseError {
            // The lease runs out by itself; what happened to the events counts more.
            guard error.isUnavailable else { throw error }
        }
        return try outcome.get()
    }

    private func lookOutside(
        _ handlers: [String: EventHandler<Void>], from cursor: EventCursor, as holder: String
    ) async throws -> Look {
        if let retryAt = cursor.retryAt, retryAt > bus.clock.now { return .waiting(until: retryAt) }
        var cursor = cursor
        let rows = try await read(cursor, limits.batch, on: database)
        guard !rows.isEmpty else { return try await nothing(after: cursor, on: database) }
        for row in rows {
            if let handler = handlers[row.kind] {
                do { try await handler.handle(row, ()) } catch {
                    throw Failure(row: row, cursor: cursor, batch: 1, error: error)
                }
            }
            let now = bus.clock.now
            let moved = try await database.run(key.move(past: row, at: now, holding: holder))
            guard moved.count == 1,
                try await database.run(key.lease(by: holder, at: now, until: now + limits.lease)) != nil
            else { return .busy }
            cursor.sequence = row.sequence
            cursor.transaction = row.transaction
            cursor.failures = 0
            count(row)
        }
        return .more
    }

    // Failures.

    private struct Failure: Error {
        let row: LoggedRow
        let cursor: EventCursor
        /// How many events were under way together.
        let batch: Int
        let error: any Error

        /// Whether it says nothing about the event: the database or Redis is away, or we are being stopped.
        var isCircumstance: Bool {
            if error is CancellationError { return true }
            if let error = error as? RedisError { return error.isUnavailable }
            guard let error = error as? DatabaseError else { return false }
            // A statement that takes too long takes too long each time.
            if case .deadlineExceeded = error.kind { return false }
            return error.isUnavailable
        }
    }

    private func record(_ failure: Failure) async throws -> Look {
        if failure.isCircumstance { throw failure.error }
        guard failure.batch == 1 else {
            oneByOne = failure.batch
            return .more
        }
        oneByOne = 0
        let row = failure.row
        let attempts = failure.cursor.failures + 1
        let text = String("\(failure.error)".prefix(1_000))
        bus.metrics.failed.with(name, row.kind).add()
        guard attempts >= limits.attempts else {
            let retryAt = bus.clock.now + pause(after: Int(attempts), longest: limits.longestPause)
            bus.log.warning("events.handler_failed", fields(row, attempts, text))
            _ = try await database.run(key.postpone(to: retryAt, from: failure.cursor))
            return .waiting(until: retryAt)
        }
        guard try await park(row, failure.cursor, attempts, text) else { return .more }
        bus.metrics.parked.with(name, row.kind).add()
        bus.log.error("events.parked", fields(row, attempts, text))
        await onParked(
            ParkedEvent(
                consumer: name, source: source, sequence: row.sequence, kind: row.kind, subject: row.subject,
                attempts: Int(attempts), error: text))
        return .more
    }

    private func fields(_ row: LoggedRow, _ attempts: Int32, _ error: String) -> KeyValuePairs<
        String, LogValue
    > {
        [
            "consumer": .text(name), "source": .text(source.rawValue), "sequence": .integer(row.sequence),
            "kind": .text(row.kind), "subject": .text(row.subject), "attempts": .count(attempts),
            "error": .text(error),
        ]
    }

    /// False when another instance has dealt with it in the meantime.
    private func park(
        _ row: LoggedRow, _ cursor: EventCursor, _ attempts: Int32, _ error: String
    ) async throws -> Bool {
        let now = bus.clock.now
        return try await database.transaction { transaction in
            guard let present = try await transaction.run(self.key.lock), present.sequence == cursor.sequence,
                present.transaction == cursor.transaction
            else { return false }
            guard try await transaction.run(self.key.move(past: row, at: now, holding: nil)).count == 1 else {
                return false
            }
            try await transaction.run(self.key.park(row, after: attempts, because: error, at: now))
            return true
        }
    }

    /// Tries a parked event again, because somebody has mended what made it fail. False when there is none of that number.
    ///
    /// Throws: what the handler throws; the event stays parked then.
    package func retryParked(_ sequence: Int64) async throws -> Bool {
        let now = bus.clock.now
        return try await database.transaction(mayRepeat: false) { transaction in
            guard let row = try await transaction.run(self.key.parked(sequence)) else { return false }
            switch self.work {
            case .inTransaction(let handlers):
                if let event = row.batched { try await self.preparing([event], transaction) }
                try await handlers[row.kind]?.handle(row, transaction)
            case .outside(let handlers): try await handlers[row.kind]?.handle(row, ())
            }
            try await transaction.run(self.key.handled(parked: sequence, at: now))
            return true
        }
    }
}

extension Service {
    /// Where its logged events are told.
    fileprivate var channels: [Channel] {
        switch self {
        case .gateway: [.session, .station]
        case .accounts: [.account]
        case .billing: [.billing]
        case .reporting: []
        }
    }
}

extension Date {
    fileprivate static func + (date: Date, duration: Duration) -> Date {
        date + Double(duration.wholeMilliseconds) / 1_000
    }
}
