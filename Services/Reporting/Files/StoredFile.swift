import Core
import Dispatch
import Glibc
import HTTP

/// A file that is sent piece by piece: opened once, so that removing it meanwhile cuts nobody off.
///
/// Its descriptor is used by one task, one call after the other; that is what `@unchecked Sendable` stands for.
final class StoredFile: @unchecked Sendable {
    let size: Int64
    private let file: Int32

    /// Reading waits for a disk, which no loop should.
    private static let gate = BlockingGate(name: "files", width: 4, capacity: 256) { work in
        DispatchQueue.global().async(execute: work)
    }

    /// Nil when there is no such file.
    init?(_ name: String, in folder: Folder) {
        guard Folder.isPlain(name) else { return nil }
        file = open("\(folder.path)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        var facts = stat()
        guard fstat(file, &facts) == 0 else {
            close(file)
            return nil
        }
        size = Int64(facts.st_size)
    }

    deinit { close(file) }

    var stream: BodyStream {
        BodyStream(length: Int(size)) { [self] body in
            while case let piece = try await Self.gate.run({ try self.next() }), !piece.isEmpty {
                try await body.write(piece)
            }
        }
    }

    private func next() throws -> [UInt8] {
        while true {
            var piece = [UInt8](repeating: 0, count: 128 * 1_024)
            let count = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Folder.Failure(step: "read a file", code: errno) }
            piece.removeLast(piece.count - count)
            return piece
        }
    }
}
