/// RFC 4648's base 32: how people carry a two-factor secret from one device to another.
package enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Without padding, as authenticator apps expect it.
    package static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 5 {
                held -= 5
                text.append(alphabet[Int(bits >> UInt32(held) & 0x1F)])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << UInt32(5 - held) & 0x1F)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Forgives what people do when they type: small letters, blanks, hyphens, padding at the end.
    package static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        let trimmed = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        for character in trimmed where character != UInt8(ascii: " ") && character != UInt8(ascii: "-") {
            guard let value = value(character) else { return nil }
            bits = bits << 5 | UInt32(value)
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        // Five bits or more left over are a character that belongs to no byte.
        return held < 5 && bits & (1 << UInt32(held) - 1) == 0 ? bytes : nil
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): character - UInt8(ascii: "2") + 26
        default: nil
        }
    }
}
