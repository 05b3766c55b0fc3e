import Contracts
import Core
import HTTP
import Hosting

struct AvailabilityInput: Codable, Sendable {
    /// 0: the whole point.
    var connector_id: Whole<0, 99>?
    var available: Bool
}

struct ResetInput: Codable, Sendable {
    enum Kind: String, Codable, CaseIterable, Sendable {
        case soft = "Soft"
        case hard = "Hard"
    }

    var type: Kind
}

struct UnlockInput: Codable, Sendable {
    var connector_id: Whole<1, 99>
}

/// The word with which the station agreed.
struct StationStatus: Codable, Sendable {
    var status: String
}

extension Accounts {
    @RouteTable var commandRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/charge-points/:id/availability", changeAvailability)
            .failing("Failed to change availability").summary(
                "Open or close a connector, or the whole charge point"
            )
            .within(.seconds(14)).limited(by: .commands).needs(.user)
        Route(.post, "/api/v1/charge-points/:id/reset", reset)
            .failing("Failed to reset charge point").summary("Restart a charge point")
            .within(.seconds(14)).limited(by: .commands).needs(.user)
        Route(.post, "/api/v1/charge-points/:id/unlock", unlock)
            .failing("Failed to unlock connector").summary("Free a cable")
            .within(.seconds(14)).limited(by: .commands).needs(.user)
    }

    func changeAvailability(_ call: Call<PointPath, None, AvailabilityInput>) async throws -> OK<
        StationStatus
    > {
        let desk = StationDesk(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        _ = try await desk.point()
        let connector = Int64(call.body.connector_id?.number ?? 0)
        let word = call.body.available ? "Operative" : "Inoperative"
        try await desk.audit(
            "CHANGE_AVAILABILITY", ["connector_id": .integer(connector), "type": .string(word)])
        let status = try await desk.status(
            of: "ChangeAvailability", ["connectorId": .integer(connector), "type": .string(word)],
            wanting: ["Accepted", "Scheduled"])
        return OK(StationStatus(status: status))
    }

    func reset(_ call: Call<PointPath, None, ResetInput>) async throws -> OK<StationStatus> {
        let desk = StationDesk(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        _ = try await desk.point()
        let kind = call.body.type.rawValue
        try await desk.audit("RESET_CHARGE_POINT", ["type": .string(kind)])
        let status = try await desk.status(of: "Reset", ["type": .string(kind)], wanting: ["Accepted"])
        return OK(StationStatus(status: status))
    }

    func unlock(_ call: Call<PointPath, None, UnlockInput>) async throws -> OK<StationStatus> {
        let desk = StationDesk(
            accounts: self, id: call.path.id, caller: call.identified, request: call.request)
        _ = try await desk.point()
        let connector = Int64(call.body.connector_id.number)
        try await desk.audit("UNLOCK_CONNECTOR", ["connector_id": .integer(connector)])
        let status = try await desk.status(
            of: "UnlockConnector", ["connectorId": .integer(connector)], wanting: ["Unlocked"])
        return OK(StationStatus(status: status))
    }
}
