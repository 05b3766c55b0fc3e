import Core
import FoundationEssentials
import Testing

@Suite struct `Reading JSON into types` {
    struct Connector: Codable, Equatable {
        var connector_id: Whole<1, 99>
        var power: Int?
        var kind: Kind
    }
    enum Kind: String, Codable, CaseIterable { case ac = "AC", dc = "DC" }

    struct ChargePoint: Codable, Equatable {
        var title: Text<1, 10>
        var since: Date
        var is_enabled: Bool
        var connectors: [Connector]
        var note: String?
    }

    let good = """
        {"title":"  Home \\u0159 ","since":"2026-11-20T11:30:05.5+01:00","is_enabled":true,
         "connectors":[{"connector_id":1,"kind":"AC"},{"kind":"DC","power":-5,"connector_id":2.0}],"note":null,"more":[1]}
        """

    @Test func `gives the values, whatever the order of the members`() throws {
        let point = try JSONReader.decode(ChargePoint.self, from: Array(good.utf8))

        #expect(point.title.text == "Home ř")
        #expect(Timestamp.text(point.since) == "2026-11-20T10:30:05Z")
        #expect(point.connectors.map(\.connector_id.number) == [1, 2])
        #expect(point.connectors.map(\.power) == [nil, -5])
        #expect(point.note == nil)
    }

    @Test func `tells every mistake at once, each at its place`() {
        let bad = """
            {"title":"much longer than ten","is_enabled":"yes","since":"yesterday",
             "connectors":[{"connector_id":1,"kind":"AC"},{"connector_id":100,"kind":"XX","power":1.5}]}
            """
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(ChargePoint.self, from: Array(bad.utf8), rules: .api)
        }
        #expect(
            mistakes?.description == """
                title must be at most 10 characters; since must be a time such as 2026-11-20T10:30:00Z; \
                is_enabled must be true or false; connectors.1.connector_id must be between 1 and 99; \
                connectors.1.power must be a whole number; connectors.1.kind must be one of AC, DC
                """)
    }

    @Test func `names what is missing`() {
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(ChargePoint.self, from: Array("{\"connectors\":[{}]}".utf8), rules: .api)
        }
        #expect(
            mistakes?.all.filter { $0.kind == .missing }.map(\.path)
                == ["title", "since", "is_enabled", "connectors.0.connector_id", "connectors.0.kind"])
    }

    @Test func `stops at the first mistake where nobody wants the others`() {
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(ChargePoint.self, from: Array("{\"title\":5}".utf8))
        }
        #expect(mistakes?.all == [JSONMistake(.type, at: "title", "must be text")])
    }

    @Test func `refuses unknown members and nulls where the rules are strict`() {
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(
                Connector.self, from: Array("{\"connector_id\":1,\"kind\":\"AC\",\"colour\":1}".utf8),
                rules: .strict)
        }
        #expect(mistakes?.all == [JSONMistake(.unknown, at: "colour", "is not known here")])
        let null = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode(
                Connector.self, from: Array("{\"connector_id\":1,\"kind\":\"AC\",\"power\":null}".utf8),
                rules: .strict)
        }
        #expect(null?.all.map(\.kind) == [.type])
    }

    @Test(arguments: ["[]", "5", "null", "\"text\""])
    func `refuses another kind of value`(text: String) {
        #expect(throws: JSONMistakes([JSONMistake(.type, at: "", "must be an object")])) {
            try JSONReader.decode(Connector.self, from: Array(text.utf8))
        }
    }

    struct Change: Codable, Equatable {
        var name: Patch<String>
        var level: Patch<Int>
        var note: Patch<String>
    }

    @Test func `tells absent from null`() throws {
        let change = try JSONReader.decode(Change.self, from: Array("{\"name\":\"x\",\"note\":null}".utf8))

        #expect(change == Change(name: .value("x"), level: .absent, note: .null))
        #expect(JSONWriter.text(change) == "{\"name\":\"x\",\"note\":null}")
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("-0", 0), ("1e2", 100),
        ("2.0", 2),
    ])
    func `reads whole numbers of 64 bits`(text: String, number: Int64) throws {
        #expect(try JSONReader.decode([Int64].self, from: Array("[\(text)]".utf8)) == [number])
    }

    @Test(arguments: ["9223372036854775808", "1.5", "1e400", "1e-1", "9007199254740993.0e0"])
    func `refuses numbers that are not whole, or too large`(text: String) {
        #expect(throws: JSONMistakes.self) {
            try JSONReader.decode([Int64].self, from: Array("[\(text)]".utf8))
        }
    }

    @Test(arguments: [
        "{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":1,\"\\u0061\":2,\"b\":0}", "{\"b\":0,\"\\u0061\":1,\"a\":2}",
    ])
    func `takes the last of several members of one name, in whatever order it asks`(text: String) throws {
        struct Forwards: Codable { var a: Int; var b: Int }
        struct Backwards: Codable { var b: Int; var a: Int }
        let bytes = Array(text.utf8)
        #expect(JSONValue(try JSONDocument(bytes))["a"] == 2)
        #expect(try JSONReader.decode(Forwards.self, from: bytes, rules: .strict).a == 2)
        #expect(try JSONReader.decode(Backwards.self, from: bytes, rules: .strict).a == 2)
    }

    @Test func `takes the last of several members among very many`() throws {
        let members = (0..<20_000).map { "\"m\($0)\":\($0)" } + ["\"m7\":-1"]
        let document = try JSONDocument(Array("{\(members.joined(separator: ","))}".utf8))
        let last = try #require(document.member("m7", of: 0))
        #expect(document.integer(at: last) == -1)
    }

    @Test func `tires of a document that has nothing but mistakes`() {
        let numbers = [UInt8]("[\(String(repeating: "1,", count: 100_000))1]".utf8)
        let mistakes = #expect(throws: JSONMistakes.self) {
            try JSONReader.decode([String].self, from: numbers, rules: .api)
        }
        #expect(mistakes?.all.count == JSONReadingRules.api.mostMistakes)
    }
}

