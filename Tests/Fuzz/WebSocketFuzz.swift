import WebSocket

/// Frames, messages, compression and the header that offers it. Whatever arrives, it arrives the same in one piece and
/// in many.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 2 else { return 0 }
    let piece = Int(data[0] % 32) + 1
    let choice = data[1]
    let bytes = Array(UnsafeBufferPointer(start: data + 2, count: count - 2))
    var rules = FrameRules(role: choice & 1 == 0 ? .server : .client, allowsCompression: choice & 2 != 0)
    rules.frameBytes = 2_048
    rules.messageBytes = 4_096
    rules.fragments = 8
    let one = conversation(bytes, bytes.count, rules, keepsContext: choice & 4 != 0)
    let other = conversation(bytes, piece, rules, keepsContext: choice & 4 != 0)
    precondition(one == other, "a conversation in pieces was heard another way")
    if let text = String(validating: bytes, as: UTF8.self) { readOffer(text) }
    return 0
}

/// What was heard: control frames, messages, and how it ended.
private func conversation(_ bytes: [UInt8], _ piece: Int, _ rules: FrameRules, keepsContext: Bool) -> [String]
{
    var heard: [String] = []
    var parser = FrameParser()
    var assembler = MessageAssembler()
    let inflater = rules.allowsCompression ? MessageInflater(keepsContext: keepsContext) : nil
    var gathered: [UInt8] = []
    var buffer: [UInt8] = []
    var shown = 0
    do throws(Violation) {
        while shown < bytes.count {
            let end = min(shown + max(piece, 1), bytes.count)
            buffer.append(contentsOf: bytes[shown..<end])
            shown = end
            var position = 0
            try read(&buffer, &position)
            precondition(position <= buffer.count, "more was used than was there")
            buffer.removeFirst(position)
        }
    } catch {
        heard.append("violation \(error.code)")
    }
    return heard

    func read(_ buffer: inout [UInt8], _ position: inout Int) throws(Violation) {
        var violation: Violation?
        buffer.withUnsafeMutableBufferPointer { bytes in
            do throws(Violation) {
                while let event = try parser.next(in: bytes, from: &position, rules) {
                    try take(event, bytes)
                }
            } catch {
                violation = error
            }
        }
        if let violation { throw violation }
    }

    func take(_ event: FrameParser.Event, _ bytes: UnsafeMutableBufferPointer<UInt8>) throws(Violation) {
        switch event {
        case .control(let opcode, let range): heard.append("\(opcode) \(Array(bytes[range]))")
        case .part(let part):
            let payload = UnsafeBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[part.range]))
            switch try assembler.add(part, payload, inflater: inflater, limit: rules.messageBytes) {
            case .incomplete: break
            case .inPlace: tell(part.kind, Array(payload))
            case .assembled(let message): tell(part.kind, message)
            }
        }
    }

    func tell(_ kind: MessageKind, _ message: [UInt8]) {
        precondition(message.count <= rules.messageBytes, "a message is longer than it may be")
        if kind == .text {
            precondition(String(validating: message, as: UTF8.self) != nil, "text that is no UTF-8")
        }
        heard.append("\(kind) \(message)")
    }
}

private func readOffer(_ text: String) {
    guard let offers = ExtensionOffer.parse([text]) else { return }
    _ = DeflateAgreement.choose(from: offers, DeflatePolicy())
    for offer in offers {
        precondition(ExtensionOffer.parse([offer.headerValue]) != nil, "an offer of ours is not understood")
    }
}
