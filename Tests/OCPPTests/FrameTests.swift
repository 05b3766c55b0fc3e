import Core
import OCPP
import Testing

private func frame(_ text: String, _ version: OCPPVersion = .v16) throws -> Frame {
    try Frame(JSONDocument(Array(text.utf8)), version: version)
}

@Suite struct `A frame` {
    @Test func `is split without reading its payload`() throws {
        #expect(
            try frame("[2,\"19\",\"Heartbeat\",{}]") == .call(id: "19", action: "Heartbeat", payload: 4))
        #expect(try frame("[3,\"19\",{\"a\":1}]") == .result(id: "19", payload: 3))
        #expect(
            try frame("[4,\"19\",\"GenericError\",\"broken\",{}]")
                == .error(id: "19", code: "GenericError", description: "broken", details: 5))
        #expect(
            try frame("[4,\"19\",\"GenericError\"]")
                == .error(id: "19", code: "GenericError", description: "", details: 3))
    }

    @Test func `of 2.1 has kinds that 1.6 does not know`() throws {
        let text = "[6,\"19\",\"NotifyPeriodicEventStream\",{}]"
        #expect(try frame(text, .v21) == .send(id: "19", action: "NotifyPeriodicEventStream", payload: 4))
        #expect(throws: FrameFault("19", .messageTypeNotSupported, "unknown message type")) {
            try frame(text)
        }
    }

    static let faults: [(name: String, text: String, id: String?, code: ErrorCode)] = [
        ("an object", "{}", nil, .rpcFrameworkError),
        ("a number", "5", nil, .rpcFrameworkError),
        ("an empty list", "[]", nil, .rpcFrameworkError),
        ("an unknown type", "[9,\"1\",\"A\",{}]", "1", .messageTypeNotSupported),
        ("a type in quotes", "[\"2\",\"1\",\"A\",{}]", "1", .messageTypeNotSupported),
        ("an id that is a number", "[2,1,\"A\",{}]", nil, .rpcFrameworkError),
        ("an empty id", "[2,\"\",\"A\",{}]", nil, .rpcFrameworkError),
        (
            "an id of 37 characters", "[2,\"\(String(repeating: "x", count: 37))\",\"A\",{}]", nil,
            .rpcFrameworkError
        ),
        ("no payload", "[2,\"1\",\"A\"]", "1", .formatViolation),
        ("too many elements", "[2,\"1\",\"A\",{},{}]", "1", .formatViolation),
        ("an action that is no text", "[2,\"1\",5,{}]", "1", .formatViolation),
        ("a list for a payload", "[2,\"1\",\"A\",[]]", "1", .formatViolation),
        ("null for a payload", "[3,\"1\",null]", "1", .formatViolation),
        ("a result with four elements", "[3,\"1\",{},{}]", "1", .formatViolation),
        ("an error without a code", "[4,\"1\"]", "1", .formatViolation),
    ]

    @Test(arguments: faults.indices)
    func `is refused with its id wherever one can be read`(index: Int) {
        let (name, text, id, code) = Self.faults[index]
        let fault = #expect(throws: FrameFault.self, "\(name)") { try frame(text) }
        #expect(fault?.id == id, "\(name)")
        #expect(fault?.code == code, "\(name)")
    }

    @Test func `is written as it is read`() throws {
        var bytes: [UInt8] = []
        FrameWriter.call("a\"1", "Reset", V16.Reset.Request(type: .soft), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "[2,\"a\\\"1\",\"Reset\",{\"type\":\"Soft\"}]")
        bytes = []
        FrameWriter.result("7", NoFields(), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "[3,\"7\",{}]")
        bytes = []
        FrameWriter.error(nil, .occurrenceViolation, "id \"x\" is required", version: .v16, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "[4,\"-1\",\"OccurenceConstraintViolation\",\"id \\\"x\\\" is required\",{}]")
    }

    @Test func `spells errors as each version does`() {
        #expect(ErrorCode.formatViolation.word(in: .v16) == "FormationViolation")
        #expect(ErrorCode.formatViolation.word(in: .v201) == "FormatViolation")
        #expect(ErrorCode.occurrenceViolation.word(in: .v16) == "OccurenceConstraintViolation")
        #expect(ErrorCode.occurrenceViolation.word(in: .v21) == "OccurrenceConstraintViolation")
        #expect(V16.Action.refusal(for: "Brew") == .notImplemented)
        #expect(V16.Action.refusal(for: "Reset") == .notSupported)
    }
}

@Suite struct `The version of a connection` {
    @Test(arguments: [
        (["ocpp1.6"], OCPPVersion.v16), (["ocpp2.0.1", "ocpp1.6"], .v201), (["OCPP1.6"], .v16),
        (["ocpp1.5", "ocpp1.6"], .v16),
    ])
    func `is the highest that both offer`(offered: [String], version: OCPPVersion) {
        #expect(OCPPVersion.choose(offered: offered, served: [.v16, .v201]) == version)
    }

    @Test func `is none where nothing is shared`() {
        #expect(OCPPVersion.choose(offered: ["ocpp1.5", "soap"], served: [.v16]) == nil)
        #expect(OCPPVersion.choose(offered: ["ocpp2.1"], served: [.v16]) == nil)
    }
}

@Suite struct `A station's identity` {
    @Test(arguments: ["CP1", "SE*ABC*0001", "a", "x:y", "a.b-c_d=e+f|g@h", String(repeating: "9", count: 48)])
    func `is an identifier`(text: String) { #expect(StationIdentity(text)?.text == text) }

    @Test(arguments: ["", "a b", "a/b", "é", "a\n", "a%", String(repeating: "9", count: 49)])
    func `is nothing else`(text: String) { #expect(StationIdentity(text) == nil) }

    @Test func `may hold a colon, and its password too`() throws {
        let identity = try #require(StationIdentity("x:y"))
        #expect(identity.password(in: "x:y:se:cret") == "se:cret")
        #expect(identity.password(in: "x:z:secret") == nil)
        #expect(identity.password(in: "x:y") == nil)
    }
}
