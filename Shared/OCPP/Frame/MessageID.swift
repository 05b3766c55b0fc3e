import FoundationEssentials

/// What ties an answer to its question: at most 36 characters, which a UUID fills. OCPP-J 1.6, §4.1.4.
package struct MessageID: Hashable, Sendable, CustomStringConvertible {
    package static let longest = 36

    package let text: String

    /// Nil when it is empty or too long.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.longest || text.unicodeScalars.count <= Self.longest
        else { return nil }
        self.text = text
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// What an answer to something without a readable id carries. OCPP 2.0.1 part 4, §4.2.3.
    package static let unreadable = MessageID(unchecked: "-1")

    /// One that nobody else uses.
    package static func random() -> MessageID { MessageID(unchecked: UUID().uuidString) }

    /// The `number`th of a connection: short, and enough where ids are remembered per connection only.
    package init(number: UInt64) {
        text = String(number)
    }

    package var description: String { text }
}
