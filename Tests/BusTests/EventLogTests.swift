import Bus
import Contracts
import Core
import FoundationEssentials
import Postgres
import TestSupport
import Testing

@Suite(.suite(as: .gateway), .freshRedis) struct `An event log` {
    @Test func `is read in the order of its events`() async throws {
        let log = try await GatewayLog()
        try await log.announce("A", "B", "C")
        try await log.announce("D")
        let consumer = log.consumer()

        #expect(try await log.drain(consumer) == .done)

        #expect(try await log.noted() == ["A", "B", "C", "D"])
    }

    @Test func `does not lose an event that commits after one with a higher number`() async throws {
        let log = try await GatewayLog()
        let consumer = log.consumer()

        try await log.owner.transaction { late in
            try await late.run(.announce(try GatewayLog.event("LATE")))
            try await log.announce("EARLY")
            let committed: [Int64] = try await log.billing.run(
                "SELECT sequence FROM gateway_view.event ORDER BY sequence")
            // The number that is missing will come; a cursor at 2 would never see it.
            #expect(committed == [2])
            #expect(try await consumer.drain() == .heldBack)
            #expect(try await log.noted() == [])
        }

        #expect(try await log.drain(consumer) == .done)
        #expect(try await log.noted() == ["LATE", "EARLY"])
    }

    @Test func `does not lose an event whose transaction began first and numbered it last`() async throws {
        let log = try await GatewayLog()
        let consumer = log.consumer()

        try await log.owner.transaction { old in
            let _: String = try await old.run("SELECT pg_current_xact_id()::text")
            try await log.announce("YOUNG")
            #expect(try await consumer.drain() == .heldBack)
            try await old.run(.announce(try GatewayLog.event("OLD")))
        }

        #expect(try await log.drain(consumer) == .done)
        #expect(try await log.noted() == ["OLD", "YOUNG"])
    }

    @Test func `does not wait for a number that was taken back`() async throws {
        let log = try await GatewayLog()
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await log.gateway.transaction { transaction in
                try await transaction.run(.announce(try GatewayLog.event("NEVER")))
                throw Refused()
            }
        }
        try await log.announce("AFTER")
        let consumer = log.consumer()

        #expect(try await log.drain(consumer) == .done)

        #expect(try await log.noted() == ["AFTER"])
    }

    @Test(arguments: [1, 3, 100])
    func `is read in the order of its transactions' numbers, not of their digits`(batch: Int) async throws {
        let log = try await GatewayLog()
        for number in ["9", "10", "99", "100", "101"] {
            try await log.owner.run(
                """
                INSERT INTO gateway.event_log (transaction_id, kind, subject, payload)
                VALUES (\(number)::xid8, \(PointReported.kind), \(number),
                    \(JSONWriter.text(GatewayLog.event(number)))::jsonb)
                """)
        }
        var limits = EventConsumer.Limits.patient
        limits.batch = batch

        #expect(try await log.drain(log.consumer(limits: limits)) == .done)

        #expect(try await log.noted() == ["9", "10", "99", "100", "101"])
    }

    @Test func `is read whole and once while many write to it`() async throws {
        let log = try await GatewayLog()
        let writers = try Database(
            FreshDatabase.current.settings(as: .gateway, poolSize: 12), on: TestLoops.shared)
        let consumers = (0..<2).map { _ in log.consumer(bus: log.sibling()) }
        let works = consumers.map { consumer in Background { await consumer.run() } }

        var told: Set<String> = []
        try await during(works, on: log.bus.loop) {
            try await withThrowingTaskGroup(of: [String].self) { group in
                for writer in 0..<12 {
                    group.addTask { try await Self.write(as: writer, through: writers, calling: log.teller) }
                }
                for try await names in group { told.formUnion(names) }
            }
            try await Wait.until { try await log.noted().count >= told.count }
        }
        await writers.close()

        let noted = try await log.noted()
        #expect(told.count == 12 * 20 * 2)
        #expect(noted.count == told.count)
        #expect(Set(noted) == told)
        // What one transaction announced stays in order.
        let places = Dictionary(noted.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: max)
        #expect(
            told.filter { $0.hasSuffix("-a") }.allSatisfy { name in
                places[name, default: .max] < places["\(name.dropLast())b", default: -1]
            })
    }

    /// Every fifth transaction is taken back; answers what was committed.
    private static func write(as writer: Int, through database: Database, calling bus: Bus) async throws
        -> [String]
    {
        struct TakenBack: Error {}
        var told: [String] = []
        for turn in 0..<25 {
            let names = ["\(writer)-\(turn)-a", "\(writer)-\(turn)-b"]
            do {
                try await database.transaction { transaction in
                    try await transaction.run(.announce(try GatewayLog.event(names[0])))
                    try await transaction.run(.announce(try GatewayLog.event(names[1])))
                    if turn % 5 == 4 { throw TakenBack() }
                }
            } catch is TakenBack {
                continue
            }
            told += names
            bus.publish(try GatewayLog.event(names[0]))
        }
        return told
    }
}

@Suite(.suite(as: .gateway), .freshRedis) struct `Forgetting events` {
    @Test func `keeps what a consumer has not read`() async throws {
        let log = try await GatewayLog()
        try await log.announce("READ")
        let consumer = log.consumer()
        #expect(try await log.drain(consumer) == .done)
        try await log.announce("UNREAD")
        let future = log.clock.now + 400 * 86_400

        let gone = try await log.gateway.run(
            .forgetEvents(of: .gateway, before: future, passedBy: [.accounts, .billing, .reporting]))

        #expect(gone.count == 1)
        #expect(try await log.drain(consumer) == .done)
        #expect(try await log.noted() == ["READ", "UNREAD"])
    }

    @Test func `keeps what is young`() async throws {
        let log = try await GatewayLog()
        try await log.announce("READ")
        #expect(try await log.drain(log.consumer()) == .done)

        let gone = try await log.gateway.run(
            .forgetEvents(of: .gateway, before: log.clock.now - 400 * 86_400, passedBy: [.billing]))

        #expect(gone.count == 0)
    }
}

@Suite(.suite(as: .gateway), .freshRedis) struct `A log that was restored on another server` {
    @Test func `is read on from where each consumer stood`() async throws {
        let log = try await GatewayLog()
        try await log.announce("A", "B")
        #expect(try await log.drain(log.consumer()) == .done)
        try await log.announce("C")
        try await log.announce("D")
        // The server that it came from had counted further.
        for table in ["gateway.event_log", "billing.event_cursor"] {
            try await log.owner.session {
                try await $0.runScript(
                    """
                    UPDATE \(table) SET transaction_id = (transaction_id::text::bigint + 1000000000)::text::xid8
                    """, within: .seconds(5))
            }
        }
        #expect(try await log.consumer().drain() == .heldBack)

        try await log.owner.transaction { transaction in
            for consumer in [Service.accounts, .billing, .reporting] {
                try await transaction.run(RebaseAfterRestore.cursors(of: consumer, reading: .gateway))
            }
            try await transaction.run(RebaseAfterRestore.log(of: .gateway))
        }

        #expect(try await log.drain(log.consumer()) == .done)
        #expect(try await log.noted() == ["A", "B", "C", "D"])
        try await log.announce("E")
        #expect(try await log.drain(log.consumer()) == .done)
        #expect(try await log.noted() == ["A", "B", "C", "D", "E"])
    }
}
