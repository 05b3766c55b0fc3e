import Core
import Testing

@Suite struct `JSON's grammar` {
    @Test(arguments: [
        "null", " true ", "[]", "{}", "[1,2,[3]]", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud834\\udd1e\"",
        "-0", "-1.5e+3",
        "1E5", "0.1", "{\"\":0}", "\"\u{7f}\"", "[\n\t\r ]", "\"é€😀\"", "{\"a\":{\"b\":[{}]}}", "1e9999",
    ])
    func `accepts what RFC 8259 accepts`(text: String) throws {
        let document = try JSONDocument(Array(text.utf8))
        #expect(Int(document.tokens[0].next) == document.tokens.count)
    }

    @Test(arguments: [
        "", " ", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}",
        "{a:1}", "{1:1}",
        "{\"a\" 1}", "nul", "nulll", "True", "01", "-01", "-", "+1", "1.", ".5", "1.e1", "1e", "1e+", "0x10",
        "NaN",
        "Infinity", "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\u{1}\"", "\"\t\"", "\"\n\"", "'a'", "[1 2]", "[1]x", "{}{}", "/**/1", "[1]//", "\u{feff}1",
        "\u{a0}1", "1\u{0}",
    ])
    func `refuses everything else`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82],
            [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func `refuses text that is not UTF-8`(bytes: [UInt8]) {
        let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(quoted) }
    }

    @Test func `has limits of depth, length and number of values`() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(throws: JSONSyntaxError(offset: 64, .tooDeep)) { try JSONDocument(Array(deep.utf8)) }
        #expect(throws: JSONSyntaxError(offset: 4, .tooLong)) {
            try JSONDocument(Array("[1,2]".utf8), limits: JSONLimits(bytes: 4))
        }
        #expect(throws: JSONSyntaxError(offset: 5, .tooMany)) {
            try JSONDocument(Array("[1,2,3]".utf8), limits: JSONLimits(values: 3))
        }
    }

    @Test func `keeps each value's own text`() throws {
        let text = "[2,\"19\",\"Heartbeat\",{ \"a\" : [1.50, \"x\\n\"] }]"
        let document = try JSONDocument(Array(text.utf8))
        let payload = document.elements(of: 0)[3]
        #expect(
            String(decoding: document.rawText(of: payload), as: UTF8.self) == "{ \"a\" : [1.50, \"x\\n\"] }")
        #expect(
            String(decoding: document.rawText(of: document.elements(of: 0)[1]), as: UTF8.self) == "\"19\"")
        let list = try #require(document.member("a", of: payload))
        #expect(document.path(to: document.elements(of: list)[1]) == "3.a.1")
    }

    @Test func `uses a document's memory again`() throws {
        var document = try JSONDocument(Array("[1,2,3]".utf8))
        try document.read(Array("{}".utf8).span)
        #expect(document.tokens.count == 1)
        #expect(throws: JSONSyntaxError.self) { try document.read(Array("[".utf8).span) }
        try document.read(Array("[4]".utf8).span)
        #expect(document.integer(at: 1) == 4)
    }
}
