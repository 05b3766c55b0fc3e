import Foundation
import Testing

/// Something is wrong at night, and whoever is woken has one command.
@Suite(.suiteUp, .serialized, .timeLimit(.minutes(5))) struct `The doctor` {
    @Test func `finds nothing wrong with a suite that is well`() async throws {
        let said = try await ask()

        #expect(said.status == 0, "\(said.text)")
        #expect(said.text.contains("Nothing is wrong."))
        #expect(!said.text.contains("WRONG"))
        for line in [
            "PostgreSQL: version", "gateway, accounts, billing, reporting", "stations through the proxy: wss",
        ] {
            #expect(said.text.contains(line), "\(said.text)")
        }
    }

    @Test func `names the part that hangs, who lacks it, and what to do`() async throws {
        try await SuiteUp.current.freeze("redis")
        let asked: Result<(status: Int32, text: String), any Error>
        do { asked = .success(try await ask()) } catch { asked = .failure(error) }
        try SuiteUp.current.thaw("redis")
        let said = try asked.get()

        #expect(said.status == 1)
        #expect(said.text.contains("WRONG    Redis: redis-cli gets no answer"), "\(said.text)")
        #expect(said.text.contains("WRONG    services:"), "\(said.text)")
        #expect(said.text.contains("ok       PostgreSQL"), "\(said.text)")
        #expect(!said.text.contains("postgresql://") && !said.text.contains(SuiteUp.current.adminPassword))
    }

    @Test func `finds events that were given up on`() async throws {
        let sockets = try SuiteUp.current.sockets
        func psql(_ statement: String) async throws {
            let done = try await Tool.run(
                "/usr/bin/psql",
                ["-X", "-q", "-h", sockets, "-U", "postgres", "-d", "voltbus", "-c", statement])
            try #require(done.status == 0)
        }
        try await psql(
            """
            INSERT INTO billing.event_parked (consumer, source, sequence, kind, subject, payload, created_at, attempts, error,
                parked_at)
            VALUES ('intake', 'gateway', 1, 'session.ended', '1', '{}', now(), 6, 'made up', now())
            """)

        let said = try await ask()
        try await psql("DELETE FROM billing.event_parked")

        #expect(said.status == 1)
        #expect(said.text.contains("events were given up on: 1 of billing"), "\(said.text)")
    }

    private func ask() async throws -> (status: Int32, text: String) {
        let done = try await Tool.run(
            SuiteUp.root.appending(path: "deploy/doctor").path(), ["--run"],
            environment: ["VOLTBUS_HOME": SuiteUp.current.home.path()])
        return (done.status, String(decoding: done.output, as: UTF8.self))
    }
}
