import Core
import FoundationEssentials
import Testing

@Suite struct `The quick way from JSON` {
    enum Unit: String, Codable, CaseIterable { case wattHours = "Wh", watts = "W" }

    struct Sample: Codable, Equatable, JSONFastDecodable {
        var value: Bounded<10>
        var unit: Open<Unit>?
        var phase: Whole<1, 3>?
        var at: Date?

        init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
            var members = try JSONMemberCursor(document, at: index)
            value = try members.required("value", in: document)
            unit = try members.optional("unit", in: document)
            phase = try members.optional("phase", in: document)
            at = try members.date("at", in: document)
            try members.finish()
        }
    }

    /// The same without a quick way.
    struct Plain: Codable, Equatable {
        var value: Bounded<10>
        var unit: Open<Unit>?
        var phase: Whole<1, 3>?
        var at: Date?
    }

    private func quick(_ text: String) throws -> [Sample]? {
        // Nil says that the quick way leaves it to the other.
        try? [Sample](fast: JSONDocument(Array(text.utf8)), at: 0)
    }

    @Test(arguments: [
        "[]", "[{\"value\":\"1\"}]",
        "[{\"value\":\"15\",\"unit\":\"Wh\",\"phase\":2,\"at\":\"2026-11-20T10:30:00.5+01:00\"},{\"value\":\"\\u0031\"}]",
        "[{\"at\":\"2026-11-20T10:30:00Z\",\"phase\":3,\"unit\":\"horses\",\"value\":\"\"}]",
    ])
    func `gives what Codable gives`(text: String) throws {
        let fast = try #require(try quick(text))
        let plain = try JSONReader.decode([Plain].self, from: Array(text.utf8), rules: .strict)
        #expect(JSONWriter.encode(fast) == JSONWriter.encode(plain))
    }

    @Test(arguments: [
        "{}", "[1]", "[{}]", "[{\"value\":1}]", "[{\"value\":\"1\",\"unit\":null}]",
        "[{\"value\":\"1\",\"more\":1}]", "[{\"value\":\"1\",\"value\":\"2\"}]", "[{\"v\\u0061lue\":\"1\"}]",
        "[{\"value\":\"much too long\"}]", "[{\"value\":\"1\",\"phase\":4}]",
        "[{\"value\":\"1\",\"phase\":1.5}]",
        "[{\"value\":\"1\",\"at\":\"yesterday\"}]",
    ])
    func `leaves everything unusual to Codable`(text: String) throws {
        #expect(try quick(text) == nil)
    }

    @Test func `is taken by the reader, and its mistakes are Codable's`() throws {
        let good = try JSONReader.decode(Sample.self, from: Array("{\"value\":\"1\",\"unit\":null}".utf8))
        #expect(good.value.text == "1")
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(
                [Sample].self, from: Array("[{\"value\":\"1\",\"phase\":4,\"unit\":1}]".utf8), rules: .api)
        }
        #expect(mistakes?.all.map(\.path) == ["0.unit", "0.phase"])
    }
}
