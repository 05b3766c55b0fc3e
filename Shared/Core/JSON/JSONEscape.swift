/// Escapes in strings, both ways (RFC 8259 §7).
enum JSONEscape {
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The first byte from there on that needs a closer look inside a string: a quotation mark, a backslash, a control
    /// character, anything beyond ASCII, or the end.
    @inline(__always)
    static func plainEnd(_ input: Span<UInt8>, from start: Int) -> Int {
        var position = start
        // Eight bytes at a time: the high bit of a lane comes on where it holds such a byte. A borrow may light a lane
        // too far up, never one too far down, and the lowest one is asked for.
        let ones: UInt64 = 0x0101_0101_0101_0101
        let raw = input.bytes
        while position &+ 8 <= input.count {
            let word = UInt64(
                littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let found =
                ((word &- ones &* 0x20) | ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | word)
                & (ones &* 0x80)
            if found != 0 { return position &+ found.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < input.count {
            let byte = input[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte >= 0x80 {
                break
            }
            position &+= 1
        }
        return position
    }

    /// The text of a string whose grammar the scanner has proved.
    static func unescaped(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "\\") else {
                plain.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = UInt32(unit(bytes, at: index))
                index += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + UInt32(unit(bytes, at: index + 2)) & 0x3FF
                    index += 6
                }
                if let character = Unicode.Scalar(scalar) { plain.append(contentsOf: Array(character.utf8)) }
            case let itself: plain.append(itself)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func unit(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, at index: Int) -> UInt16 {
        bytes[index..<(index + 4)].reduce(0) { $0 << 4 | UInt16(hexDigit($1) ?? 0) }
    }

    /// Appends `text` with its quotation marks.
    static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var plainFrom = 0
            for (index, byte) in bytes.enumerated()
            where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                output.append(contentsOf: bytes[plainFrom..<index])
                append(escaping: byte, to: &output)
                plainFrom = index + 1
            }
            output.append(contentsOf: bytes[plainFrom...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func append(escaping byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        default:
            output.append(contentsOf: Array("u00".utf8))
            for digit in [byte >> 4, byte & 0xF] {
                output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
