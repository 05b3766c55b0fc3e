import Compression
import FoundationEssentials
import Testing

@Suite struct `Packing bytes` {
    private static let text = Array(String(repeating: "The quick brown fox. ", count: 20_000).utf8)

    @Test(arguments: [CompressionFormat.raw(), .raw(windowBits: 9), .gzip])
    func `gives them back in either format`(_ format: CompressionFormat) throws {
        var packed: [UInt8] = []
        Deflater(format).pack(Self.text.span, to: &packed, .finish)

        var unpacked: [UInt8] = []
        let outcome = try Inflater(format).unpack(packed.span, to: &unpacked, limit: Self.text.count)

        #expect(packed.count < Self.text.count / 20)
        #expect(outcome == .ended(unused: 0))
        #expect(unpacked == Self.text)
    }

    @Test func `works byte by byte`() throws {
        let deflater = Deflater(.gzip)
        var packed: [UInt8] = []
        for byte in Self.text.prefix(2_000) { deflater.pack([byte].span, to: &packed) }
        deflater.pack([UInt8]().span, to: &packed, .finish)

        let inflater = Inflater(.gzip)
        var unpacked: [UInt8] = []
        for byte in packed { _ = try inflater.unpack([byte].span, to: &unpacked, limit: 2_000) }

        #expect(unpacked == Array(Self.text[..<2_000]))
    }

    @Test func `shows everything at a flush`() throws {
        let deflater = Deflater(.raw())
        let inflater = Inflater(.raw())
        var unpacked: [UInt8] = []

        for word in ["volt", "", "bus"] {
            var packed: [UInt8] = []
            deflater.pack(Array(word.utf8).span, to: &packed, .everything)
            _ = try inflater.unpack(packed.span, to: &unpacked, limit: 7)
        }

        #expect(unpacked == Array("voltbus".utf8))
    }

    @Test func `begins anew after a reset`() throws {
        let deflater = Deflater(.raw())
        var first: [UInt8] = []
        deflater.pack(Array("one and one".utf8).span, to: &first, .finish)
        deflater.reset()
        var second: [UInt8] = []
        deflater.pack(Array("one and one".utf8).span, to: &second, .finish)

        #expect(first == second)
    }
}

@Suite struct `Unpacking bytes` {
    @Test func `stops a bomb at the limit`() {
        let bomb = Gzip.pack([UInt8](repeating: 0, count: 50_000_000))

        #expect(bomb.count < 60_000)
        #expect(throws: CompressionError.tooLarge(limit: 100_000)) { try Gzip.unpack(bomb, limit: 100_000) }
    }

    @Test(arguments: [0, 1, 255, 256, 257, 32_768, 40_000])
    func `takes exactly the limit and not one more`(_ size: Int) throws {
        let packed = Gzip.pack([UInt8](repeating: 7, count: size))

        #expect(try Gzip.unpack(packed, limit: size).count == size)
        if size > 0 {
            #expect(throws: CompressionError.tooLarge(limit: size - 1)) {
                try Gzip.unpack(packed, limit: size - 1)
            }
        }
    }

    @Test func `counts what the output held before`() {
        var packed: [UInt8] = []
        Deflater(.raw()).pack([1, 2, 3].span, to: &packed, .finish)
        var output: [UInt8] = [0, 0]

        #expect(throws: CompressionError.tooLarge(limit: 4)) {
            try Inflater(.raw()).unpack(packed.span, to: &output, limit: 4)
        }
        #expect(output == [0, 0, 1, 2])
    }

    @Test func `joins pieces that stand one behind the other`() throws {
        let packed = Gzip.pack(Array("volt".utf8)) + Gzip.pack(Array("bus".utf8))

        #expect(try Gzip.unpack(packed, limit: 7) == Array("voltbus".utf8))
    }

    @Test func `refuses what is cut, altered or followed by rubbish`() {
        let packed = Gzip.pack(Array("a kilowatt hour".utf8))
        var altered = packed
        altered[altered.count - 8] ^= 1

        for broken in [[], Array(packed.dropLast()), altered, packed + [0], Array("plain".utf8)] {
            #expect(throws: CompressionError.corrupt) { try Gzip.unpack(broken, limit: 1_000) }
        }
    }

    @Test func `tells where a stream ended`() throws {
        var packed: [UInt8] = []
        Deflater(.raw()).pack([1, 2, 3].span, to: &packed, .finish)
        var output: [UInt8] = []

        #expect(
            try Inflater(.raw()).unpack((packed + [9, 9]).span, to: &output, limit: 3) == .ended(unused: 2))
    }
}

