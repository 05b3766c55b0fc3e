package import Core
import FoundationEssentials
import Outbound
package import Postgres
package import Sockets
package import Telemetry

/// A service's mail between the transaction that writes it and the mail server that takes it: a mail server that is away
/// fails no request, and what was committed is sent.
///
///     try await transaction.run(queue.keep(letter, to: mailbox))
///     …
///     queue.ring()      // once it has committed
package final class MailQueue: Sendable {
    private let schema: StaticString
    private let database: Database
    private let sender: MailSender
    private let origin: Mailbox
    private let retries: RetrySchedule
    private let clock: Clock
    private let log: Log
    private let doorbell: Doorbell

    /// Longer than any try may take.
    private static let lease: Duration = .seconds(120)
    private static let width = 4

    /// - Parameter schema: of the service whose migrations made the table of `SQL/mail.sql`.
    package init(
        of schema: StaticString, _ settings: MailSettings, in database: Database, loop: EventLoop,
        clock: Clock, log: Log, retries: RetrySchedule = .mail
    ) {
        self.schema = schema
        self.database = database
        sender = settings.makeSender()
        origin = settings.sender
        self.retries = retries
        self.clock = clock
        self.log = log
        doorbell = Doorbell(on: loop)
    }

    /// Writes the letter into the queue.
    ///
    /// - Parameter isWanted: false does the same work and keeps nothing: who asks for a code learns from the time of the
    ///   answer as little as from the answer whether there is such an account.
    package func keep(_ letter: Letter, to recipient: Mailbox, isWanted: Bool = true) -> Query<Void> {
        let now = clock.now
        let id = [UInt64.random(in: .min ... .max), .random(in: .min ... .max)]
            .map { String($0, radix: 36) }.joined()
        let message = Message(
            id: id, date: now, from: origin, to: [recipient], subject: letter.subject, text: letter.text,
            html: letter.html)
        return """
            INSERT INTO \(raw: schema).mail (message_id, sender, recipient, message, written_at, due_at)
            SELECT \(message.id), \(origin.address), \(recipient.address), \(Octets(message.bytes)), \(now), \(now)
            WHERE \(isWanted)
            """
    }

    /// There is something to send.
    package func ring() { doorbell.ring() }

    /// Sends what is due, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await deliverDue() } catch {
                log.warning("mail.queue_unread", ["error": .text("\(error)")])
            }
            await doorbell.wait(atMost: .seconds(5))
        }
    }

    /// Sends what is due now; a few at a time, for a mail server takes its time over each.
    package func deliverDue() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<Self.width {
                group.addTask { while try await self.deliverOne() {} }
            }
            try await group.waitForAll()
        }
    }

    private func deliverOne() async throws -> Bool {
        guard let held = try await database.run(take(at: clock.now)) else { return false }
        do { try await sender.send(held.mail) } catch {
            try await put(held, after: error)
            return !Task.isCancelled
        }
        try await database.run(forget(held.id))
        return !Task.isCancelled
    }

    private func put(_ held: HeldMail, after error: any Error) async throws {
        var event = LogEvent("mail.unsent", .warning, ["mail": .text(held.mail.id)])
        event["tries"] = .count(Int(held.tries))
        event["error"] = .text("\(error)")
        let delay = error.mayPass ? retries.delay(after: Int(held.tries)) : nil
        if let delay {
            try await database.run(
                putOff(held.id, until: clock.now + Double(delay.wholeMilliseconds) / 1_000))
        } else {
            event.level = .error
            event["given_up"] = true
            try await database.run(forget(held.id))
        }
        log.write(event)
    }

    private func take(at now: Date) -> Query<HeldMail?> {
        """
        UPDATE \(raw: schema).mail
        SET due_at = \(now) + \(Self.lease), tries = tries + 1
        WHERE id = (
            SELECT id FROM \(raw: schema).mail
            WHERE due_at <= \(now)
            ORDER BY due_at, id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        RETURNING \(columns: HeldMail.self)
        """
    }

    private func putOff(_ id: Int64, until date: Date) -> Query<Void> {
        "UPDATE \(raw: schema).mail SET due_at = \(date) WHERE id = \(id)"
    }

    private func forget(_ id: Int64) -> Query<Void> {
        "DELETE FROM \(raw: schema).mail WHERE id = \(id)"
    }
}

extension Error {
    /// Trying again may help: a full disk can be emptied and a server come back.
    fileprivate var mayPass: Bool { (self as? OutboundFailure)?.isTransient ?? true }
}

/// A mail that this process tries to send.
private struct HeldMail: Row, Sendable {
    var id: Int64
    var mail: OutgoingMail
    var tries: Int32

    static let columns = "id, message_id, written_at, sender, recipient, message, tries"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        let message: String = try cells.next()
        let written: Date = try cells.next()
        let sender: String = try cells.next()
        let recipient: String = try cells.next()
        let octets: Octets = try cells.next()
        mail = OutgoingMail(
            id: message, date: written, sender: sender, recipients: [recipient], message: octets.bytes)
        tries = try cells.next()
    }
}
