import Crypto
import Glibc

/// SHA-256 of a file that is read once, in pieces. Blocks its thread.
enum FileDigest {
    static func sha256(of path: String) throws(BackupFailure) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file("open \(path)", code: errno) }
        defer { close(file) }
        let digest = SHA256.Running()
        var piece = [UInt8](repeating: 0, count: 256 * 1_024)
        while true {
            let count = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .file("read \(path)", code: errno) }
            guard count > 0 else { return digest.finish() }
            digest.add(Array(piece.prefix(count)))
        }
    }
}
