import Bus
import Contracts
import Core
import FoundationEssentials
import Postgres
import Redis
import Sockets
import TestSupport
import Testing

/// Gateways and one asker on the Redis of the test.
private struct Yard: Sendable {
    let clock = ManualClock()
    let asker: Bus
    let sender: CommandSender
    let board: PresenceBoard

    init() {
        asker = Surroundings.bus(as: .accounts, clock: clock.clock)
        sender = CommandSender(on: asker)
        board = PresenceBoard(asker.redis)
    }

    func gateway() -> Bus { Surroundings.bus(as: .gateway, clock: clock.clock) }

    /// Runs `body` while the gateways serve, and not before each of them hears.
    func serving(
        _ gateways: [(Bus, [CommandHandler])], limits: CommandServer.Limits = .init(),
        _ body: () async throws -> Void
    ) async throws {
        let live = Noted<String>()
        let database = try FreshDatabase.current.database
        let works = gateways.map { bus, handlers in
            let server = CommandServer(on: bus, database, limits: limits, handlers)
            return Background { await server.run(onLive: { live.add(bus.instance.text) }) }
        }
        try await during(works, on: asker.loop) {
            try await Wait.until { live.count == gateways.count }
            try await body()
        }
        await sender.close()
    }

    func seat(_ name: String, at gateway: Bus, generation: Int64 = 1) async throws -> ChargePointID {
        let point = try Surroundings.point(name)
        let isOurs = try await board.take(
            .init(point, generation: generation), for: gateway.instance, at: clock.now, living: .seconds(60))
        #expect(isOurs)
        return point
    }

    func call(_ payload: String, to point: ChargePointID, within patience: Duration = .seconds(12))
        async throws
        -> CommandOutcome<SendCall.Answer>
    {
        try await sender.send(
            SendCall("Reset", payload, to: point), by: .system(.accounts), within: patience)
    }
}

extension CommandHandler {
    /// Answers with the payload that it was given.
    fileprivate static var echo: CommandHandler {
        .on(SendCall.self) { command, _ in .init(payload: command.payload) }
    }
}

