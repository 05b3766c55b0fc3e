package import FoundationEssentials

/// Something that happened, told to whoever listens. Most events are only told: who was not listening reads the owner's
/// view, which holds the present state anyway.
///
/// Contracts only grow. A new field is optional, so that readers and writers of two releases understand each other;
/// unknown fields are ignored, unknown kinds skipped. What changes its meaning gets a new kind beside the old one.
package protocol Event: Codable, Equatable, Sendable {
    /// Never changes and is never given to anything else: it is in the rows of event logs.
    static var kind: String { get }
    static var channel: Channel { get }
}

/// An event that must not be lost: also a row of its owner's event log, written in the transaction of the fact.
///
/// A consumer that was away finds it there; for a consumer, the message on the channel is only the call to look.
package protocol LoggedEvent: Event {
    static var owner: Service { get }
    /// What it is about, as text: the number of the session, of the user, the identity of the charge point. Consumers
    /// that act once per subject key their own rows by it.
    var subject: String { get }
}

/// How an event travels on its channel.
package struct EventEnvelope<Payload: Event>: Codable, Sendable {
    /// Of this envelope; a reader skips what is newer than it knows.
    package var v: Int
    package var kind: String
    /// When it was told, by the teller's clock.
    package var at: Date
    package var payload: Payload

    package init(_ payload: Payload, at date: Date) {
        v = 1
        kind = Payload.kind
        at = date
        self.payload = payload
    }
}

/// The part of any envelope that tells how to read the rest.
package struct EnvelopeHead: Codable, Sendable {
    package var v: Int
    package var kind: String

    package static let newest = 1
}
