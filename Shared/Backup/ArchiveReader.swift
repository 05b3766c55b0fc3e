import Compression
import Glibc

/// Reads a `.tar.gz` front to back in bounded memory. Blocks its thread; used by one task.
final class ArchiveReader {
    private let file: Int32
    private let inflater = Inflater(.gzip)
    private var ready: [UInt8] = []
    private var start = 0
    private var isWithinPiece = false
    private var isAtEnd = false
    /// Of the file that is being read: what is left of its contents, and of the padding behind them.
    private var left: Int64 = 0
    private var padding = 0

    /// What one step may unpack to: a few kilobytes could stand for gigabytes.
    private static let step = 16 * 1_024
    private static let most = 32 * 1_024 * 1_024

    init(_ path: String) throws(BackupFailure) {
        file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file("open \(path)", code: errno) }
    }

    deinit { close(file) }

    /// The next file; what was left unread of the one before is passed over.
    func next() throws(BackupFailure) -> TarHeader? {
        while try !read().isEmpty {}
        guard try fill(TarHeader.size) else { throw .damaged("it has no end") }
        guard let header = try TarHeader(ready[start..<start + TarHeader.size]) else { return nil }
        start += TarHeader.size
        left = header.fileSize
        let rest = Int(header.fileSize % Int64(TarHeader.size))
        padding = rest == 0 ? 0 : TarHeader.size - rest
        return header
    }

    /// Some of the file's contents; empty at its end.
    func read() throws(BackupFailure) -> ArraySlice<UInt8> {
        guard left > 0 else {
            if padding > 0 {
                guard try fill(padding) else { throw .damaged("it ends within a file") }
                start += padding
                padding = 0
            }
            return []
        }
        guard try fill(1) else { throw .damaged("it ends within a file") }
        let count = Int(min(left, Int64(ready.count - start)))
        let piece = ready[start..<start + count]
        start += count
        left -= Int64(count)
        return piece
    }

    /// Until that many bytes are ready; false at the end of the archive.
    private func fill(_ count: Int) throws(BackupFailure) -> Bool {
        while ready.count - start < count {
            guard !isAtEnd else { return false }
            ready.removeFirst(start)
            start = 0
            try unpackMore()
        }
        return true
    }

    private func unpackMore() throws(BackupFailure) {
        var packed = [UInt8](repeating: 0, count: Self.step)
        var count = -1
        repeat {
            count = packed.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw .file("read the archive", code: errno) }
        guard count > 0 else {
            guard !isWithinPiece else { throw .damaged("it ends within a packed piece") }
            isAtEnd = true
            return
        }
        var place = 0
        while place < count {
            let rest = packed.span.extracting(place..<count)
            do {
                switch try inflater.unpack(rest, to: &ready, limit: ready.count + Self.most) {
                case .goesOn:
                    isWithinPiece = true
                    place = count
                case .ended(let unused):
                    isWithinPiece = false
                    inflater.reset()
                    place = count - unused
                }
            } catch { throw .damaged("a packed piece is not whole") }
        }
    }
}
