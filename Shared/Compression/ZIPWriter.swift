import CZlib
package import FoundationEssentials

/// Writes a ZIP archive (APPNOTE 6.3.9) front to back, so that it may leave while it grows: what a call adds is
/// appended to `output`, and the caller may take it away between calls.
///
/// Names are UTF-8; sizes and offsets beyond 4 GiB and more than 65 535 files are written as ZIP64.
package struct ZIPWriter {
    /// A file of the archive as its directory, at the end, will name it.
    private struct Entry {
        var name: [UInt8]
        var modified: Date
        var isPacked = true
        /// Sizes stood behind the contents, since they were not known before.
        var isStreamed = false
        var checksum: UInt32 = 0
        var packedSize: UInt64 = 0
        var size: UInt64 = 0
        var offset: UInt64

        var isLarge: Bool { size >= ZIPWriter.large || packedSize >= ZIPWriter.large }
    }

    private var entries: [Entry] = []
    private var names: Set<String> = []
    private var open: Entry?
    private var written: UInt64 = 0
    private let deflater: Deflater

    /// Values from here on stand in ZIP64's wider fields.
    private static let large = UInt64(UInt32.max)

    package init(level: Int = 6) {
        deflater = Deflater(.raw(), level: level)
    }

    /// Adds a file that is held whole. It is stored as it is when packing would not make it smaller.
    ///
    /// - Parameter name: with `/` between folders.
    package mutating func add(
        _ name: String, _ contents: Span<UInt8>, modified: Date, to output: inout [UInt8]
    ) throws(CompressionError) {
        var entry = try newEntry(name, modified)
        entry.checksum = Self.checksum(of: contents, after: 0)
        entry.size = UInt64(contents.count)
        var packed: [UInt8] = []
        deflater.reset()
        deflater.pack(contents, to: &packed, .finish)
        entry.isPacked = packed.count < contents.count
        entry.packedSize = entry.isPacked ? UInt64(packed.count) : entry.size
        append(to: &output) { output in
            Self.appendLocalHeader(entry, to: &output)
            if entry.isPacked {
                output.append(contentsOf: packed)
            } else {
                contents.withUnsafeBufferPointer { output.append(contentsOf: $0) }
            }
        }
        entries.append(entry)
    }

    package mutating func add(
        _ name: String, _ contents: [UInt8], modified: Date, to output: inout [UInt8]
    ) throws(CompressionError) {
        try add(name, contents.span, modified: modified, to: &output)
    }

    /// Begins a file whose contents come in pieces; `end` must follow before the next file.
    package mutating func begin(
        _ name: String, modified: Date, to output: inout [UInt8]
    ) throws(CompressionError) {
        var entry = try newEntry(name, modified)
        entry.isStreamed = true
        append(to: &output) { Self.appendLocalHeader(entry, to: &$0) }
        deflater.reset()
        open = entry
    }

    /// Adds a piece to the file that was begun.
    package mutating func append(_ piece: Span<UInt8>, to output: inout [UInt8]) {
        guard var entry = open else { preconditionFailure("a piece without its file") }
        entry.checksum = Self.checksum(of: piece, after: entry.checksum)
        entry.size += UInt64(piece.count)
        let deflater = deflater
        entry.packedSize += append(to: &output) { deflater.pack(piece, to: &$0) }
        open = entry
    }

    /// Ends the file that was begun.
    package mutating func end(to output: inout [UInt8]) {
        guard var entry = open else { preconditionFailure("an end without its file") }
        open = nil
        let deflater = deflater
        entry.packedSize += append(to: &output) { deflater.pack([UInt8]().span, to: &$0, .finish) }
        append(to: &output) { output in
            output.appendLittle(0x0807_4b50 as UInt32)
            output.appendLittle(entry.checksum)
            output.appendLittle(entry.packedSize)
            output.appendLittle(entry.size)
        }
        entries.append(entry)
    }

    /// Writes the directory, which makes an archive of what was written. Nothing may be added after it.
    package mutating func finish(to output: inout [UInt8]) {
        precondition(open == nil, "a file is still open")
        let start = written
        for entry in entries { append(to: &output) { Self.appendDirectoryEntry(entry, to: &$0) } }
        let size = written - start
        let end = written
        let count = entries.count
        append(to: &output) { output in
            if count >= Int(UInt16.max) || start >= Self.large || size >= Self.large {
                output.appendLittle(0x0606_4b50 as UInt32)
                output.appendLittle(44 as UInt64)
                output.appendLittle(Self.madeByUnix | 45)
                output.appendLittle(45 as UInt16)
                output.appendLittle(0 as UInt64)
                output.appendLittle(UInt64(count))
                output.appendLittle(UInt64(count))
                output.appendLittle(size)
                output.appendLittle(start)
                output.appendLittle(0x0706_4b50 as UInt32)
                output.appendLittle(0 as UInt32)
                output.appendLittle(end)
                output.appendLittle(1 as UInt32)
            }
            output.appendLittle(0x0605_4b50 as UInt32)
            output.appendLittle(0 as UInt32)
            output.appendLittle(UInt16(clamping: count))
            output.appendLittle(UInt16(clamping: count))
            output.appendLittle(UInt32(clamping: size))
            output.appendLittle(UInt32(clamping: start))
            output.appendLittle(0 as UInt16)
        }
    }

    private mutating func newEntry(_ name: String, _ modified: Date) throws(CompressionError) -> Entry {
        precondition(open == nil, "a file is still open")
        let bytes = Array(name.utf8)
        let isSafe = name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".."
        }
        let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
        guard isSafe, isPlain, bytes.count <= 1_024, names.insert(name).inserted else { throw .badName(name) }
        return Entry(name: bytes, modified: modified, offset: written)
    }

    /// Counts what `produce` appends.
    @discardableResult
    private mutating func append(to output: inout [UInt8], _ produce: (inout [UInt8]) -> Void) -> UInt64 {
        let before = output.count
        produce(&output)
        let count = UInt64(output.count - before)
        written += count
        return count
    }

    private static func checksum(of bytes: Span<UInt8>, after start: UInt32) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            // Without bytes zlib would answer its start value, whatever it was given.
            bytes.isEmpty ? start : UInt32(crc32_z(UInt(start), bytes.baseAddress, bytes.count))
        }
    }

    // Host system Unix, so that the mode in the directory counts.
    private static let madeByUnix: UInt16 = 3 << 8
    /// A plain file that its owner may write and everybody read.
    private static let mode: UInt32 = 0o100644 << 16

    private static func appendLocalHeader(_ entry: Entry, to output: inout [UInt8]) {
        let extra = extraFields(entry, inDirectory: false)
        output.appendLittle(0x0403_4b50 as UInt32)
        appendCommonFields(entry, to: &output)
        // Of a streamed file the sizes come behind the contents, eight bytes each, which ZIP64's field announces.
        let isWide = entry.isStreamed || entry.isLarge
        output.appendLittle(isWide ? UInt32.max : UInt32(entry.packedSize))
        output.appendLittle(isWide ? UInt32.max : UInt32(entry.size))
        output.appendLittle(UInt16(entry.name.count))
        output.appendLittle(UInt16(extra.count))
        output.append(contentsOf: entry.name)
        output.append(contentsOf: extra)
    }

    private static func appendDirectoryEntry(_ entry: Entry, to output: inout [UInt8]) {
        let extra = extraFields(entry, inDirectory: true)
        output.appendLittle(0x0201_4b50 as UInt32)
        output.appendLittle(madeByUnix | 45)
        appendCommonFields(entry, to: &output)
        output.appendLittle(UInt32(clamping: entry.packedSize))
        output.appendLittle(UInt32(clamping: entry.size))
        output.appendLittle(UInt16(entry.name.count))
        output.appendLittle(UInt16(extra.count))
        output.appendLittle(0 as UInt16)
        output.appendLittle(0 as UInt16)
        output.appendLittle(0 as UInt16)
        output.appendLittle(mode)
        output.appendLittle(UInt32(clamping: entry.offset))
        output.append(contentsOf: entry.name)
        output.append(contentsOf: extra)
    }

    /// From "version needed" to the checksum: the same in both headers.
    private static func appendCommonFields(_ entry: Entry, to output: inout [UInt8]) {
        let isWide = entry.isStreamed || entry.isLarge || entry.offset >= large
        output.appendLittle(UInt16(isWide ? 45 : 20))
        // Bit 11: the name is UTF-8; bit 3: sizes and checksum follow the contents.
        output.appendLittle(UInt16(1 << 11 | (entry.isStreamed ? 1 << 3 : 0)))
        output.appendLittle(UInt16(entry.isPacked ? 8 : 0))
        let (date, time) = dosMoment(entry.modified)
        output.appendLittle(time)
        output.appendLittle(date)
        output.appendLittle(entry.checksum)
    }

    private static func extraFields(_ entry: Entry, inDirectory: Bool) -> [UInt8] {
        var extra: [UInt8] = []
        // "UT": seconds since 1970, since the time in the header says no time zone.
        if let seconds = Int32(exactly: entry.modified.timeIntervalSince1970.rounded(.down)) {
            extra.appendLittle(0x5455 as UInt16)
            extra.appendLittle(5 as UInt16)
            extra.append(1)
            extra.appendLittle(UInt32(bitPattern: seconds))
        }
        var wide: [UInt8] = []
        if inDirectory {
            // Only what its narrow field could not hold, in this order.
            for value in [entry.size, entry.packedSize, entry.offset] where value >= large {
                wide.appendLittle(value)
            }
        } else if entry.isStreamed || entry.isLarge {
            wide.appendLittle(entry.size)
            wide.appendLittle(entry.packedSize)
        }
        guard !wide.isEmpty else { return extra }
        extra.appendLittle(0x0001 as UInt16)
        extra.appendLittle(UInt16(wide.count))
        return extra + wide
    }

    /// Two seconds' precision, from 1980 to 2107, here in UTC.
    private static func dosMoment(_ moment: Date) -> (date: UInt16, time: UInt16) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        guard let year = parts.year, (1980...2107).contains(year), let month = parts.month,
            let day = parts.day,
            let hour = parts.hour, let minute = parts.minute, let second = parts.second
        else { return (1 << 5 | 1, 0) }
        return (
            UInt16((year - 1980) << 9 | month << 5 | day), UInt16(hour << 11 | minute << 5 | second / 2)
        )
    }
}

extension [UInt8] {
    fileprivate mutating func appendLittle(_ value: some FixedWidthInteger & UnsignedInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
