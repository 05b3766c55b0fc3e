import Core
import HTTP
import OCPP
import StationSimulator
import TestSupport
import Testing

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
}
