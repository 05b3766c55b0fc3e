import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import StationSimulator
import Telemetry
import TestSupport
import Testing

@testable import GatewayService

/// Charging that is begun and ended from elsewhere, over the bus.
@Suite(.gatewayUp) struct `A start from an app` {
    private let up = GatewayUp.current

    private func begin(
        _ user: Int64?, at point: String = "CP1", connector: Int = 1, tag: String = "04A1", car: Int64? = nil,
        target: Int64? = nil
    ) async throws -> Int {
        let place = ConnectorPlace(try #require(ChargePointID(point)), connector)
        let wish = StartSession(
            at: place, user: user.map { ID($0) }, tag: tag, car: car.map { ID($0) },
            target: target.map { Energy(wattHours: $0) })
        return Int(try await sender.send(wish, by: .system(.accounts)).get().session.number)
    }

    private var sender: CommandSender { CommandSender(on: up.gateway.host.bus) }

    private func driver() async throws -> Int64 {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        return anna.id
    }

    @Test(.covers("TC_010", "TC_012")) func `has its number before the station is asked, and keeps it`()
        async throws
    {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.plugIn()

        let number = try await begin(anna)

        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })
        #expect(station.log.asked(V16.RemoteStartTransaction.self).map(\.connectorId) == [1])
        #expect(station.log.answers(to: V16.StartTransaction.self).map(\.transactionId) == [number])
        #expect(try await up.session(number).user == anna)

