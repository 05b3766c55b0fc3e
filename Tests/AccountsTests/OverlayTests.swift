import Bus
import Contracts
import Core
import HTTP
import OCPP
import StationSimulator
import TestSupport
import Testing

@testable import AccountsService

@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `A connector that staff took out of use` {
    /// What the station was told of its availability.
    private func heard(_ station: Simulator) -> [JSONValue] {
        station.log.entries.filter {
            $0.direction == .received && $0.kind == .call && $0.action == "ChangeAvailability"
        }.compactMap { entry in
            // A frame that was logged as a call is one.
            (try? JSONReader.decode(JSONValue.self, from: Array(entry.text.utf8)))?.elements.last
        }
    }

    @Test func `is told to the station, and again after a boot`() async throws {
        let (up, network) = (AccountsUp.current, NetworkUp.current)
        let worker = try await up.rows.person("worker", role: "operator")
        let port = try await network.point("CP1")
        let station = try await network.station("CP1")

        let closed = try await up.put("/api/v1/ports/\(port)", ["status": "maintenance"], as: worker.token)
        #expect(closed.status == 200 && closed["status"] == "Maintenance")
        try await Wait.until { !heard(station).isEmpty }
        await station.shutDown()
        let restarted = try await network.station("CP1")
        try await Wait.until { !heard(restarted).isEmpty }

        // The first boot's own follow-up may come upon it as well.
        let inoperative: JSONValue = ["connectorId": 1, "type": "Inoperative"]
        #expect((heard(station) + heard(restarted)).allSatisfy { $0 == inoperative })
        #expect(try await up.get("/api/v1/ports/\(port)/status")["status"] == "Maintenance")

        let opened = try await up.put("/api/v1/ports/\(port)", ["status": "Available"], as: worker.token)
        #expect(opened.status == 200)
        let operative: JSONValue = ["connectorId": 1, "type": "Operative"]
        try await Wait.until { heard(restarted).last == operative }
    }

    @Test func `is given back when the station has returned, if it was away`() async throws {
        let (up, network) = (AccountsUp.current, NetworkUp.current)
        let worker = try await up.rows.person("worker", role: "operator")
        let port = try await network.point("CP1")
        let station = try await network.station("CP1")
        _ = try await up.put("/api/v1/ports/\(port)", ["status": "faulty"], as: worker.token)
        try await Wait.until { !heard(station).isEmpty }
        await station.shutDown()
        try await Wait.until {
            try await up.accounts.presence.lookUp(try #require(ChargePointID("CP1"))) == nil
        }

        let opened = try await up.put("/api/v1/ports/\(port)", ["status": "Available"], as: worker.token)
        #expect(opened.status == 200)
        let restarted = try await network.station("CP1")
        let telling = TellConnectors(accounts: up.accounts)
        // It might not have heard: who changed it has half a minute.
        #expect(try await telling.run() == 0)
        up.clock.advance(by: .seconds(31))
        try await Wait.until {
            _ = try await telling.run()
            return !heard(restarted).isEmpty
        }

        for _ in 1...3 { _ = try await telling.run() }
        #expect(heard(restarted) == [["connectorId": 1, "type": "Operative"]])
    }
}
