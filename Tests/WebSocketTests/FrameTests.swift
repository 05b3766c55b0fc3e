import Core
import Testing
import WebSocket

/// Reads frames that arrive in one piece or byte by byte, and gathers what they say.
private func read(_ bytes: [UInt8], role: Role = .server, compression: Bool = false, piece: Int = .max)
    throws(Violation) -> [String]
{
    var parser = FrameParser()
    var rules = FrameRules(role: role, frameBytes: 70_000, messageBytes: 70_000, fragments: 3)
    rules.allowsCompression = compression
    var said: [String] = []
    var buffer: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        buffer += rest.prefix(piece)
        rest = rest.dropFirst(piece)
        var position = 0
        let pointer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: buffer.count)
        defer { pointer.deallocate() }
        _ = pointer.initialize(fromContentsOf: buffer)
        while let event = try parser.next(in: pointer, from: &position, rules) {
            switch event {
            case .part(let part):
                let text = String(decoding: pointer[part.range], as: UTF8.self)
                said.append((part.beginsMessage ? "<" : "") + text + (part.endsMessage ? ">" : ""))
            case .control(let opcode, let range): said.append("\(opcode):\(range.count)")
            }
        }
        buffer.removeFirst(position)
    }
    return said
}

/// A frame as a client sends it, with a fixed key.
private func masked(_ first: UInt8, _ text: String) -> [UInt8] {
    let payload = Array(text.utf8)
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    return [first, UInt8(payload.count) | 0x80] + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
}

@Suite struct `Frames` {
    @Test(arguments: [1, 2, 3, 5, Int.max])
    func `are unmasked where they lie, in pieces of any size`(piece: Int) throws {
        let bytes =
            masked(0x81, "Hello") + masked(0x01, "one ") + masked(0x89, "ping")
            + masked(0x80, "message longer than a key")
        let said = try read(bytes, piece: piece)
        #expect(said.joined().replacing("ping:4", with: "") == "<Hello><one message longer than a key>")
        #expect(said.contains("ping:4"))
    }

    static let violations: [(name: String, bytes: [UInt8], code: CloseCode)] = [
        ("unmasked from a client", [0x81, 0x01, 0x41], .protocolError),
        ("RSV1 without compression", masked(0xC1, "a"), .protocolError),
        ("RSV2", masked(0xA1, "a"), .protocolError),
        ("RSV3", masked(0x91, "a"), .protocolError),
        ("opcode 3", masked(0x83, "a"), .protocolError),
        ("opcode 11", masked(0x8B, "a"), .protocolError),
        ("a ping in fragments", masked(0x09, "a"), .protocolError),
        ("a ping of 126 bytes", [0x89, 0xFE, 0x00, 0x7E, 0, 0, 0, 0], .protocolError),
        ("a continuation of nothing", masked(0x80, "a"), .protocolError),
        ("a message inside a message", masked(0x01, "a") + masked(0x81, "b"), .protocolError),
        ("a length of two bytes that fits in one", [0x81, 0xFE, 0x00, 0x7D, 0, 0, 0, 0], .protocolError),
        (
            "a length of eight bytes that fits in two",
            [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], .protocolError
        ),
        ("a length beyond 63 bits", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .protocolError),
        ("a frame beyond the limit", [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x71, 0, 0, 0, 0], .messageTooBig),
        (
            "too many fragments",
            masked(0x01, "a") + masked(0x00, "b") + masked(0x00, "c") + masked(0x80, "d"), .messageTooBig
        ),
    ]

    @Test(arguments: violations.indices)
    func `that break the rules are refused by their header`(index: Int) {
        let (name, bytes, code) = Self.violations[index]
        let violation = #expect(throws: Violation.self, "\(name)") { try read(bytes) }
        #expect(violation?.code == code, "\(name)")
    }

    @Test func `from a server must not be masked`() {
        #expect(throws: Violation.self) { try read(masked(0x81, "a"), role: .client) }
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536])
    func `are written with the shortest length`(count: Int) throws {
        for role in [Role.server, .client] {
            var direct: [UInt8] = []
            let payload = [UInt8](repeating: 0x61, count: count)
            FrameWriter(role).append(.text, payload.span, to: &direct)
            var produced: [UInt8] = [1, 2, 3]
            FrameWriter(role).append(.text, to: &produced) { $0 += payload }
            for bytes in [direct, Array(produced.dropFirst(3))] {
                let said = try read(bytes, role: role == .server ? .client : .server)
                #expect(said.joined() == "<\(String(repeating: "a", count: count))>")
            }
        }
    }

    @Test func `of text fail at the first byte that is no UTF-8`() {
        var validator = UTF8Validator()
        let start: [UInt8] = [0xCE, 0xBA, 0xE1, 0xBD]
        let accepted = start.withUnsafeBufferPointer { validator.accepts($0) }
        #expect(accepted)
        #expect(!validator.isComplete)
        let bad: [UInt8] = [0x41]
        #expect(!bad.withUnsafeBufferPointer { validator.accepts($0) })
    }
}
