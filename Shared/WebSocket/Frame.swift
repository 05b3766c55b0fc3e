/// What a frame is. RFC 6455 §5.2; every other number is reserved.
package enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    package var isControl: Bool { rawValue >= 0x8 }
}

/// The side that we are: a client masks what it sends, a server must not. RFC 6455 §5.1.
package enum Role: Sendable { case server, client }

/// What a message is made of.
package enum MessageKind: Sendable {
    case text, binary

    var opcode: Opcode { self == .text ? .text : .binary }
}

/// The longest payload of a control frame. RFC 6455 §5.5.
let longestControl = 125

/// XORs with the four bytes of a masking key, eight bytes at a time. RFC 6455 §5.3; doing it twice undoes it.
///
/// - Parameter key: in the order of the wire, beginning with the byte for the first of `bytes`.
func applyMask(_ key: UInt32, to bytes: UnsafeMutableRawBufferPointer) {
    guard key != 0 else { return }
    let wide = UInt64(key) << 32 | UInt64(key)
    var at = 0
    while at + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        bytes.storeBytes(of: word ^ wide, toByteOffset: at, as: UInt64.self)
        at += 8
    }
    // The key is kept as it lies in memory, so that its lowest byte belongs to the first byte.
    var rest = UInt32(littleEndian: key)
    while at < bytes.count {
        bytes[at] ^= UInt8(truncatingIfNeeded: rest)
        rest >>= 8
        if at & 3 == 3 { rest = UInt32(littleEndian: key) }
        at += 1
    }
}
