/// Checks UTF-8 that arrives in pieces, and says no at the first byte that no continuation could make right.
/// Unicode 16, table 3-7: no surrogates, nothing overlong, nothing beyond U+10FFFF.
package struct UTF8Validator: Sendable {
    /// Bytes that the character begun still needs.
    private var missing: UInt8 = 0
    /// What the next of them may be: narrower than usual behind some first bytes.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    package init() {}

    /// Whether no character is cut off.
    package var isComplete: Bool { missing == 0 }

    /// False when the text is broken, wherever it goes on.
    package mutating func accepts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while at < raw.count {
            if missing == 0 {
                // Most of what a station says is ASCII.
                while at + 8 <= raw.count,
                    raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    at += 8
                }
                while at < raw.count, raw[at] < 0x80 { at += 1 }
                guard at < raw.count else { return true }
                guard begin(raw[at]) else { return false }
            } else {
                guard (lowest...highest).contains(raw[at]) else { return false }
                missing -= 1
                lowest = 0x80
                highest = 0xBF
            }
            at += 1
        }
        return true
    }

    private mutating func begin(_ first: UInt8) -> Bool {
        switch first {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            if first == 0xE0 { lowest = 0xA0 }
            if first == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if first == 0xF0 { lowest = 0x90 }
            if first == 0xF4 { highest = 0x8F }
        default: return false
        }
        return true
    }
}
