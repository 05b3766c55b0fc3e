import CZlib

/// Unpacks a stream of bytes and never beyond the limit that it is given: a kilobyte may stand for a megabyte.
package final class Inflater {
    /// Where a call left the stream.
    package enum Outcome: Equatable, Sendable {
        /// All of the input is used and the stream goes on.
        case goesOn
        /// The stream has ended, `unused` bytes before the end of the input.
        case ended(unused: Int)
    }

    // On the heap, because zlib remembers the address.
    private let stream: UnsafeMutablePointer<z_stream>

    package init(_ format: CompressionFormat) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let outcome = vb_inflate_init(stream, format.zlibWindowBits)
        precondition(outcome == Z_OK, "zlib refused the parameters: \(outcome)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets everything, so that the next byte begins a new stream.
    package func reset() {
        inflateReset(stream)
    }

    /// Appends to `output` what `input` stands for.
    ///
    /// - Parameter limit: how many bytes `output` may hold in the end, with those that it holds already.
    /// Throws: `.corrupt`, or `.tooLarge` with `output` filled up to the limit.
    package func unpack(
        _ input: Span<UInt8>, to output: inout [UInt8], limit: Int
    ) throws(CompressionError) -> Outcome {
        do {
            return try input.withUnsafeBufferPointer { input in
                var rest = input[...]
                while !rest.isEmpty {
                    // zlib counts in 32 bits.
                    let part = UnsafeBufferPointer(rebasing: rest.prefix(Int(Int32.max)))
                    rest = rest.dropFirst(part.count)
                    if let unused = try unpack(part, to: &output, limit) {
                        return .ended(unused: rest.count + unused)
                    }
                }
                return .goesOn
            }
        } catch {
            // A closure within rethrowing C-style access loses its error's type.
            throw error as? CompressionError ?? .corrupt
        }
    }

    /// Returns how many bytes stand behind the end of the stream, nil when it goes on.
    private func unpack(
        _ part: UnsafeBufferPointer<UInt8>, to output: inout [UInt8], _ limit: Int
    ) throws(CompressionError) -> Int? {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: part.baseAddress)
        stream.pointee.avail_in = UInt32(part.count)
        defer { stream.pointee.next_in = nil }
        var room = min(max(4 * part.count, 256), outputStep)
        while true {
            // One byte beyond the limit tells a full output from one that would overflow.
            let isTight = limit - output.count < room
            if isTight { room = max(limit - output.count, 0) + 1 }
            var outcome: Int32 = Z_OK
            let isFull = output.appendFromZlib(room: room, stream) {
                outcome = inflate(stream, Z_NO_FLUSH)
                return outcome != Z_STREAM_ERROR
            }
            if output.count > limit {
                output.removeLast(output.count - limit)
                throw .tooLarge(limit: limit)
            }
            switch outcome {
            case Z_STREAM_END: return Int(stream.pointee.avail_in)
            case Z_OK, Z_BUF_ERROR: if !isFull { return nil }
            default: throw .corrupt
            }
            room = outputStep
        }
    }
}
