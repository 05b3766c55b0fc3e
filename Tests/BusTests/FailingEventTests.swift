import Bus
import Contracts
import FoundationEssentials
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite(.suite(as: .billing), .freshRedis) struct `An event that fails` {
    private struct Bad: Error {}

    @Test func `is tried again with growing pauses, then set aside, and holds up nothing for good`()
        async throws
    {
        let log = try await GatewayLog()
        let parked = Noted<ParkedEvent>()
        let isMended = Atomic(false)
        let consumer = log.consumer(parked: parked) { name, _ in
            if name == "BAD", !isMended.load(ordering: .relaxed) { throw Bad() }
        }
        try await log.announce("GOOD", "BAD", "NEXT")

        var pauses: [TimeInterval] = []
        while case .waiting(let date) = try await log.drain(consumer) {
            // Those before it are done, those behind it wait.
            #expect(try await log.noted() == ["GOOD"])
            pauses.append(date.timeIntervalSince(log.clock.now))
            log.clock.set(to: date)
        }

        #expect(pauses == [1, 2, 4, 8, 16])
        #expect(try await log.noted() == ["GOOD", "NEXT"])
        let event = try #require(parked.all.first)
        #expect(parked.count == 1)
        #expect((event.consumer, event.subject, event.attempts) == ("intake", "BAD", 6))
        #expect(event.error == "Bad()")

        await #expect(throws: Bad.self) { try await consumer.retryParked(event.sequence) }
        isMended.store(true, ordering: .relaxed)
        #expect(try await consumer.retryParked(event.sequence))
        #expect(try await consumer.retryParked(event.sequence) == false)
        #expect(try await log.noted() == ["GOOD", "NEXT", "BAD"])
    }

    @Test func `is not tried before its time by another instance`() async throws {
        let log = try await GatewayLog()
        let tries = Noted<String>()
        let consumers = [log.bus, log.sibling()].map { bus in
            log.consumer(bus: bus) { name, _ in
                tries.add(name)
                throw Bad()
            }
        }
        try await log.announce("BAD")

        let first = try await log.drain(consumers[0])
        let second = try await log.drain(consumers[1])

        #expect(first == .waiting(until: log.clock.now + 1))
        #expect(second == first)
        #expect(tries.count == 1)
    }

    @Test func `that cannot be read is set aside too`() async throws {
        let log = try await GatewayLog()
        let parked = Noted<ParkedEvent>()
        try await log.gateway.run(
            """
            INSERT INTO gateway.event_log (kind, subject, payload)
            VALUES (\(PointReported.kind), 'ODD', '{"chargePoint": 7}')
            """)
        try await log.announce("NEXT")
        let consumer = log.consumer(parked: parked)

        while case .waiting(let date) = try await log.drain(consumer) { log.clock.set(to: date) }

        #expect(parked.all.map(\.subject) == ["ODD"])
        #expect(try await log.noted() == ["NEXT"])
    }
}

@Suite(.suite(as: .billing), .freshRedis) struct `A consumer that acts outside the database` {
    private func consumer(
        of log: GatewayLog, bus: Bus, _ body: @escaping @Sendable (String) async throws -> Void
    ) -> EventConsumer {
        EventConsumer(
            "mail", reading: .gateway, on: log.billing, bus: bus, limits: .patient,
            outside: [.on(PointReported.self) { told in try await body(told.event.chargePoint.text) }])
    }

    @Test func `has the cursor for itself, until it is believed dead`() async throws {
        let log = try await GatewayLog()
        let sent = Noted<String>()
        let began = Signal()
        let goOn = Signal()
        let stuck = consumer(of: log, bus: log.bus) { name in
            sent.add("stuck \(name)")
            began.set()
            await goOn.wait()
        }
        let other = consumer(of: log, bus: log.sibling()) { sent.add($0) }
        try await log.announce("A", "B")

        async let late = log.drain(stuck)
        await began.wait()
        #expect(try await log.drain(other) == .busy)
        log.clock.advance(by: .seconds(121))
        #expect(try await log.drain(other) == .done)
        goOn.set()

        // At least once, as it says; and the one who comes back late disturbs nothing.
        #expect(try await late == .busy)
        #expect(sent.all == ["stuck A", "A", "B"])
        #expect(try await log.drain(other) == .done)
        #expect(sent.count == 3)
    }

    @Test func `goes on behind what it has done when a later event fails`() async throws {
        let log = try await GatewayLog()
        struct Bad: Error {}
        let sent = Noted<String>()
        let consumer = consumer(of: log, bus: log.bus) { name in
            sent.add(name)
            if name == "B", sent.all.count(where: { $0 == "B" }) < 3 { throw Bad() }
        }
        try await log.announce("A", "B", "C")

        while case .waiting(let date) = try await log.drain(consumer) { log.clock.set(to: date) }

        #expect(sent.all == ["A", "B", "B", "B", "C"])
    }
}
