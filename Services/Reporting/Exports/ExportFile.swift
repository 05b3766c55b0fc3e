import Core
import Foundation
import Hosting

/// A file of EXPORT_FOLDER. Its name is the task's, so that no name from outside ever reaches the disk.
struct ExportFile: Sendable {
    let folder: String
    let task: String
    /// Which try at it this is: one that was given up may still be writing.
    var attempt: Int16 = 0

    private static let gate = BlockingGate(name: "exports", width: 2, capacity: 64) { work in
        DispatchQueue.global(qos: .utility).async(execute: work)
    }
    private static let piece = 64 * 1_024

    private var path: String { "\(folder)/\(task).csv" }
    private var draft: String { draft(of: attempt) }

    private func draft(of attempt: Int16) -> String { "\(folder)/.\(task).\(attempt).part" }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Begins it, or begins it anew.
    func begin() async throws {
        try await Self.gate.run {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
            guard
                FileManager.default.createFile(
                    atPath: draft, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
        }
    }

    func append(_ bytes: [UInt8]) async throws {
        try await Self.gate.run {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: draft))
            defer { try? file.close() }  // What could not be written was told by the write.
            try file.seekToEnd()
            try file.write(contentsOf: Data(bytes))
        }
    }

    /// Under its name it is whole.
    func finish() async throws {
        try await Self.gate.run {
            if FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
            try FileManager.default.moveItem(atPath: draft, toPath: path)
        }
    }

    func read(from offset: UInt64) async throws -> [UInt8] {
        try await Self.gate.run {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }  // It was only read.
            try file.seek(toOffset: offset)
            return [UInt8](try file.read(upToCount: Self.piece) ?? Data())
        }
    }

    /// - Parameter attempts: the tries that may have left something.
    func remove(attempts: Int16) async throws {
        try await Self.gate.run {
            for name in [path] + (0...attempts).map(draft(of:))
            where FileManager.default.fileExists(atPath: name) {
                try FileManager.default.removeItem(atPath: name)
            }
        }
    }
}