@Suite(.suite(as: .gateway), .freshRedis) struct `A command to a station` {
    @Test func `is answered by the gateway that holds it`() async throws {
        let yard = Yard()
        let (right, wrong) = (yard.gateway(), yard.gateway())
        let asked = Noted<Asker>()
        let mistaken = Noted<String>()
        let answering = CommandHandler.on(SendCall.self) { command, context in
            asked.add(context.asker)
            return .init(payload: command.payload + "!")
        }
        let overhearing = CommandHandler.on(SendCall.self) { command, _ in
            mistaken.add(command.payload)
            return .init(payload: "from the wrong one")
        }

        try await yard.serving([(wrong, [overhearing]), (right, [answering])]) {
            let point = try await yard.seat("CP1", at: right)
            let asker = Asker(user: ID(4), from: .accounts, by: .known(.api), request: "r-1")
            let outcome = try await yard.sender.send(SendCall("Reset", "{}", to: point), by: asker)

            #expect(outcome == .done(.init(payload: "{}!")))
            #expect(asked.all == [asker])
            #expect(mistaken.count == 0)
        }
    }

    @Test func `follows the station to the gateway that holds it now`() async throws {
        let yard = Yard()
        let (first, second) = (yard.gateway(), yard.gateway())
        func named(_ name: String) -> CommandHandler {
            .on(SendCall.self) { _, _ in .init(payload: name) }
        }

        try await yard.serving([(first, [named("first")]), (second, [named("second")])]) {
            let point = try await yard.seat("CP1", at: first, generation: 1)
            #expect(try await yard.call("", to: point) == .done(.init(payload: "first")))
            _ = try await yard.seat("CP1", at: second, generation: 2)
            #expect(try await yard.call("", to: point) == .done(.init(payload: "second")))
        }
    }

    @Test func `brings a refusal back letter by letter`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let refusal = CommandRefusal(.rejected, "charge point said no", status: "Rejected")

        try await yard.serving([(gateway, [.on(SendCall.self) { _, _ in throw refusal }])]) {
            let point = try await yard.seat("CP1", at: gateway)
            #expect(try await yard.call("", to: point) == .refused(refusal))
        }
    }

    @Test func `tells a defect of ours apart, without its details`() async throws {
        struct Defect: Error {}
        let yard = Yard()
        let gateway = yard.gateway()

        try await yard.serving([(gateway, [.on(SendCall.self) { _, _ in throw Defect() }])]) {
            let point = try await yard.seat("CP1", at: gateway)
            let outcome = try await yard.call("", to: point)
            #expect(outcome == .refused(CommandRefusal(.failed, "internal error")))
        }
    }

    @Test func `that nobody holds is refused at once`() async throws {
        let yard = Yard()
        let point = try Surroundings.point("AWAY")

        let outcome = try await yard.call("", to: point, within: .seconds(600))

        #expect(outcome == .refused(.offline))
        await yard.sender.close()
    }

    @Test func `whose gateway was killed is refused at once`() async throws {
        let yard = Yard()
        // On the board, but it hears nothing.
        let point = try await yard.seat("CP1", at: yard.gateway())

        let outcome = try await yard.call("", to: point, within: .seconds(600))

        #expect(outcome == .refused(.offline))
        await yard.sender.close()
    }

    @Test func `that this gateway does not know is refused in words`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()

        try await yard.serving([(gateway, [])]) {
            let point = try await yard.seat("CP1", at: gateway)
            let outcome = try await yard.call("", to: point, within: .seconds(600))
            #expect(
                outcome == .refused(CommandRefusal(.failed, "the gateway does not know station.call")))
        }
    }

    @Test func `without an answer in time is refused, and the late answer harms nobody`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let late = Signal()
        let answered = Signal()
        let slow = CommandHandler.on(SendCall.self) { command, _ in
            if command.payload == "slow" {
                await late.wait()
                answered.set()
            }
            return .init(payload: command.payload)
        }

        try await yard.serving([(gateway, [slow])]) {
            let point = try await yard.seat("CP1", at: gateway)
            let outcome = try await yard.call("slow", to: point, within: .milliseconds(30))
            #expect(outcome == .refused(.noAnswer))
            late.set()
            await answered.wait()
            // Answers come in order, so the late one has been heard before this one.
            for number in 0..<20 {
                #expect(
                    try await yard.call("\(number)", to: point) == .done(.init(payload: "\(number)")))
            }
        }
    }

    @Test func `is not begun after its deadline, nor twice`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let carriedOut = Noted<String>()
        let noting = CommandHandler.on(SendCall.self) { command, _ in
            carriedOut.add(command.payload)
            return .init(payload: command.payload)
        }
        func envelope(_ id: String, _ point: ChargePointID, living: TimeInterval) -> [UInt8] {
            let deadline = Int64((yard.clock.now.timeIntervalSince1970 + living) * 1_000)
            return JSONWriter.encode(
                CommandEnvelope(
                    SendCall("Reset", id, to: point), id: id, replyTo: yard.asker.instance,
                    deadline: deadline,
                    asker: .system(.accounts)))
        }

        try await yard.serving([(gateway, [noting])]) {
            let point = try await yard.seat("CP1", at: gateway)
            let channel = Channel.command(to: gateway.instance).name
            for bytes in [
                envelope("late", point, living: 0), envelope("once", point, living: 5),
                envelope("once", point, living: 5), Array("no JSON".utf8),
            ] {
                #expect(try await yard.asker.redis.run(.publish(bytes, to: channel)) == 1)
            }
            #expect(try await yard.call("last", to: point) == .done(.init(payload: "last")))
        }

        #expect(carriedOut.all == ["once", "last"])
    }

    @Test func `is refused by a gateway that is busy`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let began = Signal()
        let goOn = Signal()
        let blocking = CommandHandler.on(SendCall.self) { command, _ in
            began.set()
            await goOn.wait()
            return .init(payload: command.payload)
        }
        var limits = CommandServer.Limits()
        limits.underWay = 1

        try await yard.serving([(gateway, [blocking])], limits: limits) {
            let point = try await yard.seat("CP1", at: gateway)
            async let first = yard.call("first", to: point)
            await began.wait()
            let second = try await yard.call("second", to: point)
            goOn.set()
            #expect(second == .refused(CommandRefusal(.failed, "the gateway is busy")))
            #expect(try await first == .done(.init(payload: "first")))
        }
    }

    @Test func `finds its own answer among many`() async throws {
        let yard = Yard()
        let gateways = (0..<3).map { _ in yard.gateway() }

        try await yard.serving(gateways.map { ($0, [.echo]) }) {
            var points: [ChargePointID] = []
            for number in 0..<30 {
                points.append(try await yard.seat("CP\(number)", at: gateways[number % 3]))
            }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1_500 {
                    let point = points[number % points.count]
                    group.addTask {
                        try await yard.call("\(number)", to: point) == .done(.init(payload: "\(number)"))
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func `does not hold up an asker who was cancelled`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let began = Signal()
        let goOn = Signal()
        let blocking = CommandHandler.on(SendCall.self) { command, _ in
            began.set()
            await goOn.wait()
            return .init(payload: command.payload)
        }

        try await yard.serving([(gateway, [blocking])]) {
            let point = try await yard.seat("CP1", at: gateway)
            let asking = Task { try await yard.call("", to: point, within: .seconds(600)) }
            await began.wait()
            asking.cancel()
            _ = await asking.result
            goOn.set()
        }
    }

    @Test func `fails as unavailable while Redis is away`() async throws {
        let yard = Yard()
        let point = try await yard.seat("CP1", at: yard.gateway())
        FreshRedis.current.stop()
        try await Wait.until { await yard.asker.redis.connections == 0 }

        let error = await #expect(throws: RedisError.self) { try await yard.call("", to: point) }

        #expect(error?.isUnavailable == true)
        await yard.sender.close()
    }

    @Test func `is answered again once Redis is back`() async throws {
        let yard = Yard()
        let gateway = yard.gateway()
        let lives = Noted<Bool>()
        let server = CommandServer(on: gateway, try FreshDatabase.current.database, [.echo])

        try await during([Background { await server.run(onLive: { lives.add(true) }) }], on: gateway.loop) {
            try await Wait.until { lives.count == 1 }
            let point = try await yard.seat("CP1", at: gateway)
            #expect(try await yard.call("1", to: point) == .done(.init(payload: "1")))
            FreshRedis.current.stop()
            try await Wait.until { await yard.asker.redis.connections == 0 }
            try await FreshRedis.current.start()
            try await Wait.until { lives.count == 2 }
            try await Wait.until { await yard.asker.redis.connections == 2 }
            _ = try await yard.seat("CP1", at: gateway)
            #expect(try await yard.call("2", to: point) == .done(.init(payload: "2")))
        }
        await yard.sender.close()
    }
}

@Suite(.suite(as: .gateway), .freshRedis) struct `A command to any gateway` {
    @Test func `is carried out by one of them`() async throws {
        let yard = Yard()
        let carriedOut = Noted<ChargePointID>()
        let dismissing = CommandHandler.on(DismissOrphan.self) { command, _ in
            carriedOut.add(command.chargePoint)
            return Done()
        }
        let points = try (0..<40).map { try Surroundings.point("CP\($0)") }

        try await yard.serving((0..<3).map { _ in (yard.gateway(), [dismissing]) }) {
            for point in points {
                let outcome = try await yard.sender.send(
                    DismissOrphan(ID(7), of: point), by: .system(.accounts))
                #expect(outcome == .done(Done()))
            }
        }

        #expect(carriedOut.all.sorted() == points.sorted())
    }

    @Test func `is left to one that knows it`() async throws {
        let yard = Yard()
        let dismissing = CommandHandler.on(DismissOrphan.self) { _, _ in Done() }
        let point = try Surroundings.point("CP1")

        try await yard.serving([(yard.gateway(), []), (yard.gateway(), [dismissing])]) {
            for _ in 0..<10 {
                let outcome = try await yard.sender.send(
                    DismissOrphan(ID(7), of: point), by: .system(.accounts))
                #expect(outcome == .done(Done()))
            }
        }
    }

    @Test func `is refused at once when there is none`() async throws {
        let yard = Yard()

        let outcome = try await yard.sender.send(
            DismissOrphan(ID(7), of: try Surroundings.point("CP1")), by: .system(.accounts),
            within: .seconds(600))

        #expect(outcome == .refused(.offline))
        await yard.sender.close()
    }
}
