import Postgres
import TestSupport
import Testing

@Suite struct `The migrations of the whole suite` {
    @Test(.suite(as: .owner)) func `apply in one go and are verified`() async throws {
        let owner = try FreshDatabase.current.database

        try await MigrationRunner(owner, SuiteMigrations.lists).verify()
    }

    @Test(.suite(as: .billing)) func `let a service read what others publish, and nothing of their own`()
        async throws
    {
        let billing = try FreshDatabase.current.database

        let points: [String] = try await billing.run("SELECT title FROM accounts_view.charge_point")
        #expect(points == [])
        await #expect(throws: DatabaseError.self) {
            let _: [String] = try await billing.run("SELECT title FROM accounts.charge_point")
        }
        await #expect(throws: DatabaseError.self) {
            let _: [String] = try await billing.run("SELECT hash FROM accounts_view.connection_password")
        }
    }

    @Test(.suite(as: .reporting)) func `let nobody change what was audited`() async throws {
        let reporting = try FreshDatabase.current.database
        try await reporting.run(
            "INSERT INTO reporting.audit_entry (action, created_at) VALUES ('CREATE_BACKUP', now())")

        await #expect(throws: DatabaseError.self) {
            try await reporting.run("UPDATE reporting.audit_entry SET action = 'nothing'")
        }
        await #expect(throws: DatabaseError.self) {
            try await reporting.run("DELETE FROM reporting.audit_entry")
        }
        let number: Int64 = try await reporting.run("SELECT id FROM reporting.audit_entry")
        #expect(number % 10 == 4)
    }
}
