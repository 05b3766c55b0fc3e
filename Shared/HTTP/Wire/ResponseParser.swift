/// An answer as a client reads it.
package struct ReceivedResponse: Sendable {
    /// Any number: other servers know more statuses than ours.
    package var status: Int
    package var headers: Headers
    package var body: [UInt8]
}

/// Reads answers as strictly as `HeadParser` reads requests: status line, fields, body by length, in chunks, or to
/// the end of the connection.
package struct ResponseParser {
    private enum Phase {
        case head
        case body(status: Int, Headers, BodyReader)
        case untilEnd(status: Int, Headers)
    }

    private let limits: Limits
    /// HEAD's answers have no body, whatever their length says.
    private let isForHead: Bool
    private var phase = Phase.head
    private var rest: [UInt8] = []

    package init(limits: Limits, isForHead: Bool = false) {
        self.limits = limits
        self.isForHead = isForHead
    }

    /// Takes what belongs to the answer from the front of `bytes`. Returns the bytes used, and the answer once it is
    /// whole; interim answers (1xx but 101) are read over.
    package mutating func take(_ bytes: Span<UInt8>) throws(MalformedRequest) -> (
        used: Int, response: ReceivedResponse?
    ) {
        var used = 0
        while true {
            let piece = bytes.extracting(used..<bytes.count)
            switch phase {
            case .head:
                guard let (status, headers, length) = try Self.head(piece, limits) else { return (used, nil) }
                used += length
                if status == 101 || isForHead || status == 204 || status == 304 {
                    return (used, ReceivedResponse(status: status, headers: headers, body: []))
                }
                if status < 200 { continue }
                phase = try Self.body(status, headers, limits)
            case .body(let status, let headers, var reader):
                used += try reader.take(piece)
                phase = .body(status: status, headers, reader)
                guard reader.isComplete else { return (used, nil) }
                phase = .head
                return (used, ReceivedResponse(status: status, headers: headers, body: reader.body))
            case .untilEnd:
                guard rest.count + piece.count <= limits.uploadBytes else {
                    throw MalformedRequest("the body is too large", status: .contentTooLarge)
                }
                piece.withUnsafeBufferPointer { rest.append(contentsOf: $0) }
                return (bytes.count, nil)
            }
        }
    }

    /// The answer that the end of the connection completes; nil when something is missing.
    package func ended() -> ReceivedResponse? {
        guard case .untilEnd(let status, let headers) = phase else { return nil }
        return ReceivedResponse(status: status, headers: headers, body: rest)
    }

    private static func body(_ status: Int, _ headers: Headers, _ limits: Limits) throws(MalformedRequest)
        -> Phase
    {
        let lengths = headers.all("Content-Length")
        if let coding = headers["Transfer-Encoding"] {
            guard lengths.isEmpty, Headers.same(coding, "chunked") else {
                throw MalformedRequest("unknown transfer coding")
            }
            return .body(status: status, headers, try BodyReader(.chunked, limit: limits.uploadBytes))
        }
        guard let first = lengths.first else { return .untilEnd(status: status, headers) }
        guard lengths.count == 1, let count = Int(first), count >= 0 else {
            throw MalformedRequest("malformed Content-Length")
        }
        return .body(
            status: status, headers,
            try BodyReader(count == 0 ? .none : .fixed(count), limit: limits.uploadBytes))
    }

    private static func head(
        _ bytes: Span<UInt8>, _ limits: Limits
    ) throws(MalformedRequest) -> (Int, Headers, Int)? {
        var lines = LineReader(limit: limits.headBytes)
        guard let statusLine = try lines.next(in: bytes) else { return nil }
        let text = String(decoding: Array(bytes, statusLine), as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 ") || text.hasPrefix("HTTP/1.0 "),
            let status = Int(text.dropFirst(9).prefix(3)),
            (100...999).contains(status)
        else { throw MalformedRequest("malformed status line") }
        var headers = Headers()
        while let line = try lines.next(in: bytes) {
            if line.isEmpty { return (status, headers, lines.position) }
            guard headers.fields.count < limits.headerFields else {
                throw MalformedRequest("too many header fields")
            }
            let (name, value) = try HeadParser.field(bytes, line)
            headers.add(name, value)
        }
        return nil
    }
}
