/// The number of a bank account (ISO 13616), checked: its country's length, and its check digits.
struct IBAN: Equatable, Sendable {
    /// Without blanks, in capitals.
    let text: String

    init?(_ written: String) {
        let text = written.filter { $0 != " " && $0 != "\u{A0}" }.uppercased()
        let bytes = Array(text.utf8)
        guard (15...34).contains(bytes.count), bytes.allSatisfy(\.isCapitalOrDigit),
            bytes.prefix(2).allSatisfy(\.isCapital), bytes[2...3].allSatisfy(\.isDigit)
        else { return nil }
        if let length = Self.lengths[String(text.prefix(2))], length != bytes.count { return nil }
        // Mod 97 over the digits of the turned text, letters as 10 to 35 (ISO 7064).
        let rest = (bytes[4...] + bytes[..<4]).reduce(0) { rest, byte in
            byte.isDigit
                ? (rest * 10 + Int(byte - UInt8(ascii: "0"))) % 97
                : (rest * 100 + Int(byte - UInt8(ascii: "A")) + 10) % 97
        }
        guard rest == 1 else { return nil }
        self.text = text
    }

    /// Enough to know it again, and too little to use it.
    static func masked(_ text: String) -> String { "**** \(text.suffix(4))" }

    /// In groups of four, as people write it.
    static func grouped(_ text: String) -> String {
        let letters = Array(text)
        return stride(from: 0, to: letters.count, by: 4)
            .map { String(letters[$0..<min($0 + 4, letters.count)]) }.joined(separator: " ")
    }

    /// Of the countries that SEPA reaches.
    private static let lengths = [
        "AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
        "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22,
        "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
        "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24,
        "SM": 27, "VA": 22,
    ]
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isCapital: Bool { (0x41...0x5A).contains(self) }
    fileprivate var isCapitalOrDigit: Bool { isDigit || isCapital }
}
