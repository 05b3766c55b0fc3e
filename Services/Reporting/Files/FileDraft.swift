import Core
import Dispatch
import Glibc

/// A file while it is written: it has its name when it is whole, and nothing stays of one that was given up.
///
/// Its descriptor is used by one task, one call after the other; that is what `@unchecked Sendable` stands for.
final class FileDraft: @unchecked Sendable {
    private let path: String
    private let hidden: String
    private let file: Int32
    private var written: Int64 = 0
    private var isOver = false

    private static let gate = BlockingGate(name: "drafts", width: 2, capacity: 64) { work in
        DispatchQueue.global(qos: .utility).async(execute: work)
    }

    init(_ name: String, in folder: Folder) throws(Folder.Failure) {
        path = try folder.path(of: name)
        hidden = "\(path).\(UInt32.random(in: .min ... .max)).part"
        file = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Folder.Failure(step: "create a file", code: errno) }
    }

    deinit {
        close(file)
        if !isOver { unlink(hidden) }
    }

    func append(_ bytes: [UInt8]) async throws {
        try await Self.gate.run { [self] in
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(file, $0.baseAddress?.advanced(by: done), $0.count - done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Folder.Failure(step: "write a file", code: errno) }
                done += count
            }
        }
        written += Int64(bytes.count)
    }

    /// Answers how long it is.
    func finish() async throws -> Int64 {
        try await Self.gate.run { [self] in
            guard fsync(file) == 0, rename(hidden, path) == 0 else {
                throw Folder.Failure(step: "finish a file", code: errno)
            }
            isOver = true
        }
        return written
    }
}
