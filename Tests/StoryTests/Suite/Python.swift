import Core
import Foundation
import Testing

/// Runs a script of the folder Python with the packages of PyPI that deploy/test has installed.
enum Python {
    /// - Returns: the JSON object that the script printed.
    static func run(_ script: String, _ argument: JSONValue) async throws -> JSONValue {
        let python = try #require(
            ProcessInfo.processInfo.environment["STORY_PYTHON"],
            "STORY_PYTHON names no Python with ocpp and websockets; deploy/test makes one")
        let path = SuiteUp.root.appending(path: "Tests/StoryTests/Python/\(script)").path()
        let text = String(decoding: try JSONEncoder().encode(argument), as: UTF8.self)
        let said = try await Tool.run(python, [path, text])
        try #require(said.status == 0, "\(script): \(said.errors)")
        return try JSONDecoder().decode(JSONValue.self, from: said.output)
    }
}
