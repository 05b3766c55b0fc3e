import Bus
import Contracts
import Core
import Foundation
import HTTP
import Hosting
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

/// A gateway that holds charge points, as far as commands go: it notes which sessions it is told to stop.
struct HearingGateway: Sendable {
    private final class Stops: Sendable {
        let all = Mutex<[StopSession]>([])
    }

    private let heard = Stops()

    var stops: [StopSession] { heard.all.withLock { $0 } }

    func serving(
        _ points: [ChargePointID], of house: BillingHouse, _ body: @Sendable () async throws -> Void
    ) async throws {
        let redis = FreshRedis.current.client()
        let bus = Bus(
            redis, as: .gateway, clock: house.clock.clock, log: Log(service: "gateway", level: .error),
            metrics: Metrics(service: "gateway"))
        let heard = heard
        let server = CommandServer(
            on: bus, try FreshDatabase.current.database(as: .gateway),
            [
                .on(StopSession.self) { command, _ in
                    heard.all.withLock { $0.append(command) }
                    return Done()
                }
            ])
        let board = PresenceBoard(redis)
        for point in points {
            _ = try await board.take(
                .init(point, generation: 1), for: bus.instance, at: house.clock.now, living: .seconds(600))
        }
        let live = Mutex(false)
        let isLive = Live(live)
        let serving = Task(executorPreference: bus.loop) {
            await server.run { isLive.flag.withLock { $0 = true } }
        }
        defer { serving.cancel() }
        try await BillingHouse.eventually("the gateway hears") { isLive.flag.withLock { $0 } }
        try await body()
    }

    private final class Live: Sendable {
        let flag: Mutex<Bool>
        init(_ flag: consuming Mutex<Bool>) { self.flag = flag }
    }
}

@Suite struct `A balance that runs out` {
    private static func readings(
        _ house: BillingHouse, _ number: Int64, _ sample: SampleSession, cost: Int64
    ) throws -> ReadingsStored {
        let reference = try house.reference(number, sample)
        let money = Money(cost, .eur)
        return ReadingsStored([
            .init(
                session: reference.number, place: reference.place, user: reference.user,
                takenAt: house.clock.now, minute: 5, register: Energy(wattHours: 1_000),
                energy: Energy(wattHours: 1_000), price: money, cost: money)
        ])
    }

    private static func runs(of job: String, _ house: BillingHouse) async throws -> Int64 {
        try await house.owner.run("SELECT count(*) FROM billing.job_run WHERE job = \(job)")
    }

    @Test(.house) func `ends the session, once, when the cost has reached it`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            try await house.topUp(anna, 100, by: admin)
            let sample = SampleSession(driver: anna, isFinished: false)
            let number = try await house.store(sample)
            let gateway = HearingGateway()

            try await gateway.serving([try #require(ChargePointID("CP-1"))], of: house) {
                house.host.bus.publish(try Self.readings(house, number, sample, cost: 99))
                house.host.bus.publish(try Self.readings(house, number, sample, cost: 100))
                try await BillingHouse.eventually("it is told to stop") {
                    house.host.bus.publish(try Self.readings(house, number, sample, cost: 100))
                    return !gateway.stops.isEmpty
                }
            }

            let point = try #require(ChargePointID("CP-1"))
            #expect(gateway.stops == [StopSession(ID(number), on: point, because: .balanceExhausted)])
        }
    }

    @Test(.house) func `is seen within a minute, though every reading was missed`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            for person in [anna, berta] { try await house.topUp(person, 100, by: admin) }
            let poor = try await house.store(SampleSession(driver: anna, isFinished: false))
            let rich = try await house.store(
                SampleSession(point: "CP-2", driver: berta, isFinished: false))
            for (number, price) in [(poor, 100), (rich, 99)] as [(Int64, Int64)] {
                try await house.owner.run(
                    "UPDATE gateway.session SET price_running = \(price) WHERE session_id = \(number)"
                        as Query<Void>)
            }
            let gateway = HearingGateway()
            let points = ["CP-1", "CP-2"].compactMap { ChargePointID($0) }

            try await gateway.serving(points, of: house) {
                house.clock.advance(by: .seconds(61))
                try await BillingHouse.eventually("it is told to stop") { !gateway.stops.isEmpty }
            }

            #expect(Set(gateway.stops.map(\.session)) == [ID(poor)])
        }
    }

    @Test(.house) func `may be overdrawn where BALANCE_AUTO_STOP is off`() async throws {
        try await BillingHouse.open(["BALANCE_AUTO_STOP": "false"]) { house in
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna, isFinished: false)
            let number = try await house.store(sample)
            let gateway = HearingGateway()

            try await gateway.serving([try #require(ChargePointID("CP-1"))], of: house) {
                house.host.bus.publish(try Self.readings(house, number, sample, cost: 500))
                try await house.finish(number, sample)
                try await house.settled(number)
            }

            // Every job of the service runs once at its start.
            try await BillingHouse.eventually("the jobs have run") {
                try await Self.runs(of: "idempotency keys", house) > 0
            }
            #expect(try await Self.runs(of: "balances", house) == 0)
            #expect(gateway.stops.isEmpty)
            #expect(try await house.balance(of: anna) == -585)
        }
    }
}
