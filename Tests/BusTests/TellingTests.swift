import Bus
import Contracts
import Core
import Redis
import Sockets
import Telemetry
import TestSupport
import Testing

@Suite(.freshRedis) struct `An event that is only told` {
    private let user = ID<User>(7)

    @Test func `reaches the listener of its kind, in order`() async throws {
        let teller = Surroundings.bus(as: .billing)
        let balances = Noted<Int64>()
        let points = Noted<Int>()
        let live = Signal()
        let bus = Surroundings.bus(as: .accounts)
        let listening = await bus.listen(
            [
                .to(BalanceChanged.self) { balances.add($0.balance.minorUnits) },
                .to(PointsChanged.self) { points.add($0.points) },
            ], onLive: { live.set() })
        await live.wait()

        // What one loop tells stays in order.
        try await teller.loop.run { [user] in
            for amount in 1...50 as ClosedRange<Int64> {
                teller.publish(BalanceChanged(user: user, balance: Money(amount, .eur)))
            }
            teller.publish(PointsChanged(user: user, points: 3))
        }

        try await Wait.until { points.count == 1 }
        #expect(balances.all == Array(1...50))
        #expect(points.all == [3])
        listening.cancel()
    }

    @Test func `is passed over by who does not know its kind or its envelope, and what follows is heard`()
        async throws
    {
        let metrics = Metrics(service: "accounts")
        let bus = Surroundings.bus(as: .accounts, metrics: metrics)
        let heard = Noted<Int>()
        let live = Signal()
        let listening = await bus.listen(
            [.to(PointsChanged.self) { heard.add($0.points) }], onLive: { live.set() })
        await live.wait()
        let good = #""payload":{"user":7,"points":1}"#
        for text in [
            #"{"v":1,"kind":"billing.never-heard-of","at":"2026-11-20T10:30:00Z","payload":{}}"#,
            #"{"v":2,"kind":"billing.points","at":"2026-11-20T10:30:00Z",\#(good)}"#,
            #"{"v":1,"kind":"billing.points","at":"2026-11-20T10:30:00Z","payload":{"user":"x"}}"#,
            "no JSON at all",
            #"{"v":1,"kind":"billing.points","at":"2026-11-20T10:30:00Z","new":[1],\#(good)}"#,
        ] {
            _ = try await bus.redis.run(.publish(text, to: Channel.billing.name))
        }

        try await Wait.until { heard.count == 1 }
        #expect(heard.all == [1])
        #expect(
            metrics.text().contains(
                #"voltbus_messages_unreadable_total{service="accounts",channel="vb.billing"} 2"#))
        listening.cancel()
    }

    @Test func `is lost while Redis is away, and the listener learns that it must read anew`() async throws {
        let teller = Surroundings.bus(as: .billing)
        let bus = Surroundings.bus(as: .accounts)
        let heard = Noted<Int>()
        let lives = Noted<Bool>()
        let listening = await bus.listen(
            [.to(PointsChanged.self) { heard.add($0.points) }], onLive: { lives.add(true) })
        try await Wait.until { lives.count == 1 }

        FreshRedis.current.stop()
        try await Wait.until { await teller.redis.connections == 0 }
        teller.publish(PointsChanged(user: user, points: 1))
        // What is told leaves a moment later, on a loop of its own: these have failed behind it, on each of them.
        for _ in 0..<4 {
            await #expect(throws: RedisError.self) { try await teller.redis.run(Command<String>.ping) }
        }
        try await FreshRedis.current.start()
        try await Wait.until { lives.count == 2 }
        try await Wait.until { await teller.redis.connections == 2 }
        teller.publish(PointsChanged(user: user, points: 2))

        try await Wait.until { heard.count == 1 }
        #expect(heard.all == [2])
        listening.cancel()
    }
}

@Suite struct `A group of readings` {
    private func reading(_ number: Int64, isWhole: Bool) throws -> ReadingsStored.Reading {
        ReadingsStored.Reading(
            session: ID(number), place: ConnectorPlace(try Surroundings.point("CP*1"), 2),
            user: isWhole ? ID(7) : nil, takenAt: ManualClock().now, minute: 3,
            register: Energy(wattHours: 12_345), energy: Energy(wattHours: 45), price: Money(-12, .eur),
            cost: Money(0, .eur), powerW: isWhole ? 11_000 : nil, stateOfCharge: isWhole ? 47 : nil,
            currentA: isWhole ? 15.9 : nil, voltageV: isWhole ? 230 : nil, offeredA: isWhole ? 0.1 : nil,
            status: isWhole ? Open("Some\"thing") : nil)
    }

    @Test func `is told in the same words by the quick way`() throws {
        let readings = [try reading(1, isWhole: true), try reading(2, isWhole: false)]
        let envelope = EventEnvelope(ReadingsStored(readings), at: ManualClock().now)

        let text = JSONWriter.text(envelope)

        #expect(
            text == #"{"v":1,"kind":"meter.stored","at":"2026-11-20T10:30:00Z","payload":{"readings":"#
                + JSONWriter.text(readings) + "}}")
        #expect(
            try JSONReader.decode(EventEnvelope<ReadingsStored>.self, from: Array(text.utf8)).payload
                == envelope.payload)
    }
}
