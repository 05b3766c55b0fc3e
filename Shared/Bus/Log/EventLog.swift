package import Contracts
import Core
package import FoundationEssentials
package import Postgres

extension Query where Result == Void {
    /// Writes an event into its owner's log. Run it in the transaction of the fact, and `publish` when that has committed.
    package static func announce<Payload: LoggedEvent>(_ event: Payload) -> Self {
        """
        INSERT INTO \(raw: Payload.owner.schema).event_log (kind, subject, payload)
        VALUES (\(Payload.kind), \(event.subject), \(JSONWriter.text(event))::jsonb)
        """
    }

    /// Many of one kind at once, in their order.
    package static func announce<Payload: LoggedEvent>(each events: [Payload]) -> Self {
        """
        INSERT INTO \(raw: Payload.owner.schema).event_log (kind, subject, payload)
        SELECT \(Payload.kind), told.subject, told.payload::jsonb
        FROM unnest(\(events.map(\.subject)), \(events.map { JSONWriter.text($0) }))
            WITH ORDINALITY AS told (subject, payload, place)
        ORDER BY told.place
        """
    }
}

extension Query where Result == RowCount {
    /// Deletes up to `limit` events of `owner` that are older than `date` and that every cursor has passed.
    ///
    /// - Parameter consumers: the services that read this log; their migrations must have made the cursors' views.
    package static func forgetEvents(
        of owner: Service, before date: Date, passedBy consumers: [Service], limit: Int = 5_000
    ) -> Self {
        let unread = consumers.map { consumer in
            """
            EXISTS (
                SELECT FROM \(raw: consumer.viewSchema).event_cursor AS cursor
                WHERE cursor.source = \(owner)
                    AND (cursor.transaction_id, cursor.sequence) < (event.transaction_id, event.sequence)
            )
            """ as SQL
        }
        return """
            DELETE FROM \(raw: owner.schema).event_log
            WHERE sequence IN (
                SELECT event.sequence
                FROM \(raw: owner.schema).event_log AS event
                WHERE event.created_at < \(date) AND NOT (\(unread.joined(by: " OR ", otherwise: "false")))
                ORDER BY event.created_at
                LIMIT \(limit)
            )
            """
    }
}

/// After a restore: the new server counts transactions from another number, so that log and cursors no longer agree with
/// it. Everything in the log becomes readable, in the order of its sequence; each cursor stands before the first event
/// that its consumer has not had, and an event that committed out of order may come a second time, which handlers bear.
///
/// Run all cursors' statements first, then the log's, in one transaction, as the database's owner, before any service runs.
package enum RebaseAfterRestore {
    package static func cursors(of consumer: Service, reading source: Service) -> Query<Void> {
        """
        UPDATE \(raw: consumer.schema).event_cursor AS cursor
        SET transaction_id = '0', sequence = COALESCE(
            (SELECT min(event.sequence) - 1 FROM \(raw: source.schema).event_log AS event
                WHERE (event.transaction_id, event.sequence) > (cursor.transaction_id, cursor.sequence)),
            (SELECT max(event.sequence) FROM \(raw: source.schema).event_log AS event),
            cursor.sequence)
        WHERE cursor.source = \(source)
        """
    }

    package static func log(of owner: Service) -> Query<Void> {
        "UPDATE \(raw: owner.schema).event_log SET transaction_id = '0'"
    }
}
