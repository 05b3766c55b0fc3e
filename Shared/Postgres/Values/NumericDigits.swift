import FoundationEssentials

/// The server's `numeric`: digits to base 10 000, the first of them worth 10 000 to the power of `weight`.
struct NumericDigits {
    private enum Sign: UInt16 {
        case plus = 0x0000
        case minus = 0x4000
    }

    private var digits: [UInt16] = []
    private var weight = 0
    private var sign = Sign.plus
    /// Decimal places that are shown.
    private var scale = 0

    init(_ decimal: Decimal) {
        // Through text: Decimal's digits are to base ten, and its own parts are not portable.
        var text = decimal.description
        if text.hasPrefix("-") {
            sign = .minus
            text.removeFirst()
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts[0])
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        scale = fraction.count
        let left = String(repeating: "0", count: (4 - whole.count % 4) % 4) + whole
        let right = fraction + String(repeating: "0", count: (4 - fraction.count % 4) % 4)
        weight = left.count / 4 - 1
        var rest = Substring(left + right)
        while !rest.isEmpty {
            digits.append(UInt16(rest.prefix(4)) ?? 0)
            rest = rest.dropFirst(4)
        }
        while digits.first == 0 {
            digits.removeFirst()
            weight -= 1
        }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { weight = 0 }
    }

    init(_ cell: Cell) throws(CellError) {
        let bytes = cell.bytes
        func word(_ offset: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }
        guard bytes.count >= 8, bytes.count == 8 + 2 * Int(word(0)) else { throw CellError("it is cut off") }
        guard let sign = Sign(rawValue: word(4)) else { throw CellError("it is not a finite number") }
        self.sign = sign
        weight = Int(Int16(bitPattern: word(2)))
        scale = Int(word(6))
        digits = (0..<Int(word(0))).map { word(8 + 2 * $0) }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt16(digits.count))
        bytes.append(bigEndian: Int16(weight))
        bytes.append(bigEndian: sign.rawValue)
        bytes.append(bigEndian: UInt16(scale))
        for digit in digits { bytes.append(bigEndian: digit) }
    }

    func decimal() throws(CellError) -> Decimal {
        let places = digits.count - 1 - weight
        // 38 decimal digits are what Decimal holds.
        guard digits.count <= 10, places <= 30, weight <= 9 else { throw CellError("it has too many digits") }
        var text = sign == .minus ? "-" : ""
        for digit in digits {
            let group = String(digit)
            text += String(repeating: "0", count: 4 - group.count) + group
        }
        if digits.isEmpty { text += "0" }
        guard let value = Decimal(string: text + "e\(-4 * places)") else {
            throw CellError("it is not a number")
        }
        return digits.isEmpty ? 0 : value
    }
}
