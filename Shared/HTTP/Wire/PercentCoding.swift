/// `%41` and the like in paths and queries.
package enum PercentCoding {
    /// Nil for a malformed escape, and for bytes that are no UTF-8 or hold a NUL.
    package static func decode(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexDigit),
                    let low = rest.popFirst().flatMap(hexDigit)
                else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsBlank ? UInt8(ascii: " ") : byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but letters, digits and `-._~`.
    package static func encode(_ text: String) -> String {
        var output = ""
        for byte in text.utf8 {
            let character = Unicode.Scalar(byte)
            if character.properties.isAlphabetic && byte < 0x80 || byte &- UInt8(ascii: "0") < 10
                || "-._~".utf8.contains(byte)
            {
                output.unicodeScalars.append(character)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                output += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return output
    }

    /// Names and values of a query or of a form body. Nil when anything in it is malformed.
    package static func pairs(_ query: String) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in query.split(separator: "&") {
            let equals = part.firstIndex(of: "=") ?? part.endIndex
            guard let name = decode(part[..<equals], plusIsBlank: true),
                let value = decode(part[equals...].dropFirst(), plusIsBlank: true)
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }
}
