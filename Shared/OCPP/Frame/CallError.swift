package import Core

/// A "no" on the wire: the code, a sentence for whoever reads logs, and what else the sender had to say.
package struct CallError: Error, Hashable, Sendable {
    /// OCPP-J 1.6, §4.2.3 allows the description this many characters.
    package static let longestDescription = 255

    package var code: CallErrorCode
    package var description: String
    package var details: JSONValue

    package init(_ code: CallErrorCode, _ description: String = "", details: JSONValue = .object([:])) {
        self.code = code
        self.description = description
        self.details = details
    }

    /// The answer to a payload that its type refused.
    package init(_ mistakes: JSONMistakes) {
        self.init(CallErrorCode(mistakes), mistakes.description)
    }
}
