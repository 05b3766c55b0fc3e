import Core
import OCPP
import Testing

private func read(_ text: String, _ version: OCPPVersion = .v16) throws -> OCPPFrame {
    var reader = OCPPFrameReader()
    return try reader.read(Array(text.utf8), as: version)
}

@Suite struct `A frame` {
    @Test func `that asks names its action and holds its payload`() throws {
        let frame = try read(#"[2,"19","Heartbeat",{"a":[1]}]"#)

        #expect(frame.kind == .call)
        #expect(frame.id.text == "19")
        #expect(frame.action == "Heartbeat")
        #expect(String(decoding: frame.payloadText, as: UTF8.self) == #"{"a":[1]}"#)
    }

    @Test func `that answers holds the result`() throws {
        let frame = try read(#" [ 3 , "19" , {"status":"Accepted"} ] "#)

        #expect(frame.kind == .result)
        #expect(try frame.decode(V16.Reset.Response.self) == .init(status: .accepted))
    }

    @Test func `that refuses may leave out everything but the code`() throws {
        let whole = try read(#"[4,"19","GenericError","broken",{"why":"age"}]"#)
        let short = try read(#"[4,"19","GenericError"]"#)

        #expect(whole.error == CallError(.genericError, "broken", details: ["why": "age"]))
        #expect(short.error == CallError(.genericError))
    }

    @Test func `survives the next one that its reader reads`() throws {
        var reader = OCPPFrameReader()
        let first = try reader.read(Array(#"[2,"1","Reset",{"type":"Soft"}]"#.utf8), as: .v16)
        _ = try reader.read(Array(#"[2,"2","Reset",{"type":"Hard"}]"#.utf8), as: .v16)

        #expect(try first.decode(V16.Reset.Request.self).type == .soft)
    }

    @Test func `of 2.1 has kinds that older versions do not know`() throws {
        let text = #"[6,"19","NotifyPeriodicEventStream",{}]"#

        #expect(try read(text, .v21).kind == .send)
        #expect(try read(#"[5,"19","FormatViolation","",{}]"#, .v21).error?.code == .formatViolation)
        for version in [OCPPVersion.v16, .v201] {
            let mistake = #expect(throws: FrameMistake.self) { try read(text, version) }
            #expect(mistake?.error.code == .messageTypeNotSupported)
            #expect(mistake?.id.text == "19")
        }
    }

    struct Malformed: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let id: String
        var code = CallErrorCode.rpcFrameworkError
        var wasAnswer = false

        init(
            _ name: String, _ text: String, id: String, _ code: CallErrorCode = .rpcFrameworkError,
            wasAnswer: Bool = false
        ) {
            testDescription = name
            self.text = text
            self.id = id
            self.code = code
            self.wasAnswer = wasAnswer
        }
    }

    static let malformed = [
        Malformed("nothing", "", id: "-1"),
        Malformed("no JSON", "hello", id: "-1"),
        Malformed("an object", "{}", id: "-1"),
        Malformed("a number", "5", id: "-1"),
        Malformed("an empty list", "[]", id: "-1"),
        Malformed("a type alone", "[2]", id: "-1"),
        Malformed("an unknown type", #"[9,"1","A",{}]"#, id: "1", .messageTypeNotSupported),
        Malformed("a type in quotes", #"["2","1","A",{}]"#, id: "1"),
        Malformed("a broken type", #"[2.5,"1","A",{}]"#, id: "1"),
        Malformed("an id that is a number", #"[2,1,"A",{}]"#, id: "-1"),
        Malformed("an empty id", #"[2,"","A",{}]"#, id: "-1"),
        Malformed(
            "an id of 37 characters", "[2,\"\(String(repeating: "x", count: 37))\",\"A\",{}]", id: "-1"),
        Malformed("no payload", #"[2,"1","A"]"#, id: "1"),
        Malformed("too many elements", #"[2,"1","A",{},{}]"#, id: "1"),
        Malformed("an action that is no text", #"[2,"1",5,{}]"#, id: "1"),
        Malformed("a list for a payload", #"[2,"1","A",[]]"#, id: "1"),
        Malformed("a payload in quotes", #"[2,"1","A","{}"]"#, id: "1"),
        Malformed("null for a result", #"[3,"1",null]"#, id: "1", wasAnswer: true),
        Malformed("a result with four elements", #"[3,"1",{},{}]"#, id: "1", wasAnswer: true),
        Malformed("an error without a code", #"[4,"1"]"#, id: "1", wasAnswer: true),
        Malformed("an error whose code is a number", #"[4,"1",5,"",{}]"#, id: "1", wasAnswer: true),
        Malformed("a frame cut off in its payload", #"[2,"abc","A",{"b":"#, id: "abc"),
        Malformed("two frames in one", #"[2,"1","A",{}][2,"2","A",{}]"#, id: "1"),
        Malformed("a frame with a comma too many", #"[2, "7" ,"A",{},]"#, id: "7"),
        Malformed("an id cut off", #"[2,"ab"#, id: "-1"),
    ]

    @Test(arguments: malformed) func `is refused with its id wherever one can be read`(_ wrong: Malformed) {
        let mistake = #expect(throws: FrameMistake.self) { try read(wrong.text) }

        #expect(mistake?.id.text == wrong.id)
        #expect(mistake?.error.code == wrong.code)
        #expect(mistake?.wasAnswer == wrong.wasAnswer)
    }

    @Test func `is refused when it is nested beyond all need`() {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)

        let mistake = #expect(throws: FrameMistake.self) { try read(#"[2,"1","A",{"a":\#(deep)}]"#) }
        #expect(mistake?.id.text == "1")
    }

    @Test func `is written as it is read`() throws {
        let id = try #require(MessageID("a\"1"))
        var bytes: [UInt8] = []

        OCPPFrameWriter.call(V16.Reset.self, .init(type: .soft), id: id, into: &bytes)

        #expect(String(decoding: bytes, as: UTF8.self) == #"[2,"a\"1","Reset",{"type":"Soft"}]"#)
        var reader = OCPPFrameReader()
        let frame = try reader.read(bytes, as: .v16)
        #expect(frame.id == id)
        #expect(try frame.decode(V16.Reset.Request.self) == .init(type: .soft))
    }

    @Test func `is written behind what is in the buffer already`() throws {
        var bytes = Array("before".utf8)

        OCPPFrameWriter.result(of: V16.MeterValues.self, NoFields(), id: MessageID(number: 7), into: &bytes)
        OCPPFrameWriter.error(
            CallError(.occurrenceConstraintViolation, "id \"x\" is required"), id: .unreadable, in: .v16,
            into: &bytes)

        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"before[3,"7",{}][4,"-1","OccurenceConstraintViolation","id \"x\" is required",{}]"#)
    }

    @Test func `cuts a description that is longer than allowed`() throws {
        var bytes: [UInt8] = []
        OCPPFrameWriter.error(
            CallError(.internalError, String(repeating: "é", count: 300)), id: MessageID(number: 1), in: .v16,
            into: &bytes)

        let frame = try read(String(decoding: bytes, as: UTF8.self))
        #expect(frame.error?.description.unicodeScalars.count == 255)
    }
}

@Suite struct `An error code` {
    @Test func `is spelt as its version spells it`() {
        #expect(CallErrorCode.formatViolation.word(in: .v16) == "FormationViolation")
        #expect(CallErrorCode.formatViolation.word(in: .v201) == "FormatViolation")
        #expect(CallErrorCode.occurrenceConstraintViolation.word(in: .v16) == "OccurenceConstraintViolation")
        #expect(CallErrorCode.occurrenceConstraintViolation.word(in: .v21) == "OccurrenceConstraintViolation")
        #expect(CallErrorCode.rpcFrameworkError.word(in: .v16) == "FormationViolation")
        #expect(CallErrorCode.rpcFrameworkError.word(in: .v201) == "RpcFrameworkError")
    }

    @Test(arguments: OCPPVersion.allCases) func `is one of its version's words`(_ version: OCPPVersion) {
        let common: Set = [
            "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError",
            "PropertyConstraintViolation", "TypeConstraintViolation", "GenericError",
        ]
        let own: Set =
            version == .v16
            ? ["FormationViolation", "OccurenceConstraintViolation"]
            : [
                "FormatViolation", "OccurrenceConstraintViolation", "MessageTypeNotSupported",
                "RpcFrameworkError",
            ]

        #expect(Set(CallErrorCode.known.map { $0.word(in: version) }) == common.union(own))
    }

    @Test func `is understood in either spelling, and kept when it is unknown`() {
        #expect(CallErrorCode(word: "FormationViolation") == .formatViolation)
        #expect(CallErrorCode(word: "FormatViolation") == .formatViolation)
        #expect(CallErrorCode(word: "OccurenceConstraintViolation") == .occurrenceConstraintViolation)
        #expect(CallErrorCode(word: "NoCoffee") == .other("NoCoffee"))
    }
}

@Suite struct `The version of a connection` {
    @Test(arguments: [
        (["ocpp1.6"], OCPPVersion.v16), (["ocpp2.0.1", "ocpp1.6"], .v201), (["ocpp1.6", "ocpp2.0.1"], .v201),
        (["OCPP1.6"], .v16), (["ocpp1.5", "ocpp1.6"], .v16), (["ocpp2.1", "ocpp1.6"], .v16),
    ])
    func `is the highest that both speak`(offered: [String], version: OCPPVersion) {
        #expect(OCPPVersion.choose(offered: offered, serving: [.v16, .v201]) == .version(version))
    }

    @Test func `is none where nothing is shared`() {
        #expect(OCPPVersion.choose(offered: [], serving: [.v16]) == .nothingOffered)
        #expect(
            OCPPVersion.choose(offered: ["ocpp1.5", "soap"], serving: [.v16])
                == .nothingCommon(["ocpp1.5", "soap"]))
    }
}

@Suite struct `A station's identity` {
    @Test(arguments: [
        ("/CP1", "CP1"), ("/ocpp/SE*ABC*0001", "SE*ABC*0001"), ("/ws/x%3Ay", "x:y"), ("/a?token=1", "a"),
        ("/ocpp/%2B49%40site", "+49@site"),
        ("/" + String(repeating: "9", count: 48), String(repeating: "9", count: 48)),
    ])
    func `is the last segment of the path, decoded`(path: String, text: String) {
        #expect(StationIdentity(path: path)?.text == text)
    }

    @Test(arguments: [
        "", "/", "/ocpp/", "/a%20b", "/a%2Fb", "/%C3%A9", "/a%", "/a%2", "/a%zz", "/%FF", "/a b",
        "/" + String(repeating: "9", count: 49),
    ])
    func `is nothing else`(path: String) {
        #expect(StationIdentity(path: path) == nil)
    }

    @Test func `may hold a colon, and so may its password`() throws {
        let identity = try #require(StationIdentity("x:y"))

        #expect(identity.password(in: Array("x:y:se:cret".utf8)) == Array("se:cret".utf8))
        #expect(identity.password(in: Array("x:y:".utf8)) == [])
        #expect(identity.password(in: Array("x:z:secret".utf8)) == nil)
        #expect(identity.password(in: Array("x:y".utf8)) == nil)
    }
}
