package import Core

/// One message of OCPP-J, split but with its payload not yet read: it is the value at `payload` of the document that
/// the frame was read from. OCPP-J 1.6 §4.2, OCPP-J 2.1 §4.2.
package enum Frame: Equatable, Sendable {
    case call(id: String, action: String, payload: Int)
    case result(id: String, payload: Int)
    case error(id: String, code: String, description: String, details: Int)
    /// A call that wants no answer (2.1).
    case send(id: String, action: String, payload: Int)
    /// "Your answer was wrong" (2.1).
    case resultError(id: String, code: String, description: String, details: Int)

    /// The number in front, and the versions that know it.
    private enum Kind: Int64 {
        case call = 2
        case result = 3
        case error = 4
        case resultError = 5
        case send = 6

        func isKnown(in version: OCPPVersion) -> Bool {
            switch self {
            case .call, .result, .error: true
            case .resultError, .send: version == .v21
            }
        }

        var elements: ClosedRange<Int> {
            switch self {
            case .call, .send: 4...4
            case .result: 3...3
            // Stations leave out the description or the details, though both are required.
            case .error, .resultError: 3...5
            }
        }
    }

    /// Characters of a message id, by the tables of OCPP-J.
    private static let longestID = 36

    /// Throws: `FrameFault`, with the id wherever one can be read, so that the sender learns which message it was.
    package init(_ document: JSONDocument, version: OCPPVersion) throws(FrameFault) {
        let parts = document.elements(of: 0)
        guard let first = parts.first else { throw FrameFault(nil, .rpcFrameworkError, "a frame is a list") }
        let id = try Self.id(document, parts)
        guard let number = document.integer(at: first), let kind = Kind(rawValue: number),
            kind.isKnown(in: version)
        else {
            throw FrameFault(id, .messageTypeNotSupported, "unknown message type")
        }
        guard let id else {
            throw FrameFault(nil, .rpcFrameworkError, "the message id must be text of 1 to 36 characters")
        }
        guard kind.elements.contains(parts.count) else {
            throw FrameFault(
                id, .formatViolation, "a frame of this type has \(kind.elements.upperBound) elements")
        }
        switch kind {
        case .call, .send:
            guard document.tokens[parts[2]].kind == .string else {
                throw FrameFault(id, .formatViolation, "the action must be text")
            }
            guard document.tokens[parts[3]].kind == .object else {
                throw FrameFault(id, .formatViolation, "the payload must be an object")
            }
            let action = document.string(at: parts[2])
            self =
                kind == .call
                ? .call(id: id, action: action, payload: parts[3])
                : .send(id: id, action: action, payload: parts[3])
        case .result:
            guard document.tokens[parts[2]].kind == .object else {
                throw FrameFault(id, .formatViolation, "the payload must be an object")
            }
            self = .result(id: id, payload: parts[2])
        case .error, .resultError:
            let texts = parts[2...].prefix(2).map {
                document.tokens[$0].kind == .string ? document.string(at: $0) : ""
            }
            let description = texts.count > 1 ? texts[1] : ""
            let details = parts.count > 4 ? parts[4] : parts[2]
            self =
                kind == .error
                ? .error(id: id, code: texts[0], description: description, details: details)
                : .resultError(id: id, code: texts[0], description: description, details: details)
        }
    }

    private static func id(_ document: JSONDocument, _ parts: [Int]) throws(FrameFault) -> String? {
        guard parts.count > 1, document.tokens[parts[1]].kind == .string else { return nil }
        let id = document.string(at: parts[1])
        return (1...longestID).contains(id.unicodeScalars.count) ? id : nil
    }
}

/// What is wrong with a frame as such.
package struct FrameFault: Error, Equatable, Sendable {
    /// Nil where none can be read; the answer then says `"-1"`.
    package let id: String?
    package let code: ErrorCode
    package let reason: String

    package init(_ id: String?, _ code: ErrorCode, _ reason: String) {
        self.id = id
        self.code = code
        self.reason = reason
    }
}
