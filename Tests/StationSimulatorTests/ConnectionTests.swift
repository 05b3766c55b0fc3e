import Core
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing
import WebSocket

@Suite struct `The connection of a simulated station` {
    private let loop = TestLoops.shared.next()

    @Test func `is opened again with longer and longer pauses`() async throws {
        try await TestCentral.serve { central in
            var profile = StationProfile.byHand
            profile.reconnectDelay = .milliseconds(20)
            let station = try await Simulator.boot("CP1", at: central.system, profile: profile, on: loop)

            central.close(true)
            central.hangUp()
            #expect(await central.waits { $0.openings.count >= 6 })
            central.close(false)
            #expect(await station.log.waits { $0.sent(V16.StatusNotification.self).count >= 4 })

            let times = central.openings.dropFirst().map(\.at)
            let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
            for (index, pause) in pauses.prefix(4).enumerated() {
                #expect(pause >= .milliseconds(40 << index), "pause \(index)")
            }
            // Known already, so it says what is new and does not boot.
            #expect(central.calls(.bootNotification).count == 1)
            await station.shutDown()
        }
    }

    @Test func `carries later what happened while it was away`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)
            await station.goOffline()
            #expect(await central.waits { !$0.endings.isEmpty })

            try await station.charge(
                tag: "04A1", energy: Energy(wattHours: 9_000), over: .seconds(3_600), readings: 3)
            #expect(central.calls(.startTransaction).isEmpty)
            try await station.connect()
            await station.tellWhatWaits()

            let told = central.actions.filter { $0 != "StatusNotification" }
            #expect(
                told == [
                    "BootNotification", "StartTransaction", "MeterValues", "MeterValues", "StopTransaction",
                ])
            // The number came after the fact, and stands in what is told after it.
            #expect(central.calls(.meterValues).allSatisfy { $0["transactionId"] == 101 })
            #expect(central.calls(.stopTransaction).map { $0["transactionId"] } == [101])
            await station.shutDown()
        }
    }

    @Test func `begins with a boot, however often that is refused or not answered`() async throws {
        try await TestCentral.serve { central in
            central.close(true)
            central.answerOnce(.bootNotification, .error("InternalError"), .hangUp, .silence)
            var profile = StationProfile()
            profile.reconnectDelay = .milliseconds(5)
            // Longer than any answer takes; the one that never comes is waited for as long.
            profile.patience = .seconds(2)
            let fleet = Fleet(["CP1"], at: central.system, on: TestLoops.shared) { _ in profile }
            fleet.start(perSecond: 10, routine: nil)
            #expect(await central.waits { $0.openings.count >= 2 })
            central.close(false)

            #expect(await central.waits { $0.calls(.statusNotification).count == 2 })
            #expect(central.calls(.bootNotification).count == 4)
            #expect(await fleet.standing.accepted == 1)
            await fleet.stop()
        }
    }

    @Test func `survives that the other side goes away and comes back, while it charges`() async throws {
        try await TestCentral.serve { central in
            var profile = StationProfile()
            profile.pace = .running(speed: 10_000)
            profile.reconnectDelay = .milliseconds(5)
            let routine = Fleet.Routine(tag: "04A1", session: .seconds(600), pause: .seconds(60))
            let fleet = Fleet(["CP1"], at: central.system, on: TestLoops.shared) { _ in profile }
            fleet.start(perSecond: 10, routine: routine)

            for round in 1...3 {
                #expect(await central.waits { $0.calls(.stopTransaction).count >= round })
                central.hangUp()
                #expect(await central.waits { $0.openings.count > round })
            }
            let starts = central.calls(.startTransaction).count
            #expect(await central.waits { $0.calls(.startTransaction).count > starts })
            #expect(central.calls(.bootNotification).count == 1)
            await fleet.stop()
        }
    }

    @Test func `is given up when nobody wants the station any more`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)
            await station.shutDown()

            #expect(await central.waits { !$0.endings.isEmpty })
            #expect(central.endings.map(\.code) == [.goingAway])
            #expect(central.openings.count == 1)
            #expect(await station.isConnected == false)
        }
    }

    @Test(arguments: [
        ("ws://127.0.0.1", 9_001, "/"), ("ws://127.0.0.1:80/a/b", 80, "/a/b/"), ("ws://[::1]:9/", 9, "/"),
    ])
    func `goes where its address says`(url: String, port: Int, path: String) async throws {
        let system = try await CentralSystem.at(url)
        #expect(system.address.port == port)
        #expect(system.path == path)
    }

    @Test(arguments: [
        ("wss://a/", CentralSystem.BadURL.needsProxy), ("http://a/", .notWebSocket), ("ws:///a", .noHost),
        ("ws://a:0/", .noHost), ("ws://no.such.host.invalid/", .unknownHost("no.such.host.invalid")),
    ])
    func `is refused with a reason where its address cannot be right`(
        url: String, reason: CentralSystem.BadURL
    ) async throws {
        await #expect(throws: reason) { try await CentralSystem.at(url) }
    }
}
