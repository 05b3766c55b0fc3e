/// Writes frames straight to the end of an output buffer, unfragmented. RFC 6455 §5.2.
package struct FrameWriter: Sendable {
    package let role: Role

    package init(_ role: Role) {
        self.role = role
    }

    package func append(
        _ opcode: Opcode, isCompressed: Bool = false, isFinal: Bool = true, _ payload: Span<UInt8>,
        to output: inout [UInt8]
    ) {
        appendHeader(opcode, isCompressed, isFinal, payload.count, to: &output)
        let start = output.count
        payload.withUnsafeBufferPointer { output.append(contentsOf: $0) }
        mask(&output, from: start)
    }

    /// Appends a frame of what `produce` appends. The payload is not copied, at most moved by the few bytes that a
    /// longer length takes.
    package func append(
        _ opcode: Opcode, to output: inout [UInt8], _ produce: (inout [UInt8]) -> Void
    ) {
        let frame = output.count
        // Long enough for all but large payloads, so that these alone are moved.
        let guess = Self.headerSize(126, role)
        output.append(contentsOf: repeatElement(0, count: guess))
        let start = frame + guess
        produce(&output)
        let length = output.count - start
        precondition(length >= 0, "the producer of a frame may only append")
        seal(opcode, isCompressed: false, frame: frame, payload: start, to: &output)
    }

    /// Puts the header in front of the payload that stands from `payload` to the end, where room for one was left
    /// from `frame` on.
    private func seal(
        _ opcode: Opcode, isCompressed: Bool, frame: Int, payload: Int, to output: inout [UInt8]
    ) {
        let length = output.count - payload
        let needed = Self.headerSize(length, role)
        let room = payload - frame
        if needed < room {
            output.removeSubrange(frame..<frame + room - needed)
        } else if needed > room {
            output.insert(contentsOf: repeatElement(0, count: needed - room), at: frame)
        }
        var at = frame
        Self.forHeaderBytes(opcode, isCompressed, true, length, role) { byte in
            output[at] = byte
            at += 1
        }
        mask(&output, from: frame + needed)
    }

    private func appendHeader(
        _ opcode: Opcode, _ isCompressed: Bool, _ isFinal: Bool, _ length: Int, to output: inout [UInt8]
    ) {
        Self.forHeaderBytes(opcode, isCompressed, isFinal, length, role) { output.append($0) }
        if role == .client { output.append(contentsOf: [0, 0, 0, 0]) }
    }

    /// Without the masking key.
    @inline(__always)
    private static func forHeaderBytes(
        _ opcode: Opcode, _ isCompressed: Bool, _ isFinal: Bool, _ length: Int, _ role: Role,
        _ put: (UInt8) -> Void
    ) {
        put(opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0))
        let masked: UInt8 = role == .client ? 0x80 : 0
        if length < 126 {
            put(UInt8(length) | masked)
        } else if length <= 0xFFFF {
            put(126 | masked)
            put(UInt8(length >> 8))
            put(UInt8(length & 0xFF))
        } else {
            put(127 | masked)
            for shift in stride(from: 56, through: 0, by: -8) { put(UInt8(length >> shift & 0xFF)) }
        }
    }

    private static func headerSize(_ length: Int, _ role: Role) -> Int {
        (length < 126 ? 2 : length <= 0xFFFF ? 4 : 10) + (role == .client ? 4 : 0)
    }

    /// A client's payload is masked with a key that nobody can foresee, which stands in front of it. RFC 6455 §10.3.
    private func mask(_ output: inout [UInt8], from start: Int) {
        guard role == .client else { return }
        let key = UInt32.random(in: 0 ... .max)
        output.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: key, toByteOffset: start - 4, as: UInt32.self)
            applyMask(key, to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
    }
}

/// The payload of a Close frame. RFC 6455 §5.5.1.
enum ClosePayload {
    /// The reason is cut at a character's border to what a control frame holds.
    static func bytes(_ code: CloseCode, _ reason: String) -> [UInt8] {
        // Without a code a Close frame is empty.
        guard code.mayTravel else { return [] }
        var bytes = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for character in reason.unicodeScalars {
            let encoded = UTF8.encode(character)
            guard let encoded, bytes.count + encoded.count <= longestControl else { break }
            bytes.append(contentsOf: encoded)
        }
        return bytes
    }

    static func parse(_ payload: UnsafeBufferPointer<UInt8>) throws(Violation) -> (CloseCode, String) {
        guard !payload.isEmpty else { return (.noStatus, "") }
        guard payload.count >= 2 else { throw Violation(.protocolError, "half a close code") }
        let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayTravel else { throw Violation(.protocolError, "close code \(code)") }
        var validator = UTF8Validator()
        let reason = UnsafeBufferPointer(rebasing: payload[2...])
        guard validator.accepts(reason), validator.isComplete else {
            throw Violation(.invalidPayload, "the reason is not UTF-8")
        }
        return (code, String(decoding: reason, as: UTF8.self))
    }
}
