import Foundation
import Testing

/// What operators watch: the figures that the services tell are those that deploy/observability explains, alerts on and draws.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `The figures` {
    @Test func `that are told are explained, and those that are used are told`() async throws {
        var told: Set<String> = []
        for service in ["gateway", "accounts", "billing", "reporting"] {
            let answer = try await Caller.anybody.call("GET", "/metrics", base: SuiteUp.current.own(service))
            try #require(answer.status == 200)
            for line in answer.text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
                told.insert(String(line.split(separator: " ")[2]))
            }
        }

        let table = try text("README.md").matches(of: /\n\| `([a-z_]+)` \|/).map { String($0.1) }
        #expect(Set(table) == told)

        for file in ["alerts.yml", "dashboard.json"] {
            let used = try text(file).matches(of: /\b(?:voltbus|process)_[a-z_]+/).map { String($0.0) }
            #expect(used.count > 10)
            for name in Set(used) {
                let family = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(told.contains(name) || told.contains(family), "\(file) asks for \(name)")
            }
        }
    }

    private func text(_ file: String) throws -> String {
        try String(contentsOf: SuiteUp.root.appending(path: "deploy/observability/\(file)"), encoding: .utf8)
    }
}
