import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

@testable import GatewayService

/// What operators decide about what was not believed.
@Suite(.gatewayUp) struct `An operator's review` {
    private let up = GatewayUp.current
    private var sender: CommandSender { CommandSender(on: up.gateway.host.bus) }

    private func ask<Asked: GatewayCommand>(_ wish: Asked) async throws -> Int where Asked.Answer == Done {
        do {
            _ = try await sender.send(wish, by: .system(.accounts)).get()
            return 0
        } catch let refusal as CommandRefusal {
            return refusal.code
        }
    }

    private func point() throws -> ChargePointID { try #require(ChargePointID("CP1")) }

    private func station() async throws -> Simulator {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        return try await up.boot("CP1")
    }

    @Test func `attaches an unknown stop to the session that it ended`() async throws {
        let station = try await station()
        await station.plugIn()
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(1_800))
        await station.sample()
        up.clock.advance(by: .seconds(20 * 60 + 1))
        _ = try await Sweep(gateway: up.gateway).endSilent(listening: .distantPast)
        // The station has lost the number, and nobody knows another.
        let start = try #require(try await up.session(number).startedAt)
        let stop =
            #"{"transactionId":77777,"meterStop":9000,"timestamp":"\#(Timestamp.text(start + 3_600))"}"#
        try await station.call("StopTransaction", payload: Array(stop.utf8))
        let orphan: Int64 = try await up.owner.run("SELECT id FROM gateway.stop_orphan")

        let wish = AttachOrphan(
            ID(orphan), of: try point(), to: ID(Int64(number)), note: "as the driver says")
        #expect(try await ask(wish) == 0)
        #expect(try await ask(wish) == RefusalCode.inUse.rawValue)

        let session = try await up.session(number)
        #expect(session.energy == 8_000)
        #expect(session.endedAt == start + 3_600)
        #expect(try await up.told("session.amended", of: number) == 1)
        await station.shutDown()
    }

    @Test func `leaves a session with a stop of its own alone`() async throws {
        let station = try await station()
        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 5_000), over: .seconds(1_800))
        let number = try #require(charge.transactionId)
        let end = try #require(try await up.session(number).endedAt)
        let stop = #"{"transactionId":77777,"meterStop":9000,"timestamp":"\#(Timestamp.text(end))"}"#
        try await station.call("StopTransaction", payload: Array(stop.utf8))
        let orphan: Int64 = try await up.owner.run("SELECT id FROM gateway.stop_orphan")

        #expect(
            try await ask(AttachOrphan(ID(orphan), of: try point(), to: ID(Int64(number))))
                == RefusalCode.inUse.rawValue)
        #expect(try await ask(DismissOrphan(ID(orphan), of: try point(), note: "nonsense")) == 0)
        #expect(
            try await ask(DismissOrphan(ID(orphan), of: try point())) == RefusalCode.inUse.rawValue)
        #expect(try await up.session(number).energy == 5_000)
        await station.shutDown()
    }

    @Test func `counts a doubtful reading after all`() async throws {
        let station = try await station()
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(1_800))
        await station.sample()
        // A stop below the last reading: the session stays at that reading, and the stop is shown as doubtful.
        let start = try #require(try await up.session(number).startedAt)
        let stop =
            #"{"transactionId":\#(number),"meterStop":60000,"timestamp":"\#(Timestamp.text(start + 1_900))"}"#
        try await station.call("StopTransaction", payload: Array(stop.utf8))
        #expect(try await up.session(number).energy == 5_000)
        let doubtful: Int64 = try await up.owner.run(
            "SELECT reading_id FROM gateway.meter_reading WHERE grade = 'doubtful'")

        #expect(
            try await ask(ReviewReading(ID(doubtful), of: try point(), isGood: true, note: "checked")) == 0)

        #expect(try await up.session(number).energy == 59_000)
        #expect(try await up.told("session.amended", of: number) == 1)
        #expect(
            try await ask(ReviewReading(ID(doubtful), of: try point(), isGood: false))
                == RefusalCode.inUse.rawValue)
        await station.shutDown()
    }

    @Test func `throws a doubtful reading out`() async throws {
        let station = try await station()
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(60))
        try await station.call(
            "MeterValues",
            payload: Array(
                #"{"connectorId":1,"transactionId":\#(number),"meterValue":[{"timestamp":"\#(Timestamp.text(await station.now))","sampledValue":[{"value":"99000"}]}]}"#
                    .utf8))
        let doubtful: Int64 = try await up.owner.run(
            "SELECT reading_id FROM gateway.meter_reading WHERE grade = 'doubtful'")

        #expect(try await ask(ReviewReading(ID(doubtful), of: try point(), isGood: false)) == 0)

        #expect(try await up.readings(of: number).map(\.grade) == ["rejected"])
        #expect(try await up.session(number).energy == 0)
        await station.shutDown()
    }

    @Test func `puts a quarantined frame aside, once`() async throws {
        let station = try await station()
        await station.send(text: "no frame")
        let up = up
        try await Wait.until { try await !up.quarantined.isEmpty }
        let frame: Int64 = try await up.owner.run("SELECT id FROM gateway.quarantined_frame")

        let other = try #require(ChargePointID("CP2"))
        #expect(try await ask(DismissFrame(ID(frame), of: other)) == RefusalCode.failed.rawValue)
        #expect(try await ask(DismissFrame(ID(frame), of: try point())) == 0)
        #expect(try await ask(DismissFrame(ID(frame), of: try point())) == RefusalCode.inUse.rawValue)
        await station.shutDown()
    }
}
