package import Contracts
import Core
package import FoundationEssentials
package import Postgres

/// A logged event as its consumer gets it.
package struct Occurrence<Payload: LoggedEvent>: Sendable {
    package let event: Payload
    /// In the owner's log; with the owner's name it is the key by which a consumer knows that it had it before.
    package let sequence: Int64
    package let announcedAt: Date

    package var key: String { "\(Payload.owner.rawValue):\(sequence)" }
}

/// What a consumer does with one kind of event. It may be called twice with the same event, and must not mind.
///
/// `Context` is the transaction that also moves the cursor, or nothing.
package struct EventHandler<Context>: Sendable {
    let kind: String
    let owner: Service
    let handle: @Sendable (LoggedRow, Context) async throws -> Void

    private init<Payload: LoggedEvent>(
        _ type: Payload.Type,
        _ handle: @escaping @Sendable (Occurrence<Payload>, Context) async throws -> Void
    ) {
        kind = Payload.kind
        owner = Payload.owner
        self.handle = { row, context in
            let event = try JSONReader.decode(Payload.self, from: Array((row.payload ?? "null").utf8))
            try await handle(
                Occurrence(event: event, sequence: row.sequence, announcedAt: row.createdAt), context)
        }
    }
}

extension EventHandler where Context == Transaction {
    /// Takes effect with the move of the cursor or not at all: exactly once, as long as it only talks to the database.
    package static func on<Payload: LoggedEvent>(
        _ type: Payload.Type,
        _ body: @escaping @Sendable (Occurrence<Payload>, Transaction) async throws -> Void
    ) -> Self {
        Self(type, body)
    }
}

extension EventHandler where Context == Void {
    /// At least once: for what leaves the database, such as mail.
    package static func on<Payload: LoggedEvent>(
        _ type: Payload.Type, _ body: @escaping @Sendable (Occurrence<Payload>) async throws -> Void
    ) -> Self {
        Self(type) { occurrence, _ in try await body(occurrence) }
    }
}

/// One of the events of a transaction, before it is handled.
package struct BatchedEvent: Sendable {
    package let kind: String
    package let subject: String
    package let payload: String
}

extension LoggedRow {
    /// Nil for a kind that nobody asked for.
    var batched: BatchedEvent? { payload.map { BatchedEvent(kind: kind, subject: subject, payload: $0) } }
}

/// An event that was set aside because its handler failed too often.
package struct ParkedEvent: Sendable {
    package let consumer: String
    package let source: Service
    package let sequence: Int64
    package let kind: String
    package let subject: String
    package let attempts: Int
    package let error: String
}
