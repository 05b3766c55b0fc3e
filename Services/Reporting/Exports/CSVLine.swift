/// One line of a CSV file (RFC 4180) that a spreadsheet program may open: no cell of it can become a formula.
package struct CSVLine {
    package private(set) var bytes: [UInt8] = []
    private var isFirst = true

    package init() {}

    /// A cell that begins like a formula gets an apostrophe in front, which spreadsheets take for "this is text".
    package mutating func add(_ cell: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        let safe = Self.isFormula(cell) ? "'" + cell : cell
        guard safe.utf8.contains(where: Self.mustBeQuoted) else {
            bytes.append(contentsOf: safe.utf8)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in safe.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A number of ours, which no program can take for a formula: without an apostrophe, also below zero.
    package mutating func add(number: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(contentsOf: number.utf8)
    }

    package mutating func end() {
        bytes.append(contentsOf: "\r\n".utf8)
        isFirst = true
    }

    /// Hands out what was written and begins anew.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private static func isFormula(_ cell: String) -> Bool {
        // A tab or a return in front is skipped by some programs, and what follows is a formula again.
        guard let first = cell.utf8.first else { return false }
        return "=+-@\t\r".utf8.contains(first)
    }

    private static func mustBeQuoted(_ byte: UInt8) -> Bool {
        "\",\r\n".utf8.contains(byte)
    }
}
