/// What cairo cannot say about a document is appended to it, as ISO 32000 §7.5.6 provides: the objects that change
/// once more, a table of their places, and a trailer that points back to the first.
struct PDFUpdate {
    private let original: [UInt8]

    init(of original: [UInt8]) {
        self.original = original
    }

    /// With the language of its text in the catalogue, for readers aloud, and with dates that begin as §7.9.4 wants
    /// them. The document stays as it is when it does not end like one of cairo's: both are a help, not a need.
    func completed(language: String) -> [UInt8] {
        guard let end = Trailer(original) else { return original }
        var changed: [(number: Int, text: String)] = []
        if let information = end.information, let text = object(information, in: end) {
            changed.append((information, text.replacing("Date (2", with: "Date (D:2")))
        }
        if language.utf8.allSatisfy(\.isInLanguageTag), let text = object(end.root, in: end),
            let close = text.lastRange(of: ">>")
        {
            changed.append((end.root, "\(text[..<close.lowerBound])   /Lang (\(language))\n>>\n"))
        }
        return changed.isEmpty ? original : appending(changed.sorted { $0.number < $1.number }, end)
    }

    private func appending(_ objects: [(number: Int, text: String)], _ end: Trailer) -> [UInt8] {
        var update = original
        if update.last != UInt8(ascii: "\n") { update.append(UInt8(ascii: "\n")) }
        var table = "xref\n"
        for (number, text) in objects {
            table += "\(number) 1\n\(String(update.count).padded(to: 10)) 00000 n \n"
            update += "\(text)endobj\n".utf8
        }
        let place = update.count
        update += "\(table)trailer\n<< /Size \(end.size) /Root \(end.root) 0 R".utf8
        if let information = end.information { update += " /Info \(information) 0 R".utf8 }
        update += " /Prev \(end.table) >>\nstartxref\n\(place)\n%%EOF\n".utf8
        return update
    }

    /// The text from `n 0 obj` up to its `endobj`, found through the table.
    private func object(_ number: Int, in end: Trailer) -> String? {
        let entry = end.entries + number * 20
        guard entry + 10 <= original.count,
            let place = Int(String(decoding: original[entry..<entry + 10], as: UTF8.self)),
            place < original.count
        else { return nil }
        let text = String(decoding: original[place..<min(place + 4096, original.count)], as: UTF8.self)
        guard text.hasPrefix("\(number) 0 obj"), let stop = text.range(of: "endobj") else { return nil }
        return String(text[..<stop.lowerBound])
    }
}

/// The last lines of a PDF with one plain cross-reference table.
private struct Trailer {
    /// Where `xref` stands, and where its first entry.
    let table: Int
    let entries: Int
    let size: Int
    let root: Int
    let information: Int?

    init?(_ bytes: [UInt8]) {
        let tail = String(decoding: bytes.suffix(1024), as: UTF8.self)
        guard let start = tail.lastRange(of: "startxref"), let trailer = tail.lastRange(of: "trailer"),
            let table = Self.number(after: start.upperBound, in: tail[...]), table < bytes.count,
            let size = Self.number(of: "/Size", in: tail[trailer.upperBound...]),
            let root = Self.number(of: "/Root", in: tail[trailer.upperBound...])
        else { return nil }
        // `xref`, a line with `0 n`, then twenty bytes an entry.
        var position = table
        for _ in 0..<2 {
            guard let newline = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            position = newline + 1
        }
        guard bytes[table...].starts(with: "xref\n0 ".utf8) else { return nil }
        self.table = table
        entries = position
        self.size = size
        self.root = root
        information = Self.number(of: "/Info", in: tail[trailer.upperBound...])
    }

    private static func number(of key: String, in text: Substring) -> Int? {
        text.range(of: key).flatMap { number(after: $0.upperBound, in: text) }
    }

    private static func number(after index: String.Index, in text: Substring) -> Int? {
        Int(text[index...].drop(while: \.isWhitespace).prefix(while: { $0.isASCII && $0.isNumber }))
    }
}

extension StringProtocol {
    fileprivate func range(of word: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(word) { return index..<self.index(index, offsetBy: word.count) }
            formIndex(after: &index)
        }
        return nil
    }

    fileprivate func lastRange(of word: String) -> Range<Index>? {
        var index = endIndex
        while index > startIndex {
            formIndex(before: &index)
            if self[index...].hasPrefix(word) { return index..<self.index(index, offsetBy: word.count) }
        }
        return nil
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}

extension UInt8 {
    /// BCP 47: letters, digits and hyphens.
    fileprivate var isInLanguageTag: Bool {
        (0x61...0x7A).contains(self | 0x20) || (0x30...0x39).contains(self) || self == UInt8(ascii: "-")
    }
}
