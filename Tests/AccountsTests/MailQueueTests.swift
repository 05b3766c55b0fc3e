import Core
import Foundation
import Mail
import Postgres
import Settings
import Sockets
import Telemetry
import TestSupport
import Testing

@Suite(.suite(as: .accounts)) struct `Mail on its way` {
    private let clock = ManualClock()
    private let folder: FileFolder
    private let letter = Letter(in: .en, subject: "Hello", [.text("It charges.")])

    init() throws { folder = try FileFolder() }

    private func queue(outbox: String) throws -> (MailQueue, Database) {
        let database = try FreshDatabase.current.database(as: .accounts)
        let settings = try MailSettings(environment: ["OUTBOX_FOLDER": outbox])
        let log = Log(service: "accounts", level: .error, clock: clock.clock)
        let queue = MailQueue(
            of: "accounts", settings, in: database, loop: TestLoops.shared.next(), clock: clock.clock,
            log: log)
        return (queue, database)
    }

    private func waiting() async throws -> Int64 {
        try await Registry().owner.run("SELECT count(*) FROM accounts.mail")
    }

    @Test func `is sent once and forgotten`() async throws {
        let (queue, database) = try queue(outbox: folder.path)
        let anna = try #require(Mailbox(name: "Anna", address: "anna@example.org"))
        for _ in 0..<20 { try await database.run(queue.keep(letter, to: anna)) }
        try await database.run(queue.keep(letter, to: anna, isWanted: false))

        // As two instances would.
        async let one: Void = queue.deliverDue()
        async let other: Void = queue.deliverDue()
        _ = try await (one, other)

        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 20)
        #expect(try await waiting() == 0)
    }

    @Test func `is tried again later, and given up in the end`() async throws {
        let blocked = try folder.write("a file where the folder should be", to: "outbox")
        let (queue, database) = try queue(outbox: blocked)
        let anna = try #require(Mailbox(address: "anna@example.org"))
        try await database.run(queue.keep(letter, to: anna))

        for pause in [0, 60, 300, 1_800, 7_200] {
            clock.advance(by: .seconds(pause))
            try await queue.deliverDue()
            #expect(try await waiting() == 1)
            // Not before its time.
            let tries: Int32 = try await database.run("SELECT tries FROM accounts.mail")
            try await queue.deliverDue()
            #expect(try await database.run("SELECT tries FROM accounts.mail") == tries)
        }
        clock.advance(by: .seconds(50_400))
        try await queue.deliverDue()

        #expect(try await waiting() == 0)
    }

    @Test func `goes out once the way is free again`() async throws {
        let blocked = try folder.write("a file where the folder should be", to: "outbox")
        let (queue, database) = try queue(outbox: blocked)
        let anna = try #require(Mailbox(address: "anna@example.org"))
        try await database.run(queue.keep(letter, to: anna))
        try await queue.deliverDue()
        #expect(try await waiting() == 1)
        try FileManager.default.removeItem(atPath: blocked)

        clock.advance(by: .seconds(60))
        try await queue.deliverDue()

        #expect(try await waiting() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: blocked).count == 1)
    }
}
