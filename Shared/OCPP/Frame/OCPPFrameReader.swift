package import Core

/// Reads frames, using the memory of the last one again. One per event loop serves all its connections.
package struct OCPPFrameReader: Sendable {
    private var document = JSONDocument()
    private let limits: JSONLimits

    /// - Parameter limits: a frame's bytes are bounded by the WebSocket already; here depth and number of values.
    package init(limits: JSONLimits = .init(bytes: 1_048_576, depth: 24, values: 50_000)) {
        self.limits = limits
    }

    package mutating func read(
        _ bytes: Span<UInt8>, as version: OCPPVersion
    ) throws(FrameMistake) -> OCPPFrame {
        do {
            try document.read(bytes, limits: limits)
            // No database holds U+0000 as text, and what a station says of a session must not fail by it.
            if document.tokens.contains(where: \.isComplex), let plain = Self.replacingNUL(in: bytes) {
                try document.read(plain.span, limits: limits)
            }
        } catch {
            throw FrameMistake(
                id: Self.salvageID(from: bytes) ?? .unreadable,
                error: CallError(.rpcFrameworkError, error.description), wasAnswer: false)
        }
        return try Envelope(document).frame(as: version)
    }

    package mutating func read(
        _ bytes: [UInt8], as version: OCPPVersion
    ) throws(FrameMistake) -> OCPPFrame {
        try read(bytes.span, as: version)
    }

    /// The text with U+FFFD in place of each U+0000, which JSON can only write as an escape; nil where there is none.
    private static func replacingNUL(in bytes: Span<UInt8>) -> [UInt8]? {
        var replaced: [UInt8] = []
        var position = 0
        while position + 5 < bytes.count {
            guard bytes[position] == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            let isNUL =
                bytes[position + 1] == UInt8(ascii: "u")
                && (2...5).allSatisfy { bytes[position + $0] == UInt8(ascii: "0") }
            if isNUL {
                if replaced.isEmpty { replaced = bytes.withUnsafeBufferPointer { Array($0) } }
                replaced.replaceSubrange((position + 2)..<(position + 6), with: Array("fffd".utf8))
            }
            // An escaped backslash is no beginning of another escape.
            position += isNUL ? 6 : 2
        }
        return replaced.isEmpty ? nil : replaced
    }

    /// The message id at the head of text that turned out to be no JSON further on.
    private static func salvageID(from bytes: Span<UInt8>) -> MessageID? {
        var position = 0
        func skipBlank() {
            while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
        }
        func skip(_ character: Unicode.Scalar) -> Bool {
            skipBlank()
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }
        guard skip("[") else { return nil }
        skipBlank()
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard skip(","), skip("\"") else { return nil }
        var text: [UInt8] = []
        while position < bytes.count, text.count <= MessageID.longest {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                return String(validating: text, as: UTF8.self).flatMap(MessageID.init)
            }
            guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
            text.append(byte)
            position += 1
        }
        return nil
    }
}

/// The array that every frame is.
private struct Envelope {
    private let document: JSONDocument
    private let elements: [Int]

    init(_ document: JSONDocument) {
        self.document = document
        elements = document.elements(of: 0)
    }

    func frame(as version: OCPPVersion) throws(FrameMistake) -> OCPPFrame {
        guard document.tokens[0].kind == .array else { throw wrong("a frame is a list") }
        guard let first = elements.first, let number = document.integer(at: first) else {
            throw wrong("a frame begins with the number of its type")
        }
        guard let kind = OCPPFrame.Kind(rawValue: Int(number)), kind.isKnown(in: version) else {
            throw FrameMistake(
                id: readableID ?? .unreadable,
                error: CallError(.messageTypeNotSupported, "message type \(number) is not known"),
                wasAnswer: false)
        }
        guard elements.count > 1, document.tokens[elements[1]].kind == .string else {
            throw wrong("the message id must be text")
        }
        guard let id = readableID else {
            throw wrong("the message id must have 1 to \(MessageID.longest) characters")
        }
        return switch kind {
        case .call, .send: try question(kind, id)
        case .result: try result(id)
        case .error, .resultError: try refusal(kind, id)
        }
    }

    private var readableID: MessageID? {
        guard elements.count > 1, document.tokens[elements[1]].kind == .string else { return nil }
        return MessageID(document.string(at: elements[1]))
    }

    private func wrong(_ text: String, answering id: MessageID? = nil) -> FrameMistake {
        FrameMistake(
            id: id ?? readableID ?? .unreadable, error: CallError(.rpcFrameworkError, text),
            wasAnswer: id != nil)
    }

    private func question(_ kind: OCPPFrame.Kind, _ id: MessageID) throws(FrameMistake) -> OCPPFrame {
        guard elements.count == 4 else {
            throw wrong("a call has four elements, this one has \(elements.count)")
        }
        guard document.tokens[elements[2]].kind == .string else { throw wrong("the action must be text") }
        guard document.tokens[elements[3]].kind == .object else {
            throw wrong("the payload must be an object")
        }
        let action = document.string(at: elements[2])
        return OCPPFrame(
            kind: kind, id: id, action: action, error: nil, document: document, payload: elements[3])
    }

    private func result(_ id: MessageID) throws(FrameMistake) -> OCPPFrame {
        guard elements.count == 3, document.tokens[elements[2]].kind == .object else {
            throw wrong("a result has three elements, the last an object", answering: id)
        }
        return OCPPFrame(
            kind: .result, id: id, action: "", error: nil, document: document, payload: elements[2])
    }

    /// Stations leave out description and details; the code alone ends the call just as well.
    private func refusal(_ kind: OCPPFrame.Kind, _ id: MessageID) throws(FrameMistake) -> OCPPFrame {
        guard (3...5).contains(elements.count), document.tokens[elements[2]].kind == .string else {
            throw wrong("an error has a code, a description and details", answering: id)
        }
        var error = CallError(CallErrorCode(word: document.string(at: elements[2])))
        if elements.count > 3, document.tokens[elements[3]].kind == .string {
            error.description = document.string(at: elements[3])
        }
        if elements.count > 4 { error.details = JSONValue(document, at: elements[4]) }
        return OCPPFrame(
            kind: kind, id: id, action: "", error: error, document: document,
            payload: elements[elements.count - 1])
    }
}
