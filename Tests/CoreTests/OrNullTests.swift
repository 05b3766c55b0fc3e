import Core
import Testing

@Suite struct `A member that may be null` {
    private struct Body: Codable, Equatable {
        var id: Int
        @OrNull var station: Int?
    }

    @Test func `is always written`() throws {
        #expect(JSONWriter.text(Body(id: 1, station: nil)) == #"{"id":1,"station":null}"#)
        #expect(JSONWriter.text(Body(id: 1, station: 7)) == #"{"id":1,"station":7}"#)
    }

    @Test(arguments: [#"{"id":1}"#, #"{"id":1,"station":null}"#])
    func `is read whether it is there or not`(text: String) throws {
        #expect(try JSONReader.decode(Body.self, from: Array(text.utf8)) == Body(id: 1, station: nil))
    }

    @Test func `says so in its schema`() {
        var components: [String: JSONValue] = [:]
        _ = JSONSchema.of(Body.self).json(components: &components)

        #expect("\(components)".contains("null"))
    }
}

@Suite struct `A value made of two` {
    private struct Both: Encodable {
        struct First: Encodable { var a = [1] }
        enum Keys: CodingKey { case b }

        func encode(to encoder: any Encoder) throws {
            try First().encode(to: encoder)
            var rest = encoder.container(keyedBy: Keys.self)
            try rest.encode(2, forKey: .b)
        }
    }

    @Test func `writes one object`() {
        #expect(JSONWriter.text(Both()) == #"{"a":[1],"b":2}"#)
        #expect(JSONWriter.text([Both(), Both()]) == #"[{"a":[1],"b":2},{"a":[1],"b":2}]"#)
    }
}
