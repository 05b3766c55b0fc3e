import Foundation
import Testing

/// An operator reads .env-example and never the code: what a service reads must stand there, and Docker must hand it on.
@Suite struct `The settings` {
    @Test(arguments: ["gateway", "accounts", "billing", "reporting"])
    func `of a service are explained and handed on`(service: String) async throws {
        let help = try await Tool.run(SuiteUp.programs.appending(service), ["--help"])
        try #require(help.status == 0)
        // Each line names a setting, then says what it is for.
        let names = String(decoding: help.output, as: UTF8.self).split(separator: "\n").dropFirst()
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names.count > 20)

        let example = try text(".env-example")
        let compose = try text("docker-compose.yaml")
        let image = try text("deploy/Dockerfile")
        for name in names {
            #expect(example.contains("\n\(name)=") || example.contains("\n#\(name)="), "\(name) is explained")
            // The ports and the folders are those of the image.
            if ["HTTP_HOST", "HTTP_PORT", "OCPP_PORT"].contains(name) { continue }
            let isHandedOn =
                compose.contains("    \(name):") || compose.contains("    \(name)_FILE: /run/secrets/")
                || image.contains("\(name)=/data/")
            #expect(isHandedOn, "\(name) is handed on")
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: SuiteUp.root.appending(path: path), encoding: .utf8)
    }
}
