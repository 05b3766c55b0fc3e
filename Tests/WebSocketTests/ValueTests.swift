import Core
import Testing
import WebSocket

@Suite struct `UTF-8 in pieces` {
    private func accepts(_ bytes: [UInt8], piece: Int) -> Bool {
        var validator = UTF8Validator()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            guard part.withUnsafeBufferPointer({ validator.accepts($0) }) else { return false }
        }
        return validator.isComplete
    }

    @Test(arguments: [1, 3, 100])
    func `is accepted up to the last character there is`(piece: Int) {
        let texts = [
            "", "plain ASCII, longer than a word", "κόσμε", "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}",
            "\u{D7FF}\u{E000}",
        ]
        for text in texts { #expect(accepts(Array(text.utf8), piece: piece), "\(text)") }
    }

    static let broken: [(name: String, bytes: [UInt8])] = [
        ("a lone continuation", [0x80]), ("overlong /", [0xC0, 0xAF]), ("overlong U+7F", [0xC1, 0xBF]),
        ("overlong U+7FF", [0xE0, 0x9F, 0xBF]), ("overlong U+FFFF", [0xF0, 0x8F, 0xBF, 0xBF]),
        ("a surrogate", [0xED, 0xA0, 0x80]), ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
        ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]), ("cut off", [0xE2, 0x82]), ("0xFF", [0xFF]),
        ("behind eight letters", Array("abcdefgh".utf8) + [0xC3, 0x28]),
    ]

    @Test(arguments: broken.indices, [1, 2, 100])
    func `is refused when it is broken`(index: Int, piece: Int) {
        #expect(!accepts(Self.broken[index].bytes, piece: piece), "\(Self.broken[index].name)")
    }

    @Test func `says the same as the standard library about any four bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<4).map { _ in UInt8.random(in: 0x70...0xFF, using: &generator) }
            #expect(accepts(bytes, piece: 1) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}

@Suite struct `Close codes` {
    @Test func `travel when they are registered or private`() {
        for code: UInt16 in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4408, 4999] {
            #expect(CloseCode(rawValue: code).mayTravel, "\(code)")
        }
        for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, .max] {
            #expect(!CloseCode(rawValue: code).mayTravel, "\(code)")
        }
    }
}

@Suite struct `Keeping a peer alive` {
    private static func after(_ seconds: Int) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: 0) + .seconds(seconds)
    }

    private var keepAlive = KeepAlive(interval: .seconds(30), patience: .seconds(20), now: after(0))

    @Test mutating func `pings every interval, whatever else is said`() {
        #expect(keepAlive.next == Self.after(30))
        keepAlive.heard()
        #expect(keepAlive.due(at: Self.after(29), isDeaf: false) == .wait)
        #expect(keepAlive.due(at: Self.after(30), isDeaf: false) == .ping)
        keepAlive.heard()
        #expect(keepAlive.next == Self.after(60))
    }

    @Test mutating func `gives up when nothing follows a ping in time`() {
        _ = keepAlive.due(at: Self.after(30), isDeaf: false)

        #expect(keepAlive.next == Self.after(50))
        #expect(keepAlive.due(at: Self.after(49), isDeaf: false) == .wait)
        #expect(keepAlive.due(at: Self.after(50), isDeaf: false) == .giveUp)
    }

    @Test mutating func `takes anything as a sign of life`() {
        _ = keepAlive.due(at: Self.after(30), isDeaf: false)
        keepAlive.heard()

        #expect(keepAlive.due(at: Self.after(50), isDeaf: false) == .wait)
        #expect(keepAlive.due(at: Self.after(60), isDeaf: false) == .ping)
    }

    @Test mutating func `blames nobody while we do not listen ourselves`() {
        _ = keepAlive.due(at: Self.after(30), isDeaf: false)

        #expect(keepAlive.due(at: Self.after(50), isDeaf: true) == .wait)
        #expect(keepAlive.due(at: Self.after(60), isDeaf: true) == .wait)
        #expect(keepAlive.due(at: Self.after(90), isDeaf: false) == .ping)
    }

    @Test func `may be more patient than its interval is long`() {
        var patient = KeepAlive(interval: .seconds(30), patience: .seconds(90), now: Self.after(0))

        for second in [30, 60, 90] { #expect(patient.due(at: Self.after(second), isDeaf: false) == .ping) }
        #expect(patient.due(at: Self.after(120), isDeaf: false) == .giveUp)
    }
}
