import Testing
import WebSocket

@Suite struct `Agreeing on packed messages` {
    private func chosen(_ header: String, _ policy: DeflatePolicy = .init()) -> String? {
        guard let offers = ExtensionOffer.parse([header]) else { return "malformed" }
        return DeflateAgreement.choose(from: offers, policy)?.entry.headerValue
    }

    @Test func `keeps no context unless asked to`() {
        let plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

        #expect(chosen("permessage-deflate") == plain)
        #expect(chosen("permessage-deflate; client_max_window_bits") == plain)
        #expect(chosen("permessage-deflate; client_max_window_bits=10") == plain)
        #expect(chosen("x-other; a=1, permessage-deflate") == plain)
    }

    @Test func `keeps both contexts when the policy has them and the client does not mind`() {
        let policy = DeflatePolicy(keepsOwnContext: true, keepsPeerContext: true)

        #expect(chosen("permessage-deflate", policy) == "permessage-deflate")
        #expect(
            chosen("permessage-deflate; server_no_context_takeover", policy)
                == "permessage-deflate; server_no_context_takeover")
        #expect(
            chosen("permessage-deflate; client_no_context_takeover", policy)
                == "permessage-deflate; client_no_context_takeover")
    }

    @Test func `names the window when the client asked for one`() {
        let policy = DeflatePolicy(keepsOwnContext: true, keepsPeerContext: true, windowBits: 12)

        #expect(
            chosen("permessage-deflate; server_max_window_bits=10", policy)
                == "permessage-deflate; server_max_window_bits=10")
        #expect(
            chosen("permessage-deflate; server_max_window_bits=\"15\"", policy)
                == "permessage-deflate; server_max_window_bits=12")
    }

    @Test(arguments: [
        "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; client_max_window_bits=7", "permessage-deflate; surprise",
        "permessage-deflate; server_no_context_takeover=1", "x-webkit-deflate-frame",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ])
    func `passes over an offer that it cannot keep`(_ offer: String) {
        #expect(chosen(offer) == nil)
        #expect(chosen(offer + ", permessage-deflate") != nil)
    }

    @Test(arguments: ["permessage-deflate;", "a b", "a; =1", "a; b=", "a; b=\"\"", "a; b=\"x y\"", "\"a\""])
    func `refuses what is no list of extensions`(_ header: String) {
        #expect(ExtensionOffer.parse([header]) == nil)
    }

    @Test func `lets a client hold the server to its offer`() throws {
        func read(_ header: String, _ policy: DeflatePolicy) throws -> DeflateAgreement? {
            try DeflateAgreement(answer: #require(ExtensionOffer.parse([header])?.first), to: policy)
        }
        let sparing = DeflatePolicy()
        let generous = DeflatePolicy(keepsOwnContext: true, keepsPeerContext: true)

        #expect(try read("permessage-deflate", sparing) == nil, "the server's context was not wanted")
        #expect(try read("permessage-deflate; server_no_context_takeover", sparing) != nil)
        #expect(try read("permessage-deflate; client_max_window_bits=8", generous) == nil)
        #expect(try read("permessage-deflate; client_max_window_bits", generous) == nil)
        #expect(try read("permessage-deflate; surprise=1", generous) == nil)
        let agreed = try read("permessage-deflate; client_max_window_bits=9", generous)
        #expect(agreed?.clientWindowBits == 9)
        #expect(agreed?.serverKeepsContext == true)
    }
}

@Suite struct `Packed messages` {
    /// What the assembler makes of a message that came packed, in parts of the given sizes.
    private func unpack(
        _ packed: [UInt8], into parts: Int = 1, _ inflater: MessageInflater, limit: Int = 1_000
    )
        throws -> [UInt8]
    {
        var assembler = MessageAssembler()
        let size = max(1, (packed.count + parts - 1) / parts)
        var outcome = MessageAssembler.Outcome.incomplete
        try packed.withUnsafeBufferPointer { bytes in
            for start in stride(from: 0, to: packed.count, by: size) {
                let range = start..<min(start + size, packed.count)
                let part = FrameParser.Part(
                    kind: .text, isCompressed: true, range: range, beginsMessage: start == 0,
                    endsMessage: range.upperBound == packed.count)
                outcome = try assembler.add(
                    part, UnsafeBufferPointer(rebasing: bytes[range]), inflater: inflater, limit: limit)
            }
        }
        guard case .assembled(let message) = outcome else { return [] }
        return message
    }

    // The examples of RFC 7692 §7.2.3.
    static let hello: [(name: String, packed: [UInt8])] = [
        ("one block", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
        ("no compression", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]),
        ("a final block", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
        ("two blocks", [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
    ]

    @Test(arguments: hello.indices, [1, 2, 20])
    func `are read as the RFC writes them, in fragments too`(index: Int, parts: Int) throws {
        let (name, packed) = Self.hello[index]

        let text = try unpack(packed, into: parts, MessageInflater(keepsContext: false))

        #expect(String(decoding: text, as: UTF8.self) == "Hello", "\(name)")
    }

    @Test func `may refer back when that was agreed`() throws {
        let inflater = MessageInflater(keepsContext: true)

        #expect(try unpack([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], inflater) == Array("Hello".utf8))
        #expect(try unpack([0xF2, 0x00, 0x11, 0x00, 0x00], inflater) == Array("Hello".utf8))
    }

    @Test func `may not refer back otherwise`() throws {
        let inflater = MessageInflater(keepsContext: false)
        _ = try unpack([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], inflater)

        let violation = #expect(throws: Violation.self) {
            try unpack([0xF2, 0x00, 0x11, 0x00, 0x00], inflater)
        }
        #expect(violation?.code == .invalidPayload)
    }

    @Test(arguments: [true, false], [0, 1, 100, 70_000])
    func `come back as they were`(keepsContext: Bool, count: Int) throws {
        let deflater = MessageDeflater(windowBits: 9, keepsContext: keepsContext, level: 6)
        let inflater = MessageInflater(keepsContext: keepsContext)
        let message = (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 23) }

        for _ in 0..<3 {
            var packed: [UInt8] = []
            deflater.pack(message.span, to: &packed)
            #expect(try unpack(packed, into: 3, inflater, limit: 70_000) == message)
        }
    }

    @Test func `stop at the limit`() {
        var packed: [UInt8] = []
        MessageDeflater(windowBits: 15, keepsContext: false, level: 9)
            .pack([UInt8](repeating: 0x61, count: 1_000_000).span, to: &packed)

        let violation = #expect(throws: Violation.self) {
            try unpack(packed, MessageInflater(keepsContext: false))
        }
        #expect(violation?.code == .messageTooBig)
    }

    @Test func `must be agreed on`() {
        var assembler = MessageAssembler()
        let part = FrameParser.Part(
            kind: .text, isCompressed: true, range: 0..<0, beginsMessage: true, endsMessage: true)
        let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

        let violation = #expect(throws: Violation.self) {
            try assembler.add(part, nothing, inflater: nil, limit: 10)
        }
        #expect(violation?.code == .protocolError)
    }
}
