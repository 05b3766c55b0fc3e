/// Reads request heads by the letter of RFC 9112. What a lenient reader would mend, this one refuses: two readers that
/// mend differently are how one request is smuggled inside another.
package struct HeadParser {
    private let limits: Limits

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Reads one head from the front of `bytes`.
    ///
    /// Returns the head and the number of bytes that it took; nil while it is incomplete.
    package func parse(_ bytes: Span<UInt8>) throws(MalformedRequest) -> (head: RequestHead, used: Int)? {
        var lines = LineReader(limit: limits.headBytes)
        guard let requestLine = try lines.next(in: bytes) else { return nil }
        // Judged as soon as it is there, so that garbage is not waited for.
        let (method, target, isVersion11) = try Self.requestLine(bytes, requestLine)
        guard target.count <= limits.targetBytes else {
            throw MalformedRequest("path and query are too long")
        }
        var headers = Headers()
        while let line = try lines.next(in: bytes) {
            guard !line.isEmpty else {
                let head = try decide(bytes, method, target, isVersion11, headers)
                return (head, lines.position)
            }
            guard headers.fields.count < limits.headerFields else {
                throw MalformedRequest("too many header fields")
            }
            let (name, value) = try Self.field(bytes, line)
            headers.add(name, value)
        }
        return nil
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(unsafeUninitializedCapacity: range.count) { output in
            for (place, index) in range.enumerated() { output[place] = bytes[index] }
            return range.count
        }
    }

    private static func requestLine(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) throws(MalformedRequest) -> (Method, Range<Int>, Bool) {
        guard let first = index(of: UInt8(ascii: " "), bytes, line),
            let second = index(of: UInt8(ascii: " "), bytes, (first + 1)..<line.upperBound)
        else { throw MalformedRequest("malformed request line") }
        let word = line.lowerBound..<first
        let target = (first + 1)..<second
        guard !word.isEmpty, word.allSatisfy({ isTokenCharacter(bytes[$0]) }) else {
            throw MalformedRequest("malformed method")
        }
        guard !target.isEmpty, target.allSatisfy({ bytes[$0] > 0x20 && bytes[$0] < 0x7F }) else {
            throw MalformedRequest("malformed request target")
        }
        let version = text(bytes, (second + 1)..<line.upperBound)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw MalformedRequest("unknown HTTP version")
        }
        // A method that we do not know is answered where it is known whether its path exists: 405 or 404.
        return (Method(rawValue: text(bytes, word)) ?? .other, target, version == "HTTP/1.1")
    }

    static func field(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(MalformedRequest) -> (
        String, String
    ) {
        // A line that begins with a blank continues the one before it: obs-fold, which RFC 9112 §5.2 lets us refuse.
        // A blank before the colon is refused by §5.1. Both are no token characters.
        guard let colon = index(of: UInt8(ascii: ":"), bytes, line), colon > line.lowerBound,
            (line.lowerBound..<colon).allSatisfy({ isTokenCharacter(bytes[$0]) })
        else { throw MalformedRequest("malformed header field") }
        var start = colon + 1
        var end = line.upperBound
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        for place in start..<end {
            guard bytes[place] >= 0x20 || isBlank(bytes[place]), bytes[place] != 0x7F else {
                throw MalformedRequest("a control character in a header field")
            }
        }
        let value = Array(bytes, start..<end)
        return (text(bytes, line.lowerBound..<colon), String(decoding: value, as: UTF8.self))
    }

    private static func index(of byte: UInt8, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        range.first { bytes[$0] == byte }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `tchar` of RFC 9110 §5.6.2, as two words of bits: a table in memory is slower.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        guard byte < 0x80 else { return false }
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
    }

    private func decide(
        _ bytes: Span<UInt8>, _ method: Method, _ target: Range<Int>, _ isVersion11: Bool, _ headers: Headers
    ) throws(MalformedRequest) -> RequestHead {
        let hosts = headers.all("Host")
        guard hosts.count == 1 || (hosts.isEmpty && !isVersion11) else {
            throw MalformedRequest(hosts.isEmpty ? "Host is missing" : "more than one Host")
        }
        guard hosts.allSatisfy(Self.isHost) else { throw MalformedRequest("malformed Host") }
        let (path, query) = try Self.split(Self.text(bytes, target), for: method)
        let connection = headers.list("Connection")
        let expectations = headers.all("Expect")
        guard expectations.allSatisfy({ Headers.same($0, "100-continue") }) else {
            throw MalformedRequest("unknown expectation")
        }
        let bodyKind = try Self.bodyKind(headers, isVersion11)
        return RequestHead(
            method: method, path: path, query: query, isVersion11: isVersion11, headers: headers,
            bodyKind: bodyKind,
            keepsAlive: !connection.contains("close") && (isVersion11 || connection.contains("keep-alive")),
            expectsContinue: !expectations.isEmpty && isVersion11 && bodyKind != .none)
    }

    private static func isHost(_ host: String) -> Bool {
        host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~:[]%!$&'()*+,;=".utf8.contains(byte)
            }
        }
    }

    /// Origin form, absolute form (RFC 9112 §3.2.2 obliges servers to take it), and `*` for OPTIONS.
    private static func split(_ target: String, for method: Method) throws(MalformedRequest) -> (
        String, String
    ) {
        var rest = target[...]
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            rest = target.dropFirst(scheme.count)
            guard !rest.isEmpty, !rest.hasPrefix("/") else {
                throw MalformedRequest("malformed request target")
            }
            rest = rest.drop { $0 != "/" && $0 != "?" }
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        if rest == "*", method == .options { return ("*", "") }
        guard rest.hasPrefix("/"), !rest.contains("#") else {
            throw MalformedRequest("malformed request target")
        }
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        return (String(rest[..<mark]), String(rest[mark...].dropFirst()))
    }

    /// RFC 9112 §6.3, with everything refused that leaves a choice.
    private static func bodyKind(_ headers: Headers, _ isVersion11: Bool) throws(MalformedRequest)
        -> RequestHead.BodyKind
    {
        let lengths = headers.all("Content-Length")
        let codings = headers.all("Transfer-Encoding")
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw MalformedRequest("both Content-Length and Transfer-Encoding") }
            guard isVersion11 else { throw MalformedRequest("Transfer-Encoding in HTTP/1.0") }
            guard codings.count == 1, Headers.same(codings[0], "chunked") else {
                throw MalformedRequest("unknown transfer coding")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1 else { throw MalformedRequest("more than one Content-Length") }
        // Only digits: Int would also read a sign.
        guard !length.isEmpty, length.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            let count = Int(length)
        else {
            throw MalformedRequest("malformed Content-Length")
        }
        return count == 0 ? .none : .fixed(count)
    }
}

extension Array where Element == UInt8 {
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self = range.map { bytes[$0] }
    }
}

/// Lines that end with CR LF and nothing else.
struct LineReader {
    private let limit: Int
    private(set) var position: Int
    private let start: Int

    init(limit: Int, from start: Int = 0) {
        self.limit = limit
        self.start = start
        position = start
    }

    /// The next line without its end; nil while it is incomplete.
    mutating func next(in bytes: Span<UInt8>) throws(MalformedRequest) -> Range<Int>? {
        var index = position
        while index < bytes.count {
            guard index - start < limit else { throw MalformedRequest("the head is too long") }
            switch bytes[index] {
            case UInt8(ascii: "\r"):
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == UInt8(ascii: "\n") else { throw MalformedRequest("a bare CR") }
                defer { position = index + 2 }
                return position..<index
            case UInt8(ascii: "\n"):
                throw MalformedRequest("a bare LF")
            case 0:
                throw MalformedRequest("a NUL byte")
            default:
                index += 1
            }
        }
        return nil
    }
}
