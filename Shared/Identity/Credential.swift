import Crypto
import HTTP

/// What a caller presents, told apart by its form alone.
enum Credential: Equatable {
    case accessToken(String)
    case deviceToken(String)

    static let deviceTokenLength = 32

    init(_ text: some StringProtocol) throws(IdentityRefusal) {
        let text = String(text)
        if text.utf8.count == Self.deviceTokenLength, text.utf8.allSatisfy(Self.isLowerHex) {
            self = .deviceToken(text)
        } else if AccessToken.hasForm(text), text.utf8.count <= AccessToken.longest {
            self = .accessToken(text)
        } else {
            throw .malformed
        }
    }

    /// Nil where nothing is presented at all.
    init?(of headers: Headers) throws(IdentityRefusal) {
        let presented = headers.all("Authorization")
        guard let value = presented.first else { return nil }
        // Two would be read differently by different readers.
        guard presented.count == 1 else { throw .malformed }
        let words = value.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw .malformed }
        try self.init(words[1].drop { $0 == " " })
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
