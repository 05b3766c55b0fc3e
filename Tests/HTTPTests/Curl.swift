import Core
import Dispatch
import Foundation
import Testing

/// curl, as somebody else's judge of what we say on the wire.
struct Curl {
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        /// What `--verbose` told: lines of the conversation.
        let log: String
    }

    static let program = "/usr/bin/curl"

    private static let gate = BlockingGate(name: "curl", width: 4, capacity: 100) { work in
        DispatchQueue.global().async(execute: work)
    }

    /// Runs it to its end; it gives up by itself after ten seconds.
    static func run(_ arguments: String...) async throws -> Outcome {
        try await gate.run {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments =
                ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*"] + arguments
            let output = Pipe()
            let log = Pipe()
            process.standardOutput = output
            process.standardError = log
            process.standardInput = FileHandle.nullDevice
            try process.run()
            // The conversation's log is short and fits into its pipe while the output is read.
            let heard = output.fileHandleForReading.readDataToEndOfFile()
            let told = log.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus, output: String(decoding: heard, as: UTF8.self),
                log: String(decoding: told, as: UTF8.self))
        }
    }
}
