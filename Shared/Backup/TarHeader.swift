/// The 512 bytes in front of a file of a tar archive (POSIX ustar).
struct TarHeader: Equatable {
    static let size = 512

    var name: String
    var fileSize: Int64
    /// Seconds since 1970.
    var modified: Int64

    init(name: String, fileSize: Int64, modified: Int64) {
        self.name = name
        self.fileSize = fileSize
        self.modified = modified
    }

    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.size)
        func put(_ text: some Sequence<UInt8>, at place: Int) {
            for (offset, byte) in text.enumerated() { block[place + offset] = byte }
        }
        put(name.utf8.prefix(100), at: 0)
        put("0000600".utf8, at: 100)
        put("0000000".utf8, at: 108)
        put("0000000".utf8, at: 116)
        put(Self.number(fileSize), at: 124)
        put(Self.number(modified), at: 136)
        put("        ".utf8, at: 148)
        block[156] = UInt8(ascii: "0")
        put("ustar".utf8, at: 257)
        put("00".utf8, at: 263)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(Self.octal(Int64(sum), digits: 6), at: 148)
        block[154] = 0
        return block
    }

    /// Nil for the empty block that ends an archive.
    init?(_ block: ArraySlice<UInt8>) throws(BackupFailure) {
        let block = Array(block)
        guard block.count == Self.size else { throw .damaged("it ends within a header") }
        guard block.contains(where: { $0 != 0 }) else { return nil }
        var blank = block
        for place in 148..<156 { blank[place] = UInt8(ascii: " ") }
        let sum = blank.reduce(0) { $0 + Int64($1) }
        guard let said = Self.value(block[148..<156]), said == sum else {
            throw .damaged("a header does not add up")
        }
        guard let fileSize = Self.value(block[124..<136]), let modified = Self.value(block[136..<148]),
            fileSize >= 0
        else { throw .damaged("a header holds no size") }
        name = String(decoding: block.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
        self.fileSize = fileSize
        self.modified = modified
    }

    /// Eleven octal digits, and in base 256 what does not fit them: 8 GiB and more.
    private static func number(_ value: Int64) -> [UInt8] {
        if value < 1 << 33 { return octal(value, digits: 11) }
        return [0x80, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func octal(_ value: Int64, digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }

    private static func value(_ field: ArraySlice<UInt8>) -> Int64? {
        if field.first == 0x80 {
            return field.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
        }
        let digits = field.filter { $0 != 0 && $0 != UInt8(ascii: " ") }
        return Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
