import Contracts
import FoundationEssentials
import Postgres

/// Where a consumer stands in a log.
struct EventCursor: Row, Equatable, Sendable {
    /// A transaction's number as text: `xid8` has 64 bits without a sign.
    var transaction: String
    var sequence: Int64
    var failures: Int32
    var retryAt: Date?

    static let columns = "transaction_id::text, sequence, failures, retry_at"

    init(_ cells: inout Cells) throws {
        transaction = try cells.next()
        sequence = try cells.next()
        failures = try cells.next()
        retryAt = try cells.next()
    }
}

/// An event as it stands in the log.
struct LoggedRow: Row, Equatable, Sendable {
    var transaction: String
    var sequence: Int64
    var kind: String
    var subject: String
    /// Nil for a kind that the consumer did not ask for.
    var payload: String?
    var createdAt: Date

    static let columns = "transaction_id::text, sequence, kind, subject, payload, created_at"

    init(_ cells: inout Cells) throws {
        transaction = try cells.next()
        sequence = try cells.next()
        kind = try cells.next()
        subject = try cells.next()
        payload = try cells.next()
        createdAt = try cells.next()
    }
}

extension Query where Result == [LoggedRow] {
    /// What follows the cursor and can no longer be overtaken: events of transactions older than every running one.
    ///
    /// The order names the table's columns: a bare `transaction_id` would be the one that is selected, which is text, and
    /// text puts 10 before 9.
    static func events(after cursor: EventCursor, of source: Service, kinds: [String], limit: Int) -> Self {
        """
        SELECT event.transaction_id::text, event.sequence, event.kind, event.subject,
            CASE WHEN event.kind = ANY (\(kinds)) THEN event.payload END, event.created_at
        FROM \(raw: source.viewSchema).event AS event
        WHERE (event.transaction_id, event.sequence) > (\(cursor.transaction)::xid8, \(cursor.sequence))
            AND event.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY event.transaction_id, event.sequence
        LIMIT \(limit)
        """
    }
}

extension Query where Result == Bool {
    /// Whether events follow that must wait for a transaction that is still running.
    static func heldBack(after cursor: EventCursor, of source: Service) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM \(raw: source.viewSchema).event
            WHERE (transaction_id, sequence) > (\(cursor.transaction)::xid8, \(cursor.sequence))
        )
        """
    }
}

/// The statements about one consumer's cursor.
struct CursorKey: Sendable {
    let service: Service
    let consumer: String
    let source: Service

    /// - Parameter skippingHistory: a new cursor stands behind everything that has happened so far.
    func make(skippingHistory: Bool) -> Query<Void> {
        """
        INSERT INTO \(raw: service.schema).event_cursor (consumer, source, transaction_id, sequence)
        VALUES (\(consumer), \(source),
            CASE WHEN \(skippingHistory) THEN pg_snapshot_xmin(pg_current_snapshot()) ELSE '0'::xid8 END, 0)
        ON CONFLICT (consumer, source) DO NOTHING
        """
    }

    /// Nil while another instance works on it.
    var lock: Query<EventCursor?> {
        """
        SELECT \(columns: EventCursor.self)
        FROM \(raw: service.schema).event_cursor
        WHERE consumer = \(consumer) AND source = \(source)
        FOR UPDATE SKIP LOCKED
        """
    }

    /// Nil while another instance has it.
    func lease(by holder: String, at now: Date, until end: Date) -> Query<EventCursor?> {
        """
        UPDATE \(raw: service.schema).event_cursor
        SET leased_by = \(holder), leased_until = \(end)
        WHERE consumer = \(consumer) AND source = \(source)
            AND (leased_by IS NULL OR leased_by = \(holder) OR leased_until <= \(now))
        RETURNING \(columns: EventCursor.self)
        """
    }

    func giveBack(by holder: String) -> Query<Void> {
        """
        UPDATE \(raw: service.schema).event_cursor
        SET leased_by = NULL, leased_until = NULL
        WHERE consumer = \(consumer) AND source = \(source) AND leased_by = \(holder)
        """
    }

    /// One row when the cursor is still ours to move.
    func move(past event: LoggedRow, at now: Date, holding holder: String?) -> Query<RowCount> {
        """
        UPDATE \(raw: service.schema).event_cursor
        SET transaction_id = \(event.transaction)::xid8, sequence = \(event.sequence), failures = 0, retry_at = NULL,
            moved_at = \(now)
        WHERE consumer = \(consumer) AND source = \(source) AND leased_by IS NOT DISTINCT FROM \(holder as String?)
        """
    }

    func postpone(to retryAt: Date, from cursor: EventCursor) -> Query<RowCount> {
        """
        UPDATE \(raw: service.schema).event_cursor
        SET failures = failures + 1, retry_at = \(retryAt)
        WHERE consumer = \(consumer) AND source = \(source) AND sequence = \(cursor.sequence)
            AND failures = \(cursor.failures)
        """
    }

    func park(_ event: LoggedRow, after attempts: Int32, because error: String, at now: Date) -> Query<Void> {
        """
        INSERT INTO \(raw: service.schema).event_parked
            (consumer, source, sequence, kind, subject, payload, created_at, attempts, error, parked_at)
        VALUES (\(consumer), \(source), \(event.sequence), \(event.kind), \(event.subject),
            \(event.payload ?? "null")::jsonb, \(event.createdAt), \(attempts), \(error), \(now))
        ON CONFLICT (consumer, source, sequence) DO UPDATE
        SET attempts = event_parked.attempts + excluded.attempts, error = excluded.error, parked_at = excluded.parked_at
        """
    }

    /// The parked event, locked, if it is there and not handled yet.
    func parked(_ sequence: Int64) -> Query<LoggedRow?> {
        """
        SELECT '0', sequence, kind, subject, payload, created_at
        FROM \(raw: service.schema).event_parked
        WHERE consumer = \(consumer) AND source = \(source) AND sequence = \(sequence) AND handled_at IS NULL
        FOR UPDATE
        """
    }

    func handled(parked sequence: Int64, at now: Date) -> Query<Void> {
        """
        UPDATE \(raw: service.schema).event_parked
        SET handled_at = \(now)
        WHERE consumer = \(consumer) AND source = \(source) AND sequence = \(sequence)
        """
    }
}
