import Core
import FoundationEssentials
import HTTP
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

@Suite(.networkUp(unlimited), .serialized) struct `A meeting at a connector` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    /// Confirmed, of a slot that begins in half a minute.
    private func meeting(_ anna: AccountsRows.Person, price: Int64? = nil) async throws -> String {
        let tutor = try await up.rows.person("tutor", role: "operator")
        let now = up.clock.now
        var slot: [String: JSONValue] = [
            "start_time": .string(Timestamp.text(now + 30)), "end_time": .string(Timestamp.text(now + 3_600)),
            "charge_point_id": "CP1", "connector_id": 1,
        ]
        slot["price_per_kwh"] = price.map { .integer($0) }
        let offered = try await up.post("/api/v1/timeslots", .object(slot), as: tutor.token)
        let made = try await up.post(
            "/api/v1/meetings",
            ["time_slot": try #require(offered["id"], "\(offered)"), "subject": "Charge"], as: anna.token)
        let path = "/api/v1/meetings/\(try #require(made["id"]?.number, "\(made)"))"
        #expect(made["reservation_id"] == .null)
        let confirmed = try await up.patch(path, ["status": "confirmed"], as: tutor.token)
        #expect(confirmed["status"] == "confirmed" && confirmed["reservation_id"]?.number != nil)
        return path
    }

    private func reservation(_ path: String, as person: AccountsRows.Person) async throws -> Answer {
        let id = try #require(try await up.get(path, as: person.token)["reservation_id"]?.number)
        return try await up.get("/api/v1/reservations/\(id)", as: person.token)
    }

    @Test(.fact(84)) func `keeps it for the student, and lets go of it`() async throws {
        try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("ANNAS", of: anna.id)
        let station = try await network.station("CP1")
        let path = try await meeting(anna)
        #expect(try await reservation(path, as: anna)["status"] == "planned")
        #expect(station.log.asked(V16.ReserveNow.self).isEmpty)

        up.clock.advance(by: .seconds(90))
        try await Wait.until { try await reservation(path, as: anna)["status"] == "active" }

        let asked = station.log.asked(V16.ReserveNow.self)
        #expect(asked.map(\.idTag.text) == ["ANNAS"] && asked.map(\.connectorId) == [1])
        let start: JSONValue = ["charge_point_id": "CP1", "connector_id": 1]
        let refused = try await up.post("/api/v1/chargings", start, as: bob.token)
        #expect(refused.status == 409 && refused.code == 2023, "\(refused)")

        #expect(try await up.delete(path, as: anna.token)["status"] == "canceled")
        #expect(try await reservation(path, as: anna)["status"] == "cancelled")
        try await Wait.until { station.log.asked(V16.CancelReservation.self).count == 1 }
        #expect(try await up.post("/api/v1/chargings", start, as: bob.token).status == 202)
    }

    @Test func `prices the session that its student charges in it, and knows it`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1")
        let path = try await meeting(anna, price: 0)
        up.clock.advance(by: .seconds(90))
        try await Wait.until { try await reservation(path, as: anna)["status"] == "active" }

        let begun = try await up.post(
            "/api/v1/chargings", ["charge_point_id": "CP1", "connector_id": 1], as: anna.token)
        let session = try #require(begun["id"], "\(begun)")
        let slot = try #require(try await up.get(path, as: anna.token)["time_slot"]?.number)
        #expect(begun["price"]?["rule"] == .string("slot:\(slot)"))

        try await Wait.until { try await up.get(path, as: anna.token)["charging_id"] == session }
    }

    @Test func `whose station is away is told to both once it has failed`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let path = try await meeting(anna)

        up.clock.advance(by: .seconds(90))
        try await Wait.until { try await reservation(path, as: anna)["detail"] == "charge point is offline" }
        up.clock.advance(by: .seconds(660))

        try await Wait.until { try await reservation(path, as: anna)["status"] == "failed" }
        let told: Int64 = try await network.registry.owner.run(
            "SELECT count(*) FROM accounts.notification WHERE title = 'Reservation failed'")
        #expect(told == 2)
    }
}