@Suite struct `A ZIP archive` {
    private let moment = Date(timeIntervalSince1970: 1_795_170_600)

    @Test func `holds what was added whole`() throws {
        var writer = ZIPWriter()
        var archive: [UInt8] = []
        let poem = Array(String(repeating: "Ein Kabel, ein Auto, ein Ziel. ", count: 100).utf8)

        try writer.add("gedichte/größe.txt", poem, modified: moment, to: &archive)
        try writer.add("one", [1], modified: moment, to: &archive)
        try writer.add("empty", [], modified: moment, to: &archive)
        writer.finish(to: &archive)

        let read = try #require(try Archive(archive))
        #expect(read.files.map(\.name) == ["gedichte/größe.txt", "one", "empty"])
        #expect(read.files.map(\.contents) == [poem, [1], []])
        #expect(read.files.map(\.isPacked) == [true, false, false])
    }

    @Test func `holds what came in pieces, though the pieces were taken away`() throws {
        var writer = ZIPWriter()
        var archive: [UInt8] = []
        var piece: [UInt8] = []
        func take() {
            archive += piece
            piece = []
        }

        try writer.begin("rows.csv", modified: moment, to: &piece)
        take()
        for row in 0..<3_000 {
            writer.append(Array("\(row),kWh\n".utf8).span, to: &piece)
            take()
        }
        writer.end(to: &piece)
        take()
        try writer.add("after", [5, 6], modified: moment, to: &piece)
        writer.finish(to: &piece)
        take()

        let read = try #require(try Archive(archive))
        #expect(read.files.map(\.name) == ["rows.csv", "after"])
        #expect(read.files[0].contents == (0..<3_000).flatMap { Array("\($0),kWh\n".utf8) })
        #expect(read.files[1].contents == [5, 6])
    }

    @Test(arguments: ["", "/etc/passwd", "a/../b", "..", "a//b", "a/", "back\\slash", "new\nline"])
    func `refuses a name that could leave its folder`(_ name: String) {
        var writer = ZIPWriter()
        var archive: [UInt8] = []

        #expect(throws: CompressionError.badName(name)) {
            try writer.add(name, [1], modified: moment, to: &archive)
        }
        #expect(archive.isEmpty)
    }

    @Test func `refuses a name twice`() throws {
        var writer = ZIPWriter()
        var archive: [UInt8] = []
        try writer.add("a", [1], modified: moment, to: &archive)

        #expect(throws: CompressionError.badName("a")) {
            try writer.add("a", [2], modified: moment, to: &archive)
        }
    }

    @Test func `says when a file was changed`() throws {
        var writer = ZIPWriter()
        var archive: [UInt8] = []
        try writer.add("a", [1], modified: moment, to: &archive)

        // 2026-11-20 10:30:00, in DOS's bits, at its place in the local header.
        #expect(archive[10...13] == [0xC0, 0x53, 0x74, 0x5D])
    }
}

/// A reader that trusts the directory only, as unzip does.
private struct Archive {
    struct File {
        var name: String
        var contents: [UInt8]
        var isPacked: Bool
    }

    var files: [File] = []

    init?(_ bytes: [UInt8]) throws {
        func little(_ at: Int, _ count: Int) -> Int {
            bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let end = bytes.count - 22
        guard end >= 0, little(end, 4) == 0x0605_4b50 else { return nil }
        var at = little(end + 16, 4)
        for _ in 0..<little(end + 10, 2) {
            guard little(at, 4) == 0x0201_4b50 else { return nil }
            let nameLength = little(at + 28, 2)
            let start = little(at + 42, 4)
            guard little(start, 4) == 0x0403_4b50 else { return nil }
            let first = start + 30 + little(start + 26, 2) + little(start + 28, 2)
            let packed = Array(bytes[first..<first + little(at + 20, 4)])
            var contents: [UInt8] = []
            if little(at + 10, 2) == 8 {
                let outcome = try Inflater(.raw()).unpack(
                    packed.span, to: &contents, limit: little(at + 24, 4))
                guard outcome == .ended(unused: 0) else { return nil }
            } else {
                contents = packed
            }
            let name = String(decoding: bytes[at + 46..<at + 46 + nameLength], as: UTF8.self)
            files.append(File(name: name, contents: contents, isPacked: little(at + 10, 2) == 8))
            at += 46 + nameLength + little(at + 30, 2) + little(at + 32, 2)
        }
    }
}
