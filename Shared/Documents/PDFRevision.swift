/// The last revision of a PDF with plain cross-reference tables, as the press makes them: where its objects stand, and what
/// a further revision is appended to (ISO 32000 §7.5.6).
struct PDFRevision {
    private let bytes: [UInt8]
    /// Where each object begins, from the newest table that names it.
    private let places: [Int: Int]
    /// Where `xref` of the last table stands.
    let table: Int
    /// One more than the highest number of an object.
    let size: Int
    let root: Int
    let information: Int?

    init?(_ bytes: [UInt8]) {
        let tail = String(decoding: bytes.suffix(1024), as: UTF8.self)
        guard let start = tail.lastRange(of: "startxref"),
            let table = Self.number(after: start.upperBound, in: tail[...])
        else { return nil }
        var places: [Int: Int] = [:]
        var trailers: [String] = []
        var next: Int? = table
        // A chain that turns in a circle ends, too.
        while let place = next, trailers.count < 16 {
            guard let section = Section(at: place, in: bytes) else { return nil }
            places.merge(section.places) { newer, _ in newer }
            trailers.append(section.trailer)
            next = Self.number(of: "/Prev", in: section.trailer[...])
        }
        guard let last = trailers.first, let size = Self.number(of: "/Size", in: last[...]),
            let root = Self.number(of: "/Root", in: last[...])
        else { return nil }
        self.bytes = bytes
        self.places = places
        self.table = table
        self.size = size
        self.root = root
        information = Self.number(of: "/Info", in: last[...])
    }

    /// The text from `n 0 obj` up to its `endobj`.
    func object(_ number: Int) -> String? {
        guard let place = places[number], place < bytes.count else { return nil }
        let text = String(decoding: bytes[place..<min(place + 4096, bytes.count)], as: UTF8.self)
        guard text.hasPrefix("\(number) 0 obj"), let stop = text.range(of: "endobj") else { return nil }
        return String(text[..<stop.lowerBound])
    }

    /// A dictionary object with more entries than it had.
    func object(_ number: Int, adding entries: String) -> String? {
        guard let text = object(number), let close = text.lastRange(of: ">>") else { return nil }
        return "\(text[..<close.lowerBound])\(entries)\n>>\n"
    }

    /// The document and a further revision, of objects that are new or changed: each from `n 0 obj` up to its `endobj`.
    func appending(_ objects: [(number: Int, bytes: [UInt8])], information: Int?, identity: String? = nil)
        -> [UInt8]
    {
        var update = bytes
        if update.last != UInt8(ascii: "\n") { update.append(UInt8(ascii: "\n")) }
        var table = "xref\n"
        for (number, bytes) in objects.sorted(by: { $0.number < $1.number }) {
            table += "\(number) 1\n\(String(update.count).padded(to: 10)) 00000 n \n"
            update += bytes
            update += "endobj\n".utf8
        }
        let place = update.count
        let count = max(size, (objects.map(\.number).max() ?? 0) + 1)
        update += "\(table)trailer\n<< /Size \(count) /Root \(root) 0 R".utf8
        if let information { update += " /Info \(information) 0 R".utf8 }
        if let identity { update += " /ID [<\(identity)> <\(identity)>]".utf8 }
        update += " /Prev \(self.table) >>\nstartxref\n\(place)\n%%EOF\n".utf8
        return update
    }

    private static func number(of key: String, in text: Substring) -> Int? {
        text.range(of: key).flatMap { number(after: $0.upperBound, in: text) }
    }

    fileprivate static func number(after index: String.Index, in text: Substring) -> Int? {
        Int(text[index...].drop(while: \.isWhitespace).prefix(while: { $0.isASCII && $0.isNumber }))
    }
}

/// One table: runs of `first count` with twenty bytes an entry, and the trailer behind them.
private struct Section {
    var places: [Int: Int] = [:]
    var trailer = ""

    init?(at place: Int, in bytes: [UInt8]) {
        guard place < bytes.count, bytes[place...].starts(with: "xref".utf8) else { return nil }
        var position = place
        func line() -> String? {
            guard let newline = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { position = newline + 1 }
            return String(decoding: bytes[position..<newline], as: UTF8.self)
        }
        guard line() != nil else { return nil }
        while let head = line() {
            guard !head.hasPrefix("trailer") else {
                let text = String(
                    decoding: bytes[position..<min(position + 1024, bytes.count)], as: UTF8.self)
                trailer = text.range(of: "startxref").map { String(text[..<$0.lowerBound]) } ?? text
                return
            }
            let words = head.split(separator: " ").compactMap { Int($0) }
            guard words.count == 2, words[1] >= 0, position + words[1] * 20 <= bytes.count else { return nil }
            for index in 0..<words[1] {
                let entry = position + index * 20
                let text = String(decoding: bytes[entry..<entry + 18], as: UTF8.self)
                if text.hasSuffix("n"), let at = Int(text.prefix(10)) { places[words[0] + index] = at }
            }
            position += words[1] * 20
        }
        return nil
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
