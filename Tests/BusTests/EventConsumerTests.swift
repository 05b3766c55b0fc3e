import Bus
import Contracts
import FoundationEssentials
import Postgres
import Redis
import TestSupport
import Testing

@Suite(.suite(as: .billing), .freshRedis) struct `A consumer of events` {
    @Test func `looks as soon as an event is told`() async throws {
        let log = try await GatewayLog()
        let consumer = log.consumer()

        try await during([Background { await consumer.run() }], on: log.bus.loop) {
            for name in ["A", "B", "C"] {
                try await log.tell(name)
                try await Wait.until { try await log.noted().last == name }
            }
        }

        #expect(try await log.noted() == ["A", "B", "C"])
    }

    @Test func `handles each event once, though it is told twice and to two instances`() async throws {
        let log = try await GatewayLog()
        let works = [log.bus, log.sibling()].map { bus in
            let consumer = log.consumer(bus: bus)
            return Background { await consumer.run() }
        }

        let names = (0..<60).map { "CP\($0)" }
        try await during(works, on: log.bus.loop) {
            for name in names {
                try await log.tell(name)
                log.teller.publish(try GatewayLog.event(name))
            }
            try await Wait.until { try await log.noted().count >= names.count }
            // An instance that were to handle something again would do so at the next call.
            try await log.tell("LAST")
            try await Wait.until { try await log.noted().contains("LAST") }
        }

        #expect(try await log.noted() == names + ["LAST"])
    }

    @Test func `reads each for itself`() async throws {
        let log = try await GatewayLog()
        try await log.announce("A", "B")

        #expect(try await log.drain(log.consumer("intake")) == .done)
        #expect(try await log.drain(log.consumer("mail")) == .done)
        #expect(try await log.drain(log.consumer("intake")) == .done)

        #expect(try await log.noted(by: "intake") == ["A", "B"])
        #expect(try await log.noted(by: "mail") == ["A", "B"])
    }

    @Test func `may begin with what happens from now on`() async throws {
        let log = try await GatewayLog()
        try await log.announce("HISTORY")
        #expect(try await log.drain(log.consumer("all")) == .done)
        let consumer = log.consumer(from: .now)
        _ = try await consumer.drain()

        try await log.announce("NEWS")

        #expect(try await log.drain(consumer) == .done)
        #expect(try await log.noted().last == "NEWS")
        #expect(try await log.noted(by: "all") == ["HISTORY"])
    }

    @Test func `passes over kinds that it does not know`() async throws {
        let log = try await GatewayLog()
        let other = KeyAccepted(try Surroundings.point("A"), at: log.clock.now)
        try await log.gateway.transaction { try await $0.run(.announce(other)) }
        try await log.announce("B")

        #expect(try await log.drain(log.consumer()) == .done)

        #expect(try await log.noted() == ["B"])
    }

    @Test func `undoes and repeats what a killed connection was about`() async throws {
        let log = try await GatewayLog()
        let superuser = try FreshDatabase.current.database(as: .superuser)
        let killed = Noted<String>()
        let parked = Noted<ParkedEvent>()
        var limits = EventConsumer.Limits.patient
        limits.firstPause = .milliseconds(5)
        let consumer = log.consumer(limits: limits, parked: parked) { name, transaction in
            // Twice, each time between the work and the commit.
            guard name == "B", killed.count < 2 else { return }
            killed.add(name)
            let process: Int32 = try await transaction.run("SELECT pg_backend_pid()")
            let _: Bool = try await superuser.run("SELECT pg_terminate_backend(\(process))")
        }
        try await log.announce("A", "B", "C")

        try await during([Background { await consumer.run() }], on: log.bus.loop) {
            try await Wait.until { try await log.noted().count >= 3 }
        }

        #expect(killed.count == 2)
        #expect(try await log.noted() == ["A", "B", "C"])
        #expect(parked.count == 0)
    }

    @Test func `goes on by itself after all connections were cut`() async throws {
        let log = try await GatewayLog()
        let superuser = try FreshDatabase.current.database(as: .superuser)
        var limits = EventConsumer.Limits.patient
        limits.firstPause = .milliseconds(5)
        let consumer = log.consumer(limits: limits)

        try await during([Background { await consumer.run() }], on: log.bus.loop) {
            try await log.tell("BEFORE")
            try await Wait.until { try await log.noted() == ["BEFORE"] }
            let cut: Int64 = try await superuser.run(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE usename = 'billing' AND datname = current_database()
                """)
            #expect(cut > 0)
            try await log.tell("AFTER")
            try await Wait.until { try await log.noted() == ["BEFORE", "AFTER"] }
        }
    }

    @Test func `needs no Redis to catch up`() async throws {
        FreshRedis.current.stop()
        let log = try await GatewayLog()
        try await log.announce("A")
        let consumer = log.consumer()

        try await during([Background { await consumer.run() }], on: log.bus.loop) {
            try await Wait.until { try await log.noted() == ["A"] }
        }
    }

    @Test func `reads what it was not told of as soon as Redis is back`() async throws {
        let log = try await GatewayLog()
        let consumer = log.consumer()

        try await during([Background { await consumer.run() }], on: log.bus.loop) {
            try await log.tell("BEFORE")
            try await Wait.until { try await log.noted() == ["BEFORE"] }
            FreshRedis.current.stop()
            try await Wait.until { await log.teller.redis.connections == 0 }
            try await log.tell("UNHEARD-1")
            try await log.tell("UNHEARD-2")
            try await FreshRedis.current.start()
            try await Wait.until { try await log.noted().count == 3 }
        }

        #expect(try await log.noted() == ["BEFORE", "UNHEARD-1", "UNHEARD-2"])
    }
}
