import Core

/// Writes frames straight into an output buffer.
package enum OCPPFrameWriter {
    package static func call<Call: OCPPCall>(
        _ call: Call.Type, _ request: Call.Request, id: MessageID, into bytes: inout [UInt8]
    ) {
        open(.call, id, into: &bytes)
        word(Call.action.rawValue, into: &bytes)
        Call.write(request, into: &bytes)
        bytes.append(UInt8(ascii: "]"))
    }

    package static func result<Call: OCPPCall>(
        of call: Call.Type, _ response: Call.Response, id: MessageID, into bytes: inout [UInt8]
    ) {
        open(.result, id, into: &bytes)
        bytes.append(UInt8(ascii: ","))
        Call.write(response, into: &bytes)
        bytes.append(UInt8(ascii: "]"))
    }

    /// A CALL or a SEND whose payload is JSON already: what is repeated, replayed, or only handed through.
    package static func call(
        action word: String, payload: some Collection<UInt8>, id: MessageID, kind: OCPPFrame.Kind = .call,
        into bytes: inout [UInt8]
    ) {
        open(kind, id, into: &bytes)
        self.word(word, into: &bytes)
        bytes.append(contentsOf: payload)
        bytes.append(UInt8(ascii: "]"))
    }

    /// A CALLRESULT whose payload is JSON already: an answer that was stored and is given again.
    package static func result(payload: some Collection<UInt8>, id: MessageID, into bytes: inout [UInt8]) {
        open(.result, id, into: &bytes)
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: payload)
        bytes.append(UInt8(ascii: "]"))
    }

    package static func error(
        _ error: CallError, id: MessageID, in version: OCPPVersion, kind: OCPPFrame.Kind = .error,
        into bytes: inout [UInt8]
    ) {
        open(kind, id, into: &bytes)
        word(error.code.word(in: version), into: &bytes)
        text(String(error.description.unicodeScalars.prefix(CallError.longestDescription)), into: &bytes)
        bytes.append(UInt8(ascii: ","))
        JSONWriter.append(error.details, to: &bytes)
        bytes.append(UInt8(ascii: "]"))
    }

    private static func open(_ kind: OCPPFrame.Kind, _ id: MessageID, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        bytes.append(UInt8(ascii: "0") + UInt8(kind.rawValue))
        bytes.append(UInt8(ascii: ","))
        text(id.text, into: &bytes)
    }

    /// A text between two commas: the action, or the code of an error.
    private static func word(_ word: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ","))
        text(word, into: &bytes)
        bytes.append(UInt8(ascii: ","))
    }

    private static func text(_ text: String, into bytes: inout [UInt8]) {
        var output = JSONOutput(appendingTo: bytes)
        bytes = []
        output.string(text)
        bytes = output.bytes
    }
}