@Suite struct `Writing JSON` {
    struct Nested: Codable, Equatable {
        var name: String
        var inner: [[Int]]
        var map: [String: Bool]
        var when: Date
        var absent: Int?
        var share: Double
    }

    @Test func `keeps the order of the type and leaves out what is absent`() throws {
        let value = Nested(
            name: "a\"b\\c\n\u{1}é", inner: [[], [1, -2], []], map: ["x": true],
            when: Date(timeIntervalSince1970: 1_795_171_260.9), absent: nil, share: 0.5)

        let text = JSONWriter.text(value)

        #expect(
            text == """
                {"name":"a\\"b\\\\c\\n\\u0001é","inner":[[],[1,-2],[]],"map":{"x":true},\
                "when":"2026-11-20T10:41:00Z","share":0.5}
                """)
        let again = try JSONReader.decode(Nested.self, from: Array(text.utf8))
        #expect(again.inner == value.inner)
        #expect(again.name == value.name)
    }

    @Test(arguments: [Int64.min, -1, 0, 7, .max])
    func `writes numbers of 64 bits`(number: Int64) {
        #expect(JSONWriter.text([number]) == "[\(number)]")
    }

    @Test func `says null for what JSON has no word for`() {
        #expect(JSONWriter.text([Double.nan, .infinity, 1.5, 2]) == "[null,null,1.5,2]")
    }

    @Test func `writes by hand with the same commas`() {
        var output = JSONOutput()
        output.beginArray()
        output.integer(3)
        output.string("id")
        output.beginObject()
        output.name("status")
        output.string("Accepted")
        output.name("list")
        output.beginArray()
        output.endArray()
        output.endObject()
        output.null()
        output.endArray()
        #expect(
            String(decoding: output.bytes, as: UTF8.self)
                == "[3,\"id\",{\"status\":\"Accepted\",\"list\":[]},null]")
    }
}

