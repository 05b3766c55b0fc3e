import Foundation
import TestSupport
import Testing

@Suite struct `The contract's paths` {
    /// Of the contract, and not built yet: whoever builds one takes it out.
    private static let missing: Set<String> = []

    /// Not of the contract's chapter 2: what the notes on OCPP add for operators.
    private static let beyond: Set<String> = [
        "GET /api/v1/charge-points/{}/certificate-requests",
        "GET /api/v1/charge-points/{}/charging-profiles",
        "POST /api/v1/charge-points/{}/certificate-requests/{}/approve",
        "POST /api/v1/charge-points/{}/certificate-requests/{}/refuse",
    ]

    /// Method and path of chapter 2 of the contract, a line each; `{}` stands for a parameter.
    private func promised() throws -> Set<String> {
        let file = SourceTree.root.appending(path: "Tests/Fixtures/api/routes.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        return Set(lines)
    }

    /// What the services' route tables name. A route is written with its path as a literal, and so can be read here.
    private func served() throws -> Set<String> {
        let route = /Route\(\s*\.(\w+),\s*"([^"]+)"/
        var found: Set<String> = []
        for file in try SourceTree.files(in: "Services") {
            for match in file.lines.joined(separator: "\n").matches(of: route) {
                found.insert("\(match.1.uppercased()) \(match.2.replacing(/:\w+/, with: "{}"))")
            }
        }
        return found
    }

    @Test(.fact(10)) func `are served, but for those that are named here`() throws {
        let lacking = try promised().subtracting(try served())
        #expect(lacking.subtracting(Self.missing).sorted() == [])
        // What is served by now is taken out of them.
        #expect(Self.missing.subtracting(lacking).sorted() == [])
    }

    @Test(.fact(10)) func `are all that is served, but for those that are named here`() throws {
        #expect(try served().subtracting(try promised()).subtracting(Self.beyond).sorted() == [])
    }
}
