import Testing

@testable import GatewayService

@Suite struct `A frame as it is kept` {
    private func kept(_ text: String) -> String { FrameLog.kept(of: Array(text.utf8)[...]) }

    @Test(arguments: [
        ("by its name", #"{"key":"AuthorizationKey","value":"s3cret"}"#),
        ("whatever its letters", #"{"key":"aUTHORIZATIONkEY","value":"s3cret"}"#),
        ("at the beginning and at the end", "AuthorizationKey"),
        ("behind a letter that it has too", "zauthoriAuthorizationKey"),
        ("with a letter as an escape", #"{"key":"\u0041uthorizationKey","value":"s3cret"}"#),
        ("with a letter as another escape", #"{"key":"Authori\U007aationKey","value":"s3cret"}"#),
    ])
    func `shows no password of a station`(where place: String, frame: String) {
        #expect(kept(frame) == "‹masked: it holds AuthorizationKey›")
        #expect(FrameLog.holdsSecret(Array(frame.utf8)))
    }

    @Test(arguments: [
        "", "{}", "z", #"{"key":"AuthorizationKe"}"#, #"{"idTag":"Zauthorization"}"#,
        #"{"text":"10 \u20ac \\ \u"}"#,
        "zzzzzzzzzzzzzzzzzzz", "{\"text\":\"Größe\"}",
    ])
    func `is as it was sent where nothing is secret`(frame: String) {
        #expect(kept(frame) == frame)
        #expect(!FrameLog.holdsSecret(Array(frame.utf8)))
    }

    @Test func `lacks NUL, which no text of the database holds`() {
        #expect(kept("a\0b\0") == "ab")
    }

    @Test func `lacks the password of an address, also where it is cut`() {
        #expect(kept(#"{"location":"ftp://me:pass@host/"}"#) == #"{"location":"ftp://***@host/"}"#)
        let long = String(repeating: "x", count: 16_370)
        #expect(kept("\(long)ftp://me:pass@host/") == "\(long)ftp://***@host")
        #expect(kept(long + long).utf8.count == 16_384)
    }
}