        let point = try #require(ChargePointID("CP1"))
        _ = try await sender.send(
            StopSession(ID(Int64(number)), on: point), by: .system(.accounts)
        ).get()
        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })
        let session = try await up.session(number)
        #expect(session.end == "user_stopped")
        #expect(session.reason == "Remote")
        await station.shutDown()
    }

    @Test(
        arguments: [
            (StopSession.Cause.targetReached, "target_reached"), (.balanceExhausted, "balance_exhausted"),
            (.deauthorized, "deauthorized"),
        ])
    func `that is ended for a reason keeps the reason`(cause: StopSession.Cause, end: String) async throws {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let number = try await begin(anna)
        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })

        let point = try #require(ChargePointID("CP1"))
        _ = try await sender.send(
            StopSession(ID(Int64(number)), on: point, because: cause), by: .system(.billing)
        ).get()

        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })
        #expect(try await up.session(number).end == end)
        await station.shutDown()
    }

    @Test func `with a target ends when the target is reached`() async throws {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let number = try await begin(anna, target: 4_000)
        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })

        await station.advance(by: .seconds(1_800))
        await station.sample()

        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })
        #expect(try await up.session(number).end == "target_reached")
        await station.shutDown()
    }

    @Test(.fact(59), .covers("TC_026")) func `that the station refuses costs nothing and is over`()
        async throws
    {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1") { $0.obeys = false }

        let refusal = await #expect(throws: CommandRefusal.self) { try await begin(anna) }

        #expect(refusal?.code == 2021)
        let session = try #require(try await up.sessions.first)
        #expect(session.status == "interrupted")
        #expect(session.end == "start_rejected")
        #expect(session.price == 0)
        await station.shutDown()
    }

    @Test(.fact(59), .covers("TC_011_2")) func `that the station never begins is over after 90 s`()
        async throws
    {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1") { $0.hasDriver = false }
        let number = try await begin(anna)

        up.clock.advance(by: .seconds(89))
        #expect(try await Sweep(gateway: up.gateway).endStarts() == 0)
        up.clock.advance(by: .seconds(2))
        _ = try await Sweep(gateway: up.gateway).endStarts()

        let session = try await up.session(number)
        #expect(session.status == "interrupted")
        #expect(session.end == "start_timeout")
        await station.shutDown()
    }

    @Test(.fact(59)) func `at a point that is away is refused`() async throws {
        let anna = try await driver()
        try await up.enter("CP1")

        let refusal = await #expect(throws: CommandRefusal.self) { try await begin(anna) }

        #expect(refusal?.code == 2020)
        #expect(try await up.sessions.isEmpty)
    }

    @Test(.fact(60)) func `of one car at two places has one winner`() async throws {
        let anna = try await driver()
        try await up.enter("CP1")
        try await up.enter("CP2")
        let stations = [try await up.boot("CP1"), try await up.boot("CP2")]

        let outcomes = await withTaskGroup(of: Int?.self) { group in
            for point in ["CP1", "CP2"] {
                group.addTask {
                    do {
                        _ = try await self.begin(anna, at: point, car: 7)
                        return nil
                    } catch {
                        return (error as? CommandRefusal)?.code ?? 0
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(outcomes.compactMap { $0 } == [2_024])
        for station in stations { await station.shutDown() }
    }

    @Test func `at an occupied connector is refused`() async throws {
        let anna = try await driver()
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        _ = try await begin(anna)

        let refusal = await #expect(throws: CommandRefusal.self) { try await begin(anna) }

        #expect(refusal?.code == 2023)
        await station.shutDown()
    }

    @Test(.covers("TC_013", "TC_014"), arguments: ["Hard", "Soft"])
    func `may be followed by a reset`(type: String) async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let point = try #require(ChargePointID("CP1"))

        let answer = try await sender.send(
            SendCall("Reset", #"{"type":"\#(type)"}"#, to: point), by: .system(.accounts)
        ).get()

        #expect(answer.payload == #"{"status":"Accepted"}"#)
        #expect(await station.log.waits { $0.answers(to: V16.BootNotification.self).count == 2 })
        let logged: [String] = try await up.owner.run(
            "SELECT action FROM gateway.command_log WHERE answered_at IS NOT NULL ORDER BY asked_at")
        #expect(logged.contains("Reset"))
        await station.shutDown()
    }

    @Test func `that breaks the schema never reaches the station`() async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let point = try #require(ChargePointID("CP1"))

        let refusal = await #expect(throws: CommandRefusal.self) {
            try await sender.send(
                SendCall("Reset", #"{"type":"Sideways"}"#, to: point), by: .system(.accounts)
            ).get()
        }

        #expect(refusal?.httpStatus == 400)
        #expect(station.log.asked(V16.Reset.self).isEmpty)
        await station.shutDown()
    }
}

/// Money is held on the card before the station is asked.
@Suite(.gatewayUp(["PREAUTH_AMOUNT": "1500"])) struct `A start by card` {
    private let up = GatewayUp.current

    /// What billing was asked to hold, and how it answers.
    private actor Desk {
        var asked: [Int64] = []
        func take(_ wish: PlaceHold) { asked.append(wish.amount.minorUnits) }
    }

    private func scene() async throws -> (Int64, Simulator) {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.setDefaultPlan(kilowattHour: 35)
        try await up.owner.run(
            """
            INSERT INTO billing.payment_method (user_id, identifier, is_default, added_at)
            VALUES (\(anna.id), 'card_1', true, \(up.clock.now))
            """)
        try await up.enter("CP1")
        return (anna.id, try await up.boot("CP1"))
    }

    private func begin(_ user: Int64, target: Int64? = nil) async throws -> Int64 {
        let place = ConnectorPlace(try #require(ChargePointID("CP1")), 1)
        let wish = StartSession(
            at: place, user: ID(user), tag: "04A1", target: target.map { Energy(wattHours: $0) },
            funding: "card")
        let sender = CommandSender(on: up.gateway.host.bus)
        return try await sender.send(wish, by: .system(.accounts)).get().session.number
    }

    private func billing(
        _ desk: Desk, refusing refusal: CommandRefusal? = nil, _ body: () async throws -> Void
    ) async throws {
        let bus = Bus(
            FreshRedis.current.client(), as: .billing, clock: up.clock.clock,
            log: Log(service: "billing", level: .error), metrics: Metrics(service: "billing"))
        let server = CommandServer(
            on: bus, try FreshDatabase.current.database(as: .billing),
            [
                .on(PlaceHold.self) { wish, _ in
                    await desk.take(wish)
                    if let refusal { throw refusal }
                    return Done()
                }
            ])
        let (live, heard) = AsyncStream.makeStream(of: Void.self)
        let serving = Task(executorPreference: bus.loop) { await server.run { heard.yield() } }
        defer { serving.cancel() }
        for await _ in live { break }
        try await body()
    }

    @Test(arguments: [(nil, 1_500), (10_000, 350)] as [(Int64?, Int64)])
    func `has its estimate held, or what the settings say`(target: Int64?, held: Int64) async throws {
        let (anna, station) = try await scene()
        let desk = Desk()

        try await billing(desk) {
            let number = try await begin(anna, target: target)
            #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })
            #expect(try await up.session(Int(number)).user == anna)
        }

        #expect(await desk.asked == [held])
        await station.shutDown()
    }

    @Test func `is refused where the card is, and its station hears nothing of it`() async throws {
        let (anna, station) = try await scene()

        try await billing(Desk(), refusing: CommandRefusal(.holdRefused, "payment refused: 0190")) {
            let refusal = await #expect(throws: CommandRefusal.self) { try await begin(anna) }
            #expect(refusal?.code == 3_002)
        }

        #expect(station.log.asked(V16.RemoteStartTransaction.self).isEmpty)
        let session = try #require(try await up.sessions.first)
        #expect(session.status == "interrupted" && session.end == "start_rejected")
        await station.shutDown()
    }

    @Test func `is refused while nobody can say whether the card is good`() async throws {
        let (anna, station) = try await scene()

        let refusal = await #expect(throws: CommandRefusal.self) { try await begin(anna) }

        #expect(refusal?.code == 3_005)
        #expect(station.log.asked(V16.RemoteStartTransaction.self).isEmpty)
        await station.shutDown()
    }
}

/// Cards that a station asks about.
@Suite(.gatewayUp) struct `A card` {
    private let up = GatewayUp.current

    @Test(.covers("TC_023_1", "TC_023_2", "TC_023_3")) func `is judged by its tag and its driver`()
        async throws
    {
        let (anna, old) = (
            try await up.people.person("anna"), try await up.people.person("old", isActive: false)
        )
        try await up.people.tag("GOOD", of: anna.id)
        try await up.people.tag("OFF", of: anna.id, isEnabled: false)
        try await up.people.tag("LATE", of: anna.id, expires: up.clock.now - 1)
        try await up.people.tag("GONE", of: old.id)
        try await up.people.tag("FLEET", of: anna.id, parent: "FLEET-1")
        try await up.enter("CP1")
        let station = try await up.boot("CP1")

        for (tag, status) in [
            ("GOOD", V16.AuthorizationStatus.accepted), ("good", .accepted), ("OFF", .blocked),
            ("LATE", .expired), ("GONE", .blocked), ("NOBODY", .invalid), ("FLEET", .accepted),
        ] {
            #expect(try await station.authorization(of: tag).status == status, "\(tag)")
        }
        #expect(try await station.authorization(of: "FLEET").parentIdTag?.text == "FLEET-1")
        await station.shutDown()
    }

    @Test(.fact(40)) func `that nobody knows is reported once`() async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")

        for _ in 0..<3 {
            #expect(try await station.authorization(of: "stranger").status == .invalid)
        }

        let reported: [String] = try await up.owner.run(
            "SELECT subject FROM gateway.reported WHERE kind = 'tag'")
        #expect(reported == ["STRANGER"])
        let told: Int64 = try await up.owner.run(
            "SELECT count(*) FROM gateway.event_log WHERE payload::text LIKE '%STRANGER%'")
        #expect(told == 1)
        await station.shutDown()
    }

    @Test func `does not open a point that its driver may not see`() async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1", level: 5)
        let station = try await up.boot("CP1")

        #expect(try await station.authorization(of: "04A1").status == .blocked)
        await station.shutDown()
    }
}

/// Sessions of which nothing more is heard.
@Suite(.gatewayUp) struct `A silent session` {
    private let up = GatewayUp.current

    private func charging() async throws -> (Simulator, Int) {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.plugIn()
        await station.begin(tag: "04A1")
        return (station, try #require(await station.transaction()))
    }

    @Test(.fact(61)) func `is closed after 20 minutes by its last reading`() async throws {
        let (station, number) = try await charging()
        await station.advance(by: .seconds(1_800))
        await station.sample()
        let sweep = Sweep(gateway: up.gateway)

        up.clock.advance(by: .seconds(19 * 60))
        #expect(try await sweep.endSilent(listening: .distantPast) == 0)
        up.clock.advance(by: .seconds(61))
        #expect(try await sweep.endSilent(listening: .distantPast) == 1)

        let session = try await up.session(number)
        #expect(session.end == "connection_lost")
        #expect(session.reason == "stopped by system")
        #expect(session.energy == 5_000)
        #expect(session.isGuessed)
        await station.shutDown()
    }

    @Test(.fact(61)) func `without a reading costs nothing`() async throws {
        let (station, number) = try await charging()

        up.clock.advance(by: .seconds(20 * 60 + 1))
        #expect(try await Sweep(gateway: up.gateway).endSilent(listening: .distantPast) == 1)

        let session = try await up.session(number)
        #expect(session.reason == "aborted by system")
        #expect(session.energy == 0)
        #expect(session.price == 0)
        await station.shutDown()
    }

    /// For days, with rounds a day apart: a station that could not be heard is not silent.
    @Test func `is not given up for a time in which nobody listened`() async throws {
        let (station, number) = try await charging()
        let sweep = Sweep(gateway: up.gateway)
        #expect(try await sweep.keepWatch() == up.clock.now)

        up.clock.advance(by: .seconds(3 * 86_400))
        for _ in 1...4 {
            #expect(try await sweep.endSilent(listening: try await sweep.keepWatch()) == 0)
            up.clock.advance(by: .seconds(300))
        }
        #expect(try await sweep.endSilent(listening: try await sweep.keepWatch()) == 1)
        #expect(try await up.session(number).isGuessed)
        await station.shutDown()
    }

    @Test func `keeps what is still told of it for an operator to judge`() async throws {
        let (station, number) = try await charging()
        await station.advance(by: .seconds(1_800))
        await station.sample()
        up.clock.advance(by: .seconds(20 * 60 + 1))
        _ = try await Sweep(gateway: up.gateway).endSilent(listening: .distantPast)
        // Behind its answer the station's loop has heard of the end too.
        try await station.call("Heartbeat", payload: Array("{}".utf8))

        await station.advance(by: .seconds(1_800))
        await station.sample()

        let readings = try await up.readings(of: number)
        #expect(readings.map(\.grade) == ["good", "doubtful"])
        #expect(readings.last?.rule == "told after the session was closed")
        #expect(try await up.session(number).energy == 5_000)
        await station.shutDown()
    }

    @Test func `that stops after all is amended by what flowed`() async throws {
        let (station, number) = try await charging()
        await station.advance(by: .seconds(1_800))
        await station.sample()
        up.clock.advance(by: .seconds(20 * 60 + 1))
        #expect(try await Sweep(gateway: up.gateway).endSilent(listening: .distantPast) == 1)

        await station.advance(by: .seconds(1_800))
        await station.stop(tag: "04A1")

        let session = try await up.session(number)
        #expect(session.energy == 10_000)
        #expect(!session.isGuessed)
        #expect(try await up.told("session.ended", of: number) == 1)
        #expect(try await up.told("session.amended", of: number) == 1)
        await station.shutDown()
    }

    @Test func `is asked for a reading before it is given up`() async throws {
        let (station, _) = try await charging()

        up.clock.advance(by: .seconds(11 * 60))
        try await Sweep(gateway: up.gateway).askSilent()

        #expect(await station.log.waits { !$0.asked(V16.TriggerMessage.self).isEmpty })
        await station.shutDown()
    }
}
