package import FoundationEssentials

/// A message on its way: what a service's queue keeps, so that every try sends the very same bytes.
package struct OutgoingMail: Sendable, Equatable {
    package var id: String
    package var date: Date
    package var sender: String
    package var recipients: [String]
    package var message: [UInt8]

    package init(id: String, date: Date, sender: String, recipients: [String], message: [UInt8]) {
        self.id = id
        self.date = date
        self.sender = sender
        self.recipients = recipients
        self.message = message
    }

    package init(_ message: Message) {
        self.init(
            id: message.id, date: message.date, sender: message.sender.address,
            recipients: message.recipients.map(\.address), message: message.bytes)
    }
}

/// When a mail that was not taken is tried again, and when nobody tries any more.
package struct RetrySchedule: Sendable {
    package let delays: [Duration]

    package init(delays: [Duration]) {
        self.delays = delays
    }

    /// Five more times within a day: a short hiccup, a restart, an evening's outage.
    package static let mail = RetrySchedule(
        delays: [.seconds(60), .seconds(300), .seconds(1800), .seconds(7200), .seconds(50_400)])

    /// `failures` counts the tries so far; nil gives up.
    package func delay(after failures: Int) -> Duration? {
        delays.indices.contains(failures - 1) ? delays[failures - 1] : nil
    }
}
