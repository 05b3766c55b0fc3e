import Foundation
import Postgres
import Sockets
import TestSupport
import Testing

@Suite struct `A server that goes away` {
    @Test(.freshDatabase) func `says of statements under way that they may have run`() async throws {
        let loops = try EventLoops(count: 1)
        let database = try Database(try FreshDatabase.current.settings(poolSize: 1), on: loops)
        let admin = try FreshDatabase.current.database(as: .superuser)
        let process: Int32 = try await database.run("SELECT pg_backend_pid()")
        let slow = Task { try await database.run("SELECT pg_sleep(60)") }
        try await Wait.until {
            try await admin.run("SELECT state = 'active' FROM pg_stat_activity WHERE pid = \(process)")
        }

        let _: Bool = try await admin.run("SELECT pg_terminate_backend(\(process))")

        let error = await #expect(throws: DatabaseError.self) { try await slow.value }
        #expect(error?.isUnavailable == true)
        // A new connection takes the place of the old one, and what waits meanwhile succeeds.
        let next: Int32 = try await database.run("SELECT pg_backend_pid()")
        #expect(next != process)
        #expect(await database.state.reconnections == 1)
        await database.close()
        await loops.stop()
    }

    @Test(.freshDatabase) func `takes an open transaction with it`() async throws {
        let database = try FreshDatabase.current.database
        let admin = try FreshDatabase.current.database(as: .superuser)
        await #expect(throws: DatabaseError.self) {
            try await database.transaction { transaction in
                let process: Int32 = try await transaction.run("SELECT pg_backend_pid()")
                let _: Bool = try await admin.run("SELECT pg_terminate_backend(\(process))")
                let _: Int32 = try await transaction.run("SELECT 1")
            }
        }
        #expect(await database.isReady(within: .seconds(5)))
    }

    @Test(.privateServer) func `comes back, and everything goes on`() async throws {
        let server = PrivateServer.current
        let loops = try EventLoops(count: 2)
        var settings = DatabaseSettings(url: server.url, poolSize: 4)
        settings.limits.waitForServer = .milliseconds(300)
        settings.limits.longestReconnect = .milliseconds(200)
        let database = try Database(settings, on: loops)
        try await database.run("CREATE TABLE kept (id bigint)")
        try await database.run("INSERT INTO kept VALUES (1)")

        try await server.control("restart", "-m", "immediate")
        try await Wait.until { await database.isReady(within: .milliseconds(500)) }
        let kept: [Int64] = try await database.run("SELECT id FROM kept")
        #expect(kept == [1])

        try await server.control("stop", "-m", "immediate")
        try await Wait.until { await !database.isReady(within: .milliseconds(500)) }
        let start = ContinuousClock().now
        let error = await #expect(throws: DatabaseError.self) { try await database.run("SELECT 1") as Int32 }
        #expect(error?.isUnavailable == true)
        #expect(error?.mayHaveRun == false)
        #expect(ContinuousClock().now - start < .seconds(5))

        try await server.control("start")
        try await Wait.until { await database.isReady(within: .milliseconds(500)) }
        await database.close()
        await loops.stop()
    }

    @Test func `that never was is reported in bounded time`() async throws {
        let loops = try EventLoops(count: 1)
        var settings = DatabaseSettings(url: "postgresql://nobody:hidden@127.0.0.1:1/none")
        settings.limits.waitForServer = .milliseconds(100)
        let database = try Database(settings, on: loops)
        let error = await #expect(throws: DatabaseError.self) { try await database.run("SELECT 1") as Int32 }
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("hidden") == false)
        await database.close()
        await loops.stop()
    }

    @Test func `whose URL is none is refused without quoting it`() async throws {
        let loops = try EventLoops(count: 1)
        let error = #expect(throws: DatabaseError.self) {
            try Database(DatabaseSettings(url: "postgresql://user:hidden@[::1"), on: loops)
        }
        #expect(error?.kind == .badConfiguration)
        #expect(error?.description.contains("hidden") == false)
        await loops.stop()
    }
}
