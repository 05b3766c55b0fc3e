import CZlib

/// Packs a stream of bytes. Holds up to 256 KiB while it lives; after `reset` it serves the next stream.
package final class Deflater {
    /// What shall have been written when a call returns.
    package enum Flush: Sendable {
        /// Whatever suits the packing best; some of the input may still wait inside.
        case whenever
        /// All of the input, ended by an empty block on a byte border (`00 00 FF FF`).
        case everything
        /// All of the input and the end of the stream.
        case finish

        fileprivate var zlibValue: Int32 {
            switch self {
            case .whenever: Z_NO_FLUSH
            case .everything: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        }
    }

    // On the heap, because zlib remembers the address.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameters:
    ///   - level: 1 is the fastest, 9 packs the closest.
    ///   - memoryLevel: 1 to 9; 8 is 128 KiB beside the window, each step down halves it.
    package init(_ format: CompressionFormat, level: Int = 6, memoryLevel: Int = 8) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let outcome = vb_deflate_init(stream, Int32(level), format.zlibWindowBits, Int32(memoryLevel))
        precondition(outcome == Z_OK, "zlib refused the parameters: \(outcome)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets everything, so that the next byte begins a new stream.
    package func reset() {
        deflateReset(stream)
    }

    /// Appends to `output` what `input` becomes.
    package func pack(_ input: Span<UInt8>, to output: inout [UInt8], _ flush: Flush = .whenever) {
        input.withUnsafeBufferPointer { input in
            var rest = input[...]
            repeat {
                // zlib counts in 32 bits.
                let part = UnsafeBufferPointer(rebasing: rest.prefix(Int(Int32.max)))
                rest = rest.dropFirst(part.count)
                pack(part, to: &output, rest.isEmpty ? flush.zlibValue : Z_NO_FLUSH)
            } while !rest.isEmpty
        }
    }

    private func pack(_ part: UnsafeBufferPointer<UInt8>, to output: inout [UInt8], _ flush: Int32) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: part.baseAddress)
        stream.pointee.avail_in = UInt32(part.count)
        // Enough for small input at one go; the flush adds at most a few bytes to the bound.
        var room = min(Int(deflateBound(stream, UInt(part.count))) + 16, outputStep)
        var isOutputFull = true
        while isOutputFull {
            isOutputFull = output.appendFromZlib(room: room, stream) {
                deflate(stream, flush) != Z_STREAM_ERROR
            }
            room = outputStep
        }
        stream.pointee.next_in = nil
    }
}

/// How much zlib may write before it is asked again.
let outputStep = 32 * 1_024

extension [UInt8] {
    /// Lets zlib write into the free end of this array.
    ///
    /// Returns whether all of the room was taken, so that there may be more to come.
    mutating func appendFromZlib(
        room: Int, _ stream: UnsafeMutablePointer<z_stream>, _ work: () -> Bool
    ) -> Bool {
        // Doubling, or appending in steps would copy what is there again and again.
        if capacity - count < room { reserveCapacity(Swift.max(count + room, 2 * capacity)) }
        append(addingCapacity: room) { free in
            free.withUnsafeMutableBufferPointer { buffer, written in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(room)
                precondition(work(), "zlib lost its state")
                written = room - Int(stream.pointee.avail_out)
            }
        }
        stream.pointee.next_out = nil
        return stream.pointee.avail_out == 0
    }
}
