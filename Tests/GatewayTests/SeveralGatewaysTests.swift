import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing

@testable import GatewayService

/// Gateways side by side behind the proxy: a station is wherever it has connected last, and nothing is lost or doubled on the way.
@Suite(.gatewayUp) struct `Two gateways` {
    private let first = GatewayUp.current

    private func station(at up: GatewayUp) async throws -> Simulator {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.world = up.clock.clock
        profile.power = 10_000
        profile.sampleInterval = 0
        profile.reconnects = false
        let station = Simulator("CP1", at: try up.central(), profile: profile, on: TestLoops.shared.next())
        await station.setClockError(-86_400)
        return station
    }

    private func start(_ began: Date) -> [UInt8] {
        Array(
            #"{"connectorId":1,"idTag":"04A1","meterStart":1000,"timestamp":"\#(Timestamp.text(began))"}"#
                .utf8)
    }

    @Test func `hand a session on with its station`() async throws {
        try await first.people.tag("04A1", of: nil)
        try await first.enter("CP1")
        let began = first.clock.now - 86_400
        try await GatewayUp.serving(clock: first.clock) { second in
            let here = try await station(at: first)
            try await here.connect()
            try await here.boot()
            let told = try await here.call("StartTransaction", payload: start(began))
                .decode(V16.StartTransaction.Response.self)

            // The answer was lost with its gateway: the station tells it again, elsewhere.
            let there = try await station(at: second)
            try await there.connect()
            try await there.boot()
            let again = try await there.call("StartTransaction", payload: start(began))
                .decode(V16.StartTransaction.Response.self)
            #expect(again.transactionId == told.transactionId)
            try await Wait.until { await !here.isConnected }

            let number = again.transactionId
            let reading =
                #"{"connectorId":1,"transactionId":\#(number),"meterValue":[{"timestamp":"\#(Timestamp.text(began + 1_800))","sampledValue":[{"value":"6000"}]}]}"#
            try await there.call("MeterValues", payload: Array(reading.utf8))
            let stop =
                #"{"transactionId":\#(number),"meterStop":9000,"timestamp":"\#(Timestamp.text(began + 3_600))"}"#
            try await there.call("StopTransaction", payload: Array(stop.utf8))

            #expect(try await first.sessions.map(\.energy) == [8_000])
            #expect(try await first.told("session.ended", of: number) == 1)
            await there.shutDown()
        }
    }

    /// The answer to it was lost, so the station says it again, to whom it reaches; what differs is another reading, though of the same moment.
    @Test func `keep a reading once that both are told`() async throws {
        try await first.people.tag("04A1", of: nil)
        try await first.enter("CP1")
        let began = first.clock.now - 86_400
        try await GatewayUp.serving(clock: first.clock) { second in
            let here = try await station(at: first)
            try await here.connect()
            try await here.boot()
            let number = try await here.call("StartTransaction", payload: start(began))
                .decode(V16.StartTransaction.Response.self).transactionId
            func reading(_ minute: Double, _ value: Int, power: String = "") -> [UInt8] {
                let sampled = #"{"value":"\#(value)"}"# + power
                return Array(
                    #"{"connectorId":1,"transactionId":\#(number),"meterValue":[{"timestamp":"\#(Timestamp.text(began + 60 * minute))","sampledValue":[\#(sampled)]}]}"#
                        .utf8)
            }
            let power = #",{"value":"7000.5","measurand":"Power.Active.Import","unit":"W"}"#
            try await here.call("MeterValues", payload: reading(30, 6_000))
            try await here.call("MeterValues", payload: reading(40, 7_000, power: power))

            let there = try await station(at: second)
            try await there.connect()
            try await there.boot()
            for _ in 1...2 {
                try await there.call("MeterValues", payload: reading(40, 7_000, power: power))
                try await there.call("MeterValues", payload: reading(30, 6_000))
            }
            try await there.call("MeterValues", payload: reading(40, 7_000))
            try await there.call("MeterValues", payload: reading(50, 8_000))

            let registers = try await first.readings(of: number).map(\.register)
            #expect(registers == [6_000, 7_000, 7_000, 8_000])
            await there.shutDown()
        }
    }

    @Test func `find a station for a command, whichever holds it`() async throws {
        try await first.enter("CP1")
        let point = try #require(ChargePointID("CP1"))
        try await GatewayUp.serving(clock: first.clock) { second in
            let sender = CommandSender(on: first.gateway.host.bus)
            for up in [second, first, second] {
                let station = try await station(at: up)
                try await station.connect()
                try await station.boot()
                await station.answer(.clearCache, with: #"{"status":"Accepted"}"#)

                let answer = try await sender.send(
                    SendCall("ClearCache", "{}", to: point), by: .system(.accounts)
                )
                .get()

                #expect(answer.payload == #"{"status":"Accepted"}"#)
                #expect(station.log.asked(V16.ClearCache.self).count == 1)
            }
        }
    }

    @Test func `make one session of a start that many tell at once`() async throws {
        try await first.people.tag("04A1", of: nil)
        try await first.enter("CP1")
        let began = first.clock.now - 86_400
        let start = start(began)
        try await GatewayUp.serving(clock: first.clock) { second in
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for count in 0..<8 {
                    let station = try await station(at: count % 2 == 0 ? first : second)
                    group.addTask {
                        // The newest connection wins, so most of these are cut off.
                        try await station.connect()
                        do {
                            return try await station.call("StartTransaction", payload: start)
                                .decode(V16.StartTransaction.Response.self).transactionId
                        } catch CallFailure.disconnected { return 0 }
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }

            #expect(numbers.subtracting([0]).count == 1)
            #expect(try await first.sessions.count == 1)
        }
    }

    @Test func `close a silent session once`() async throws {
        try await first.people.tag("04A1", of: nil)
        try await first.enter("CP1")
        try await GatewayUp.serving(clock: first.clock) { second in
            let station = try await station(at: first)
            try await station.connect()
            try await station.boot()
            await station.begin(tag: "04A1")
            let number = try #require(await station.transaction())
            await station.advance(by: .seconds(1_800))
            await station.sample()
            first.clock.advance(by: .seconds(20 * 60 + 1))

            async let here = Sweep(gateway: first.gateway).endSilent(listening: .distantPast)
            async let there = Sweep(gateway: second.gateway).endSilent(listening: .distantPast)
            _ = try await (here, there)

            #expect(try await first.session(number).energy == 5_000)
            #expect(try await first.told("session.ended", of: number) == 1)
            await station.shutDown()
        }
    }
}
