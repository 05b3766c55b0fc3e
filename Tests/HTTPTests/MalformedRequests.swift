/// Requests as somebody wrote them who wanted to see what happens, by what they try and what comes of it: the statuses
/// of the answers, in their order. Each is sent with a well-formed request behind it for `/smuggled`, which may be
/// answered only where the first one was fine and its end is beyond doubt.
enum MalformedRequests {
    struct Attempt: Sendable {
        let name: String
        let bytes: [UInt8]
        let statuses: [Int]

        init(_ name: String, _ text: String, _ statuses: [Int] = [400]) {
            self.init(name, Array(text.utf8), statuses)
        }

        init(_ name: String, _ bytes: [UInt8], _ statuses: [Int] = [400]) {
            self.name = name
            self.bytes = bytes
            self.statuses = statuses
        }
    }

    private static func post(_ name: String, _ rest: String, _ statuses: [Int] = [400]) -> Attempt {
        Attempt(name, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(rest)", statuses)
    }

    private static func get(_ name: String, _ fields: String, _ statuses: [Int] = [400]) -> Attempt {
        Attempt(name, "GET /echo HTTP/1.1\r\n\(fields)\r\n", statuses)
    }

    private static func long(_ count: Int) -> String { String(repeating: "a", count: count) }

    static let all: [Attempt] = bodies + chunks + lines + fields + forms + protocols

    /// Where a body ends: what two readers may read differently.
    private static let bodies: [Attempt] = [
        post("length and coding", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        post("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        post("a smaller and a larger length", "Content-Length: 0\r\nContent-Length: 44\r\n\r\n"),
        post("the same length twice", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        post("a list of one length", "Content-Length: 2, 2\r\n\r\n{}"),
        post("a length with a sign", "Content-Length: +2\r\n\r\n{}"),
        post("a length below nothing", "Content-Length: -1\r\n\r\n"),
        post("a length with blanks inside", "Content-Length: 1 2\r\n\r\n{}"),
        post("a length in hexadecimal", "Content-Length: 0x2\r\n\r\n{}"),
        post("a length in another script", "Content-Length: ٢\r\n\r\n{}"),
        post("a length that overflows", "Content-Length: 18446744073709551618\r\n\r\n{}"),
        post("a length with an underscore for a hyphen", "Content_Length: 2\r\n\r\n{}", [200, 400]),
        post("a coding list", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        post("a coding list that ends in chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        post("a coding in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
        post("a coding in quotes", "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        post("a coding behind a vertical tab", "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n"),
        post("a coding with a parameter", "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
        post("an empty coding", "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
        post("a folded coding", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        Attempt(
            "a coding for who knows none",
            "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        post("a body that is too large to be looked at", "Content-Length: 1048577\r\n\r\n", [413]),
        post("a body that grows too large", "Transfer-Encoding: chunked\r\n\r\n100001\r\n", [413]),
        post("an expectation that nobody meets", "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}"),
    ]

    private static let chunks: [Attempt] = [
        ("a blank behind the size", "0 \r\n\r\n"), ("a blank before the size", " 0\r\n\r\n"),
        ("a sign", "+0\r\n\r\n"), ("a size below nothing", "-1\r\n\r\n"), ("C's spelling", "0x0\r\n\r\n"),
        ("an underscore", "0_0\r\n\r\n"), ("no size", "\r\n\r\n"), ("no hexadecimal digit", "g\r\n\r\n"),
        ("a size of nine digits", "100000000\r\n\r\n"), ("a size of nine zeros", "000000000\r\n\r\n"),
        ("a size beyond 64 bits", "10000000000000000\r\n\r\n"),
        ("a bare LF behind the size", "1\n{\r\n0\r\n\r\n"),
        ("a bare CR behind the size", "1\r{\r\n0\r\n\r\n"),
        ("a bare LF behind the data", "1\r\n{\n0\r\n\r\n"), ("more data than said", "1\r\n{}\r\n0\r\n\r\n"),
        ("a bare LF in an extension", "0;a\nb\r\n\r\n"), ("a NUL in an extension", "0;a\u{0}\r\n\r\n"),
        ("an extension of 2 KiB", "0;\(long(2_048))\r\n\r\n"),
        ("extensions without end", String(repeating: "1;\(long(900))\r\n{\r\n", count: 6)),
        ("a request in the trailer", "0\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
        ("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
        ("a trailer without end", "0\r\n" + String(repeating: "A: \(long(900))\r\n", count: 10) + "\r\n"),
        ("a bare LF at the end", "0\r\n\n"),
    ].map { name, text in post("a chunk: \(name)", "Transfer-Encoding: chunked\r\n\r\n\(text)") }

    private static let lines: [Attempt] = [
        Attempt("a blank line first", "\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("HTTP/0.9", "GET /echo\r\n"),
        Attempt("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Attempt("HTTP/3.7", "GET /echo HTTP/3.7\r\nHost: a\r\n\r\n"),
        Attempt("a version in lower case", "GET /echo http/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a version with more digits", "GET /echo HTTP/1.10\r\nHost: a\r\n\r\n"),
        Attempt("bare LFs only", "GET /echo HTTP/1.1\nHost: a\n\n"),
        Attempt("a bare CR in the line", "GET /echo\r HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("two blanks", "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a blank at the end", "GET /echo HTTP/1.1 \r\nHost: a\r\n\r\n"),
        Attempt("tabs for blanks", "GET\t/echo\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a NUL in the target", "GET /e\u{0}cho HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a target that is no ASCII", "GET /écho HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a target of 9 KiB", "GET /\(long(9_216)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a line without end", "GET /\(long(20_000))"),
        Attempt("a method without end", long(20_000)),
        Attempt("TLS", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, 0x0D, 0x0A]),
        Attempt("bytes that mean nothing", (0..<255).map { UInt8(($0 * 37 + 11) % 255) }),
        Attempt(
            "an unknown method on a path that is there", "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", [405, 200]),
        Attempt("an unknown method on no path", "BREW /none HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("a method in lower case", "get /echo HTTP/1.1\r\nHost: a\r\n\r\n", [405, 200]),
    ]

    private static let fields: [Attempt] = [
        get("no Host", "X: a\r\n"), get("two Hosts", "Host: a\r\nHost: b\r\n"),
        get("the same Host twice", "Host: a\r\nHost: a\r\n"), get("a list of Hosts", "Host: a, b\r\n"),
        get("a Host with a path", "Host: a/b\r\n"), get("a Host with a user", "Host: u@a\r\n"),
        get("a Host with a quote", "Host: \"a\"\r\n"), get("a Host with a NUL", "Host: a\u{0}\r\n"),
        get("a blank before the colon", "Host : a\r\n"), get("a tab before the colon", "Host\t: a\r\n"),
        get("a field without name", "Host: a\r\n: b\r\n"),
        get("a field without colon", "Host: a\r\nnonsense\r\n"),
        get("a folded field", "Host: a\r\nX: a\r\n b\r\n"),
        get("folding at the front", " X: a\r\nHost: a\r\n"),
        get("a bare LF", "Host: a\nX: b\r\n"), get("a bare CR", "Host: a\rX: b\r\n"),
        get("a control character", "Host: a\r\nX: \u{1}\r\n"),
        get("a name with a NUL", "Host: a\r\nX\u{0}: b\r\n"),
        get("a name in brackets", "Host: a\r\n[X]: b\r\n"),
        get("101 fields", "Host: a\r\n" + String(repeating: "X: a\r\n", count: 100)),
        get("a field of 17 KiB", "Host: a\r\nX: \(long(17_408))\r\n"),
        get("fields without end", "Host: a\r\n" + String(repeating: "X: \(long(1_000))\r\n", count: 30)),
        Attempt(
            "a value that is no UTF-8",
            Array("GET /echo HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0xFE, 0x0D, 0x0A, 0x0D, 0x0A],
            [200, 200]),
    ]

    private static let forms: [Attempt] = [
        Attempt("absolute form", "GET http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n", [200, 200]),
        Attempt("absolute form without Host", "GET http://a/echo HTTP/1.1\r\n\r\n"),
        Attempt("absolute form of another scheme", "GET ftp://a/echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("absolute form without authority", "GET http:///echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
        Attempt("an asterisk for all", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [204, 200]),
        Attempt("an asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a fragment", "GET /echo#x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Attempt("a way up", "GET /../echo HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("a way up in escapes", "GET /%2e%2e/echo HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("half an escape", "GET /echo% HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("an escaped NUL", "GET /echo%00 HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("an overlong slash", "GET /%c0%afecho HTTP/1.1\r\nHost: a\r\n\r\n", [404, 200]),
        Attempt("HTTP/1.0 without Host", "GET /echo HTTP/1.0\r\n\r\n", [200]),
        Attempt(
            "a body for GET", "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", [200, 200]),
    ]

    private static let protocols: [Attempt] = [
        get(
            "an upgrade to HTTP/2",
            "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
            [200, 200]),
        get("an upgrade to TLS", "Host: a\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3\r\n", [200, 200]),
        get("an upgrade that the connection does not tell", "Host: a\r\nUpgrade: refused\r\n", [200, 200]),
        get(
            "an upgrade that is refused", "Host: a\r\nConnection: Upgrade\r\nUpgrade: refused\r\n",
            [426, 200]),
        get("an upgrade that fails", "Host: a\r\nConnection: Upgrade\r\nUpgrade: failed\r\n", [401, 200]),
        post(
            "an upgrade in front of a body",
            "Connection: Upgrade\r\nUpgrade: refused\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n", [400]),
        get("a client that closes in the same breath", "Host: a\r\nConnection: close\r\n", [200]),
        post(
            "an expectation in HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
            [100, 200, 200]),
    ]
}
