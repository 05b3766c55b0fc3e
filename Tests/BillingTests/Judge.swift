import Core
import Dispatch
import Foundation
import Testing

/// Programs of other people that say whether a document is what it claims to be.
enum Judge {
    enum Kind: String {
        case pain, ubl, cii, facturx
        /// No complaints: what the QR codes on the first page say.
        case codes
    }

    private static let gate = BlockingGate(name: "judge", width: 2, capacity: 100) { work in
        DispatchQueue.global().async(execute: work)
    }
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Python/judge.py").path()

    static let python = ProcessInfo.processInfo.environment["STORY_PYTHON"]

    /// What is wrong with it; nothing where it is right.
    static func complaints(about document: [UInt8], as kind: Kind) async throws -> [String] {
        let said = try await run(try #require(python), document) { [script, kind.rawValue, $0] }
        return try JSONDecoder().decode([String].self, from: said)
    }

    /// What a reader of PDF finds on its pages, line by line as they are set.
    static func text(of pdf: [UInt8]) async throws -> String {
        let said = try await run("/usr/bin/pdftotext", pdf) { ["-layout", $0, "-"] }
        return String(decoding: said, as: UTF8.self)
    }

    private static func run(
        _ program: String, _ document: [UInt8], _ arguments: @escaping @Sendable (String) -> [String]
    ) async throws -> Data {
        try await gate.run {
            let folder = FileManager.default.temporaryDirectory
            let file = folder.appending(path: "voltbus-judge.\(UUID().uuidString)")
            let errors = folder.appending(path: "voltbus-judge.\(UUID().uuidString)")
            try Data(document).write(to: file)
            try Data().write(to: errors)
            defer {
                try? FileManager.default.removeItem(at: file)
                try? FileManager.default.removeItem(at: errors)
            }
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(filePath: program)
            process.arguments = arguments(file.path())
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errors)
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Silent(errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
            }
            return said
        }
    }

    /// The program failed before it could judge.
    struct Silent: Error {
        var errors: String
    }
}

extension Trait where Self == ConditionTrait {
    /// Needs the programs that deploy/test installs.
    static var judged: Self {
        .enabled(if: Judge.python != nil, "STORY_PYTHON names no Python with factur-x; deploy/test makes one")
    }
}
