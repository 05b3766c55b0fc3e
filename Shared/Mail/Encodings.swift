/// RFC 4648 §4, with lines of 76 characters where mail wants them.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: characters(Array(bytes)), as: UTF8.self)
    }

    /// In lines with CRLF, the last one included.
    static func lines(_ bytes: [UInt8]) -> [UInt8] {
        let characters = characters(bytes)
        var lines: [UInt8] = []
        lines.reserveCapacity(characters.count + characters.count / 38 + 2)
        var start = 0
        while start < characters.count {
            let end = min(start + 76, characters.count)
            lines += characters[start..<end]
            lines += [0x0D, 0x0A]
            start = end
        }
        return lines
    }

    private static func characters(_ bytes: [UInt8]) -> [UInt8] {
        var characters: [UInt8] = []
        characters.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                characters.append(
                    place <= count ? alphabet[Int(group >> (18 - 6 * UInt32(place))) & 63] : UInt8(ascii: "=")
                )
            }
            index += 3
        }
        return characters
    }
}

/// RFC 2045 §6.7: text that stays readable, in lines of at most 76 characters, safe on every way.
enum QuotedPrintable {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Every kind of line end becomes CRLF; the text ends with one.
    static func encoded(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count * 5 / 4)
        for line in Self.lines(of: text) {
            var length = 0
            for (index, byte) in line.enumerated() {
                let isLast = index == line.count - 1
                let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                let isBlank = (byte == 0x20 || byte == 0x09) && !isLast
                // A lone dot would end the message for a careless server, and `From ` is changed by some stores.
                let isMarked =
                    length == 0 && (byte == UInt8(ascii: ".") || line[index...].starts(with: "From ".utf8))
                let isLiteral = (isPlain || isBlank) && !isMarked
                let width = isLiteral ? 1 : 3
                if length + width > (isLast ? 76 : 75) {
                    result += "=\r\n".utf8
                    length = 0
                }
                if isLiteral {
                    result.append(byte)
                } else {
                    result += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
                length += width
            }
            result += [0x0D, 0x0A]
        }
        return result
    }

    private static func lines(of text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 0x0D: lines.append([])
            case 0x0A where previous == 0x0D: break
            case 0x0A: lines.append([])
            default: lines[lines.count - 1].append(byte)
            }
            previous = byte
        }
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
