import Foundation
import Testing

/// Billing and its PostgreSQL are killed again and again while money moves (deploy/verify/ledger; the whole run is a hundred
/// thousand operations).
@Suite(.timeLimit(.minutes(3))) struct `The books` {
    @Test func `are right though billing and PostgreSQL are killed while money moves`() async throws {
        let said = try await Tool.run(
            SuiteUp.root.appending(path: "deploy/verify/ledger").path(), ["short"],
            environment: ["PROGRAMS": SuiteUp.programs])

        let text = String(decoding: said.output, as: UTF8.self)
        #expect(said.status == 0, "\(text)\(said.errors)")
        #expect(text.contains("the books are right"))
    }
}
