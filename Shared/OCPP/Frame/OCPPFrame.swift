package import Core

/// A frame that was read: who it belongs to, and where in the scanned document its payload stands. The payload is
/// decoded once, when somebody knows its type.
package struct OCPPFrame: Sendable {
    package enum Kind: Int, Sendable {
        case call = 2
        case result = 3
        case error = 4
        /// The answer to a CALLRESULT that could not be read. From 2.1 on.
        case resultError = 5
        /// A CALL that nobody answers. From 2.1 on.
        case send = 6

        func isKnown(in version: OCPPVersion) -> Bool {
            switch self {
            case .call, .result, .error: true
            case .resultError, .send: version >= .v21
            }
        }
    }

    package let kind: Kind
    package let id: MessageID
    /// The action's word for `call` and `send`, empty for answers.
    package let action: String
    /// What is wrong, for `error` and `resultError`.
    package let error: CallError?
    package let document: JSONDocument
    /// Where the payload stands in `document`.
    package let payload: Int

    /// The payload as it was sent.
    package var payloadText: ArraySlice<UInt8> { document.rawText(of: payload) }

    /// The payload as `type`, checked against all that the version's schema demands of it.
    package func decode<Payload: Decodable>(_ type: Payload.Type = Payload.self) throws(JSONMistakes)
        -> Payload
    {
        try JSONReader.decode(type, from: document, at: payload, rules: .strict)
    }
}

/// Something that arrived and is no frame: what it is answered with, and why it goes to quarantine.
package struct FrameMistake: Error, Equatable, Sendable {
    /// `MessageID.unreadable` when none could be read.
    package let id: MessageID
    package let error: CallError
    /// Whether it set out to be an answer to `id`: that call of ours will get no other.
    package let wasAnswer: Bool
}
