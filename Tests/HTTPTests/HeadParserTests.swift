import HTTP
import Testing

/// Reads a whole head, or says why not.
private func head(_ text: String, limits: Limits = .init()) throws(MalformedRequest) -> RequestHead? {
    try HeadParser(limits: limits).parse(Array(text.utf8).span)?.head
}

@Suite struct `A request head` {
    @Test func `is read with what it says about body and connection`() throws {
        let text =
            "POST /api/v1/users/?page=1&q=a%20b HTTP/1.1\r\nHost: voltbus.example:8443\r\nContent-Length: 12\r\n"
            + "X-Empty:\r\nX-Blank: \t padded\t \r\nEXPECT: 100-Continue\r\n\r\nbody follows"

        let (head, used) = try #require(try HeadParser(limits: .init()).parse(Array(text.utf8).span))

        #expect(head.method == .post)
        #expect(head.path == "/api/v1/users/")
        #expect(head.query == "page=1&q=a%20b")
        #expect(head.bodyKind == .fixed(12))
        #expect(head.keepsAlive)
        #expect(head.expectsContinue)
        #expect(head.headers["x-empty"] == "")
        #expect(head.headers["x-blank"] == "padded")
        #expect(used == text.utf8.count - 12)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, Close\r\n\r\n", false),
    ])
    func `says whether the connection stays`(text: String, stays: Bool) throws {
        #expect(try #require(try head(text)).keepsAlive == stays)
    }

    @Test(arguments: [
        ("http://example.org/a?b=c", "/a", "b=c"), ("https://example.org", "/", ""),
        ("http://example.org?q", "/", "q"),
        ("/a//b", "/a//b", ""), ("/?", "/", ""),
    ])
    func `takes targets in origin and absolute form`(target: String, path: String, query: String) throws {
        let head = try #require(try head("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.path == path)
        #expect(head.query == query)
    }

    @Test(arguments: ["BREW", "get", "PROPFIND", "TRACE", "M-SEARCH"])
    func `may have a method that nobody here knows`(word: String) throws {
        #expect(try head("\(word) / HTTP/1.1\r\nHost: a\r\n\r\n")?.method == .other)
    }

    @Test func `is waited for, byte by byte`() throws {
        let whole = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for length in 0..<whole.count {
            let head = try HeadParser(limits: .init()).parse(Array(whole.prefix(length)).span)
            #expect(head == nil, "\(length) bytes")
        }
    }

    static let malformed: [(name: String, text: String)] = [
        ("leading blank line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        ("bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
        ("bare CR in a field", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"),
        ("NUL in a field", "GET / HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n"),
        ("control character in a field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}\r\n\r\n"),
        ("DEL in a field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}\r\n\r\n"),
        ("blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        ("tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 5\r\n\r\n"),
        ("folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        ("folding in front of the first field", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
        ("field without colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"),
        ("field without name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
        ("name with a parenthesis", "GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n"),
        ("name that is no ASCII", "GET / HTTP/1.1\r\nHost: a\r\nXé: z\r\n\r\n"),
        ("no Host", "GET / HTTP/1.1\r\nX: a\r\n\r\n"),
        ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        ("Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        ("Host with a slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        ("two blanks in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("no version", "GET /\r\nHost: a\r\n\r\n"),
        ("version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"),
        ("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        ("version 2", "PRI * HTTP/2.0\r\n\r\n"),
        ("version with a blank behind", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        ("method with a slash", "GE/T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("method that is no ASCII", "GÉT / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("target with a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("target that is no ASCII", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("authority form", "GET example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("absolute form without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            "both Content-Length and Transfer-Encoding",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        ("two equal lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        ("a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"),
        ("length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"),
        ("negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
        ("hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"),
        (
            "length beyond 64 bits",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"
        ),
        ("empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
        ("unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        ("coding before chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        (
            "two codings",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        ("identity coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
        ("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("unknown expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n"),
        ("target of 9 KiB", "GET /\(String(repeating: "a", count: 9_216)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            "head of 17 KiB",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_408))\r\n\r\n"
        ),
        ("101 fields", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: a\r\n", count: 100))\r\n"),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n"),
    ]

    @Test(arguments: malformed.indices)
    func `is refused when it is malformed`(index: Int) {
        let (name, text) = Self.malformed[index]
        #expect(throws: MalformedRequest.self, "\(name)") { try head(text) }
    }
}

@Suite struct `A request's body` {
    private func read(_ kind: RequestHead.BodyKind, _ text: String, limit: Int = 100, piece: Int = .max)
        throws -> (String, Bool, Int)
    {
        var reader = try BodyReader(kind, limit: limit)
        let bytes = Array(text.utf8)
        var used = 0
        var shown = 0
        while shown < bytes.count, !reader.isComplete {
            shown = min(bytes.count, piece == .max ? bytes.count : shown + piece)
            used += try reader.take(Array(bytes[used..<shown]).span)
        }
        return (String(decoding: reader.body, as: UTF8.self), reader.isComplete, used)
    }

    @Test(arguments: [1, 2, 3, 7, Int.max])
    func `arrives in pieces of any size`(piece: Int) throws {
        #expect(try read(.fixed(5), "hello and more", piece: piece) == ("hello", true, 5))
        let chunked = "4\r\nWiki\r\n5;name=value\r\npedia\r\n0\r\nTrailer: x\r\n\r\nGET"
        #expect(try read(.chunked, chunked, piece: piece) == ("Wikipedia", true, chunked.utf8.count - 3))
    }

    @Test(arguments: [
        "x\r\n", "\r\n", ";a\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n",
        "1\na\r\n",
        "1\r\nab\r\n", "1\r\na\n", "123456789\r\n", "FFFFFFFFFFFFFFFFF\r\n", "1\r\na1\r\n",
    ])
    func `is refused when its chunks are malformed`(text: String) {
        #expect(throws: MalformedRequest.self) { try read(.chunked, text) }
    }

    @Test func `is refused when it is too large, before it arrives`() {
        #expect(throws: MalformedRequest("the body is too large", status: .contentTooLarge)) {
            try read(.fixed(101), "")
        }
        #expect(throws: MalformedRequest("the body is too large", status: .contentTooLarge)) {
            try read(.chunked, "60\r\n\(String(repeating: "a", count: 96))\r\n5\r\n")
        }
    }
}
