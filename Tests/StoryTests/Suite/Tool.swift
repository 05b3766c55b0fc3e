import Core
import Dispatch
import Foundation

/// Runs a program of somebody else to its end.
enum Tool {
    struct Outcome: Sendable {
        let status: Int32
        let output: Data
        let errors: String
    }

    private static let gate = BlockingGate(name: "tool", width: 8, capacity: 200) { work in
        DispatchQueue.global().async(execute: work)
    }

    @discardableResult
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:])
        async throws
        -> Outcome
    {
        try await gate.run {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
            let output = Pipe()
            let folder = FileManager.default.temporaryDirectory
            // Errors go to a file: two pipes could block each other.
            let errors = folder.appending(path: "voltbus-tool.\(UUID().uuidString)")
            try Data().write(to: errors)
            defer { try? FileManager.default.removeItem(at: errors) }
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errors)
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus, output: said,
                errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
        }
    }
}
