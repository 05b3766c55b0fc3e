/// Collects a request's body, fixed or chunked, up to a limit.
package struct BodyReader {
    private enum State: Equatable {
        case fixed(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailer
        case done
    }

    private var state: State
    private let limit: Int
    private var trailerBytes = 0
    private var extensionBytes = 0
    package private(set) var body: [UInt8] = []

    /// More than this in front of a chunk, or behind the last, serves nobody.
    private static let lineLimit = 1_024
    private static let trailerLimit = 8 * 1_024
    /// Of all chunks of a body together.
    private static let extensionLimit = 4 * 1_024

    package init(_ kind: RequestHead.BodyKind, limit: Int) throws(MalformedRequest) {
        self.limit = limit
        switch kind {
        case .none: state = .done
        case .fixed(let count):
            guard count <= limit else { throw Self.tooLarge }
            state = .fixed(left: count)
            // Believed only as far as a small body goes; a large one has to arrive first.
            body.reserveCapacity(min(count, 64 * 1_024))
        case .chunked: state = .chunkSize
        }
    }

    private static let tooLarge = MalformedRequest("the body is too large", status: .contentTooLarge)

    package var isComplete: Bool { state == .done }

    /// Takes what belongs to the body from the front of `bytes`; returns how many bytes that was.
    package mutating func take(_ bytes: Span<UInt8>) throws(MalformedRequest) -> Int {
        var position = 0
        while position < bytes.count, state != .done {
            switch state {
            case .fixed(let left):
                let count = min(left, bytes.count - position)
                append(bytes, position, count)
                position += count
                state = count == left ? .done : .fixed(left: left - count)
            case .chunk(let left):
                let count = min(left, bytes.count - position)
                append(bytes, position, count)
                position += count
                state = count == left ? .chunkEnd : .chunk(left: left - count)
            case .chunkSize, .chunkEnd, .trailer:
                var lines = LineReader(limit: Self.lineLimit, from: position)
                guard let line = try lines.next(in: bytes) else { return position }
                try took(line, of: bytes)
                position = lines.position
            case .done: break
            }
        }
        return position
    }

    private mutating func append(_ bytes: Span<UInt8>, _ position: Int, _ count: Int) {
        bytes.extracting(position..<(position + count)).withUnsafeBufferPointer {
            body.append(contentsOf: $0)
        }
    }

    private mutating func took(_ line: Range<Int>, of bytes: Span<UInt8>) throws(MalformedRequest) {
        switch state {
        case .chunkSize:
            let (size, extra) = try Self.chunkSize(line, bytes)
            extensionBytes += extra
            guard extensionBytes <= Self.extensionLimit else {
                throw MalformedRequest("the chunk extensions are too long")
            }
            guard size <= limit - body.count else { throw Self.tooLarge }
            state = size == 0 ? .trailer : .chunk(left: size)
        case .chunkEnd:
            guard line.isEmpty else { throw MalformedRequest("a chunk is longer than its size") }
            state = .chunkSize
        default:
            // Trailer fields say nothing that we need; they only have to be fields, and to end.
            trailerBytes += line.count
            guard trailerBytes <= Self.trailerLimit else { throw MalformedRequest("the trailer is too long") }
            if line.isEmpty { state = .done } else { _ = try HeadParser.field(bytes, line) }
        }
    }

    /// Hexadecimal digits, then extensions behind a semicolon (RFC 9112 §7.1), which nobody uses and nobody reads.
    private static func chunkSize(
        _ line: Range<Int>, _ bytes: Span<UInt8>
    ) throws(MalformedRequest) -> (size: Int, extensionBytes: Int) {
        var size = 0
        var digits = 0
        for index in line {
            guard let digit = hexDigit(bytes[index]) else {
                guard digits > 0, bytes[index] == UInt8(ascii: ";") else {
                    throw MalformedRequest("malformed chunk size")
                }
                return (size, line.upperBound - index)
            }
            digits += 1
            guard digits <= 8 else { throw MalformedRequest("malformed chunk size") }
            size = size << 4 | Int(digit)
        }
        guard digits > 0 else { throw MalformedRequest("malformed chunk size") }
        return (size, 0)
    }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