@Suite struct `A type's schema` {
    struct Station: Codable {
        var id: ID<Station>
        var name: Text<3, 255>
        var kind: `Reading JSON into types`.Kind
        var power: Whole<1, 1_000_000>?
        var note: Patch<String>
        var since: Date
        var ports: [Port]
        var tags: [String: Int]
        struct Port: Codable { var next: [Port]?; var free: JSONValue }
    }

    @Test func `is found out from the type itself`() throws {
        var components: [String: JSONValue] = [:]
        let schema = JSONSchema.of(Station.self).json(components: &components)

        #expect(schema["$ref"] != nil)
        let station = try #require(components.first { !$0.key.hasSuffix("Port") }?.value)
        #expect(station["required"] == ["id", "name", "kind", "since", "ports", "tags"])
        let members = try #require(station["properties"])
        #expect(members["name"] == ["type": "string", "minLength": 3, "maxLength": 255])
        #expect(members["kind"] == ["type": "string", "enum": ["AC", "DC"]])
        #expect(members["power"] == ["type": "integer", "minimum": 1, "maximum": 1_000_000])
        #expect(members["since"] == ["type": "string", "format": "date-time"])
        #expect(members["note"]?["anyOf"] != nil)
        #expect(members["tags"] == ["type": "object", "additionalProperties": ["type": "integer"]])
        #expect(components.count == 2)
    }

    struct Span: Codable {
        var from: Date?
        var until: Date?
    }
    /// Read from one object by two types.
    struct Search: Decodable {
        var q: String
        var span: Span
        private enum CodingKeys: CodingKey { case q }
        init(from decoder: any Decoder) throws {
            q = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .q)
            span = try Span(from: decoder)
        }
    }

    @Test func `holds the members of all types that read the same object`() throws {
        guard case .object(_, let members) = JSONSchema.of(Search.self) else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.name) == ["q", "from", "until"])
        let search = try JSONReader.decode(
            Search.self, from: Array("{\"until\":\"2026-11-20T10:30:00Z\",\"q\":\"x\"}".utf8))
        #expect(search.span.until != nil)
    }
}

@Suite struct `Text in a body of the API` {
    private enum Kind: String, Codable, CaseIterable { case ac = "AC" }
    private struct Form: Codable {
        var name: String
        var nick: String?
        var password: Verbatim<6, 12>
        var old_password: Verbatim<0, 12>?
        var kind: Kind
        var tags: [String]
        var note: Patch<String>
        var short: Bounded<3>
        var free: JSONValue?
    }

    private func read(_ text: String) throws -> Form {
        try JSONReader.decode(Form.self, from: Array(text.utf8), rules: .api)
    }

    private let good = #"""
        {"name":" \u00a0Anna\t\n","nick":"  ","password":"  pass  ","old_password":" ","kind":" AC ","tags":[" a","b "],
        "note":" n ","short":"  abc  ","free":" left alone "}
        """#

    @Test func `is trimmed at both ends, but for passwords`() throws {
        let form = try read(good)
        #expect(form.name == "Anna")
        #expect(form.nick == "")
        #expect(form.password.text == "  pass  ")
        #expect(form.old_password?.text == " ")
        #expect(form.kind == .ac)
        #expect(form.tags == ["a", "b"])
        #expect(form.note.applied(to: nil) == "n")
        #expect(form.short.text == "abc")
        #expect(form.free == " left alone ")
        #expect("\(form.password)" == "‹verbatim›")
    }

    @Test(arguments: [
        (#""password":"  pass  ""#, #""password":"sec\u0000ret""#, "password"),
        (#""name":" "#, #""name":" \u0000"#, "name"),
        (#"" left alone ""#, #"{"deep":["\u0000"]}"#, "free.deep.0"),
    ])
    func `may not hold what PostgreSQL cannot, however deep`(right: String, wrong: String, path: String) {
        let text = good.replacing(right, with: wrong)
        #expect(text != good)
        #expect(
            throws: JSONMistakes([
                JSONMistake(.constraint, at: path, "must not contain the character U+0000")
            ])
        ) { try read(text) }
    }
}
