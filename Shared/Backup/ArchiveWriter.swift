import Compression
import Crypto
import Glibc

/// Writes a `.tar.gz` front to back in bounded memory, though a file's length is known at its end only.
///
/// gzip allows several packed pieces one behind the other. Each header is a piece of its own, stored and so of known length:
/// it is written once as a placeholder and once more, in the same place, when the length is known.
///
/// Blocks its thread. Used by one task, one call after the other; that is what `@unchecked Sendable` stands for.
final class ArchiveWriter: @unchecked Sendable {
    private let path: String
    private let hidden: String
    private let file: Int32
    private let modified: Int64
    private var written: Int64 = 0
    private let deflater: Deflater
    private var open: Open?
    private var isOver = false

    private struct Open {
        var name: String
        var headerPlace: Int64
        var size: Int64 = 0
        var digest = SHA256.Running()
    }

    /// The file has its name when it is whole.
    init(_ path: String, modified: Int64, level: Int = 5) throws(BackupFailure) {
        self.path = path
        self.modified = modified
        hidden = path + ".partial"
        // Only the owner reads it: it holds everybody's data.
        file = Glibc.open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .file("create \(hidden)", code: errno) }
        deflater = Deflater(.gzip, level: level)
    }

    deinit {
        close(file)
        // Whatever was begun and not finished is of use to nobody.
        if !isOver { unlink(hidden) }
    }

    func begin(_ name: String) throws(BackupFailure) {
        precondition(open == nil, "a file is still open")
        guard name.utf8.count < 100 else { throw .unexpectedName(name) }
        open = Open(name: name, headerPlace: written)
        try append(header(name, size: 0))
        deflater.reset()
    }

    func append(contents: [UInt8]) throws(BackupFailure) {
        open?.size += Int64(contents.count)
        open?.digest.add(contents)
        var packed: [UInt8] = []
        deflater.pack(contents.span, to: &packed)
        try append(packed)
    }

    /// Answers how long the file is, and its SHA-256 in hexadecimal.
    func end() throws(BackupFailure) -> (bytes: Int64, sha256: String) {
        guard let ended = open else { preconditionFailure("an end without its file") }
        open = nil
        let rest = Int(ended.size % Int64(TarHeader.size))
        let padding = [UInt8](repeating: 0, count: rest == 0 ? 0 : TarHeader.size - rest)
        var packed: [UInt8] = []
        deflater.pack(padding.span, to: &packed, .finish)
        try append(packed)
        try write(header(ended.name, size: ended.size), at: ended.headerPlace)
        return (ended.size, ended.digest.finish())
    }

    func add(_ name: String, _ contents: [UInt8]) throws(BackupFailure) {
        try begin(name)
        try append(contents: contents)
        _ = try end()
    }

    /// Ends the archive and gives it its name; answers its length.
    func finish() throws(BackupFailure) -> Int64 {
        try append(Gzip.pack([UInt8](repeating: 0, count: 2 * TarHeader.size)))
        guard fsync(file) == 0 else { throw .file("write \(hidden)", code: errno) }
        guard rename(hidden, path) == 0 else { throw .file("rename \(hidden)", code: errno) }
        isOver = true
        return written
    }

    private func header(_ name: String, size: Int64) -> [UInt8] {
        let packed = Gzip.pack(
            TarHeader(name: name, fileSize: size, modified: modified).bytes, level: 0)
        // 10 + 5 + 512 + 8: what is stored has one length, whatever it says.
        precondition(packed.count == 535, "a stored header of \(packed.count) bytes")
        return packed
    }

    private func append(_ bytes: [UInt8]) throws(BackupFailure) {
        try write(bytes, at: written)
        written += Int64(bytes.count)
    }

    private func write(_ bytes: [UInt8], at place: Int64) throws(BackupFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(place) + done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .file("write \(hidden)", code: errno) }
            done += count
        }
    }
}
