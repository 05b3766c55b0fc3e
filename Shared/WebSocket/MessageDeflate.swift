import Compression
import Synchronization

/// Unpacks the messages of one connection. RFC 7692 §7.2.2.
///
/// It holds a stream only within a message, unless the peer refers back to earlier ones.
package final class MessageInflater {
    private let keepsContext: Bool
    private var stream: Inflater?

    package init(keepsContext: Bool) {
        self.keepsContext = keepsContext
    }

    func unpack(
        _ payload: UnsafeBufferPointer<UInt8>, endsMessage: Bool, to output: inout [UInt8], limit: Int
    ) throws(Violation) {
        let stream = stream ?? InflaterPool.take()
        self.stream = stream
        try Self.feed(payload.span, to: stream, &output, limit)
        guard endsMessage else { return }
        // What the sender left out of the flush that ended the message.
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        try Self.feed(tail.span, to: stream, &output, limit)
        guard !keepsContext else { return }
        self.stream = nil
        InflaterPool.giveBack(stream)
    }

    private static func feed(
        _ bytes: Span<UInt8>, to stream: Inflater, _ output: inout [UInt8], _ limit: Int
    ) throws(Violation) {
        var start = 0
        while start < bytes.count {
            do {
                // A sender may end its stream in the midst of a message; what follows is a new one.
                guard
                    case .ended(let unused) = try stream.unpack(
                        bytes.extracting(start...), to: &output, limit: limit)
                else { return }
                stream.reset()
                start = bytes.count - unused
            } catch .tooLarge {
                throw Violation(.messageTooBig, "message too long, unpacked")
            } catch {
                throw Violation(.invalidPayload, "not DEFLATE")
            }
        }
    }
}

/// Packs the messages of one connection. RFC 7692 §7.2.1.
///
/// It holds a stream only during a call, unless it may refer back to earlier messages.
package final class MessageDeflater {
    private let windowBits: Int
    private let keepsContext: Bool
    private let level: Int
    private var stream: Deflater?

    package init(windowBits: Int, keepsContext: Bool, level: Int) {
        self.windowBits = windowBits
        self.keepsContext = keepsContext
        self.level = level
    }

    package func pack(_ message: Span<UInt8>, to output: inout [UInt8]) {
        guard !message.isEmpty else {
            // zlib has nothing to flush; an empty message is an empty block. RFC 7692 §7.2.3.6.
            output.append(0x00)
            return
        }
        let kind = DeflaterPool.Kind(windowBits: windowBits, level: level)
        let stream = stream ?? DeflaterPool.take(kind)
        stream.pack(message, to: &output, .everything)
        output.removeLast(4)
        if keepsContext {
            self.stream = stream
        } else {
            DeflaterPool.giveBack(stream, kind)
        }
    }
}

/// Streams that the connections of all loops share: making one costs more than packing a short message.
private enum InflaterPool {
    // Whoever takes a stream out has it alone; that is what makes the passing on between threads safe.
    private struct Spare: @unchecked Sendable { var streams: [Inflater] = [] }
    private struct Taken: @unchecked Sendable { var stream: Inflater? }

    private static let spare = Mutex(Spare())
    private static let mostKept = 8

    static func take() -> Inflater {
        spare.withLock { Taken(stream: $0.streams.popLast()) }.stream ?? Inflater(.raw())
    }

    static func giveBack(_ stream: Inflater) {
        stream.reset()
        let given = Taken(stream: stream)
        spare.withLock { spare in
            guard spare.streams.count < mostKept, let stream = given.stream else { return }
            spare.streams.append(stream)
        }
    }
}

private enum DeflaterPool {
    struct Kind: Hashable {
        var windowBits: Int
        var level: Int
    }

    // Whoever takes a stream out has it alone; that is what makes the passing on between threads safe.
    private struct Spare: @unchecked Sendable { var streams: [Kind: [Deflater]] = [:] }
    private struct Taken: @unchecked Sendable { var stream: Deflater? }

    private static let spare = Mutex(Spare())
    private static let mostKept = 8

    static func take(_ kind: Kind) -> Deflater {
        spare.withLock { Taken(stream: $0.streams[kind]?.popLast()) }.stream
            ?? Deflater(.raw(windowBits: kind.windowBits), level: kind.level)
    }

    static func giveBack(_ stream: Deflater, _ kind: Kind) {
        stream.reset()
        let given = Taken(stream: stream)
        spare.withLock { spare in
            guard spare.streams[kind, default: []].count < mostKept, let stream = given.stream else { return }
            spare.streams[kind, default: []].append(stream)
        }
    }
}
