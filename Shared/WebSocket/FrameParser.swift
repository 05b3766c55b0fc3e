/// What a parser must know about the connection whose frames it reads.
package struct FrameRules: Sendable {
    package var role: Role
    /// The longest payload of one frame.
    package var frameBytes: Int
    /// The longest message, as it travels and unpacked.
    package var messageBytes: Int
    /// The most frames of one message.
    package var fragments: Int
    /// Whether permessage-deflate was agreed, so that RSV1 may be set on a message's first frame.
    package var allowsCompression: Bool

    package init(
        role: Role, frameBytes: Int = 256 * 1_024, messageBytes: Int = 256 * 1_024, fragments: Int = 64,
        allowsCompression: Bool = false
    ) {
        self.role = role
        self.frameBytes = frameBytes
        self.messageBytes = messageBytes
        self.fragments = fragments
        self.allowsCompression = allowsCompression
    }
}

/// Finds frames in bytes as they arrive and unmasks them where they lie. RFC 6455 §5.
///
/// It refuses a frame by its header, before any of the payload is waited for. A frame of a message is handed on
/// in whatever parts it arrives; a control frame only whole, since it is short.
package struct FrameParser: Sendable {
    /// Some bytes of a message.
    package struct Part: Equatable, Sendable {
        package var kind: MessageKind
        package var isCompressed: Bool
        /// Where in the buffer its bytes stand, unmasked.
        package var range: Range<Int>
        package var beginsMessage: Bool
        package var endsMessage: Bool

        package init(
            kind: MessageKind, isCompressed: Bool, range: Range<Int>, beginsMessage: Bool, endsMessage: Bool
        ) {
            self.kind = kind
            self.isCompressed = isCompressed
            self.range = range
            self.beginsMessage = beginsMessage
            self.endsMessage = endsMessage
        }
    }

    package enum Event: Equatable, Sendable {
        case part(Part)
        case control(Opcode, Range<Int>)
    }

    private struct Header {
        var opcode: Opcode
        var isFinal: Bool
        var isCompressed: Bool
        var length: Int
        var key: UInt32
        /// Bytes of the header itself.
        var size: Int
    }

    // The frame whose payload is being read.
    private var remaining = 0
    private var key: UInt32 = 0
    private var isFinal = false
    private var isInFrame = false
    // The message that it belongs to; nil between messages.
    private var kind: MessageKind?
    private var isCompressed = false
    private var beginsMessage = false
    private var messageBytes = 0
    private var fragments = 0

    package init() {}

    /// Whether the peer has begun a message that it has not ended.
    package var isInMessage: Bool { kind != nil || isInFrame }

    /// The next event in `bytes` from `position` on, which moves behind what was used; nil when more must arrive.
    package mutating func next(
        in bytes: UnsafeMutableBufferPointer<UInt8>, from position: inout Int, _ rules: FrameRules
    ) throws(Violation) -> Event? {
        if !isInFrame {
            guard let header = try Self.header(in: bytes, at: position, rules) else { return nil }
            if header.opcode.isControl {
                let start = position + header.size
                guard bytes.count - start >= header.length else { return nil }
                let range = start..<start + header.length
                position = range.upperBound
                applyMask(
                    header.key,
                    to: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[range])))
                return .control(header.opcode, range)
            }
            try begin(header, rules)
            position += header.size
        }
        return takePayload(in: bytes, from: &position)
    }

    private mutating func begin(_ header: Header, _ rules: FrameRules) throws(Violation) {
        if header.opcode == .continuation {
            guard kind != nil else { throw Violation(.protocolError, "a continuation of nothing") }
            guard !header.isCompressed else { throw Violation(.protocolError, "RSV1 inside a message") }
            fragments += 1
            guard fragments <= rules.fragments else { throw Violation(.messageTooBig, "too many fragments") }
        } else {
            guard kind == nil else { throw Violation(.protocolError, "a message inside a message") }
            kind = header.opcode == .text ? .text : .binary
            isCompressed = header.isCompressed
            beginsMessage = true
            messageBytes = 0
            fragments = 1
        }
        guard header.length <= rules.frameBytes else { throw Violation(.messageTooBig, "frame too long") }
        guard header.length <= rules.messageBytes - messageBytes else {
            throw Violation(.messageTooBig, "message too long")
        }
        messageBytes += header.length
        remaining = header.length
        key = header.key
        isFinal = header.isFinal
        isInFrame = true
    }

    private mutating func takePayload(
        in bytes: UnsafeMutableBufferPointer<UInt8>, from position: inout Int
    ) -> Event? {
        let count = min(remaining, bytes.count - position)
        guard count > 0 || remaining == 0, let kind else { return nil }
        let range = position..<position + count
        position = range.upperBound
        applyMask(key, to: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[range])))
        remaining -= count
        let endsMessage = isFinal && remaining == 0
        let part = Part(
            kind: kind, isCompressed: isCompressed, range: range, beginsMessage: beginsMessage,
            endsMessage: endsMessage)
        beginsMessage = false
        if remaining == 0 {
            isInFrame = false
        } else {
            // The next part begins somewhere within the key.
            let turn = UInt32(count & 3) * 8
            let inOrder = UInt32(littleEndian: key)
            key = UInt32(littleEndian: turn == 0 ? inOrder : inOrder >> turn | inOrder << (32 - turn))
        }
        if endsMessage { self.kind = nil }
        return .part(part)
    }

    private static func header(
        in bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int, _ rules: FrameRules
    ) throws(Violation) -> Header? {
        let available = bytes.count - start
        guard available >= 2 else { return nil }
        let first = bytes[start]
        let second = bytes[start + 1]
        guard let opcode = Opcode(rawValue: first & 0x0F) else {
            throw Violation(.protocolError, "reserved opcode")
        }
        let isCompressed = first & 0x40 != 0
        let mayBeCompressed = rules.allowsCompression
        guard first & 0x30 == 0, !isCompressed || mayBeCompressed && !opcode.isControl else {
            throw Violation(.protocolError, "reserved bit")
        }
        let isMasked = second & 0x80 != 0
        guard isMasked == (rules.role == .server) else {
            throw Violation(.protocolError, isMasked ? "a server must not mask" : "a client must mask")
        }
        let short = Int(second & 0x7F)
        let isFinal = first & 0x80 != 0
        if opcode.isControl {
            guard isFinal else { throw Violation(.protocolError, "a control frame in fragments") }
            guard short <= longestControl else { throw Violation(.protocolError, "control frame too long") }
        }
        let lengthBytes = short < 126 ? 0 : short == 126 ? 2 : 8
        let size = 2 + lengthBytes + (isMasked ? 4 : 0)
        guard available >= 2 + lengthBytes else { return nil }
        let length = try length(short, in: bytes, at: start + 2)
        guard available >= size else { return nil }
        let key =
            isMasked
            ? UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: start + size - 4, as: UInt32.self)
            : 0
        return Header(
            opcode: opcode, isFinal: isFinal, isCompressed: isCompressed, length: length, key: key, size: size
        )
    }

    /// The payload's length, which must be written in the shortest of the three ways.
    private static func length(
        _ short: Int, in bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) throws(Violation) -> Int {
        switch short {
        case 126:
            let length = Int(bytes[start]) << 8 | Int(bytes[start + 1])
            guard length > 125 else { throw Violation(.protocolError, "length not minimal") }
            return length
        case 127:
            let raw = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: start, as: UInt64.self)
            guard let length = Int(exactly: UInt64(bigEndian: raw)) else {
                throw Violation(.protocolError, "length beyond 63 bits")
            }
            guard length > 0xFFFF else { throw Violation(.protocolError, "length not minimal") }
            return length
        default: return short
        }
    }
}
