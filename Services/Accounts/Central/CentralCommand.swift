import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Redis

/// What `/csc` is asked (api.md 2.2.9).
struct CentralInput: Codable, Sendable {
    var feature_name: String?
    var charge_point_id: String?
    var connector_id: Whole<0, 999>?
    /// The plain value, or the complete request of OCPP as text or as an object.
    var payload: JSONValue?
}

/// What the charger said, or why it said nothing.
struct CentralAnswer: Codable, Sendable {
    var status: String
    var info: String
    var charge_point_id: String?
    var connector_id: Int?
    var data: JSONValue?
    var code: Int?
}

/// Every "no" of `/csc` that is no answer of a charger.
enum CentralRefusal: Refusal, Equatable {
    case featureMissing
    case unknownFeature(String)
    case badPayload(String)
    case denied
    case pointMissing

    var problem: Problem {
        switch self {
        case .featureMissing:
            Problem(
                .badRequest, "Failed to decode: FeatureName required",
                errors: ["feature_name": ["is missing"]])
        case .unknownFeature(let name):
            Problem(
                .badRequest, "Failed to decode: unknown feature \(name)",
                errors: ["feature_name": ["is not known"]])
        case .badPayload(let why):
            Problem(.badRequest, "Failed to decode: \(why)", errors: ["payload": [why]])
        case .denied: Problem(.forbidden, "Failed to send command: access denied")
        case .pointMissing: Problem(.notFound, "Failed to send command: charge point not found")
        }
    }
}

/// A command to a charge point in the words of OCPP: who may send it, and how its plain form becomes a payload.
struct CentralFeature: Sendable {
    enum Senders: Sendable {
        /// Drivers for what is their own, staff and hosts for the rest.
        case everybody
        /// Staff, and the host of the point.
        case keepers
        case adminAndHost
        case admin
    }

    let senders: Senders
    /// From the plain value to JSON text; nil where there is no plain form.
    let plain: (@Sendable (_ value: String, _ connector: Int) throws(CentralRefusal) -> JSONValue)?

    static let all: [String: CentralFeature] = [
        "RemoteStartTransaction": .init(senders: .everybody) { value, connector throws(CentralRefusal) in
            guard let word = TagWord(value) else { throw .badPayload("must be an id tag") }
            return ["connectorId": .integer(Int64(connector)), "idTag": .string(word.text)]
        },
        "RemoteStopTransaction": .init(senders: .everybody) { value, _ throws(CentralRefusal) in
            guard let number = Int64(value) else { throw .badPayload("must be a session number") }
            return ["transactionId": .integer(number)]
        },
        "Reset": .init(senders: .keepers) { value, _ throws(CentralRefusal) in
            guard ["Soft", "Hard"].contains(value) else { throw .badPayload("must be Soft or Hard") }
            return ["type": .string(value)]
        },
        "UnlockConnector": .init(senders: .keepers) { _, connector in
            ["connectorId": .integer(Int64(connector))]
        },
        "ChangeAvailability": .init(senders: .keepers) { value, connector throws(CentralRefusal) in
            guard ["Operative", "Inoperative"].contains(value) else {
                throw .badPayload("must be Operative or Inoperative")
            }
            return ["connectorId": .integer(Int64(connector)), "type": .string(value)]
        },
        "GetConfiguration": .init(senders: .keepers) { value, _ in
            let keys = value.split(separator: ",").map { JSONValue.string(String($0).trimmed) }
            return keys.isEmpty ? [:] : ["key": .array(keys)]
        },
        "ChangeConfiguration": .init(senders: .adminAndHost) { value, _ throws(CentralRefusal) in
            guard let cut = value.firstIndex(of: "=") else { throw .badPayload("must be Key=Value") }
            return [
                "key": .string(String(value[..<cut]).trimmed),
                "value": .string(String(value[value.index(after: cut)...]).trimmed),
            ]
        },
        "TriggerMessage": .init(senders: .keepers) { value, connector throws(CentralRefusal) in
            guard !value.isEmpty else { throw .badPayload("must be the name of a message") }
            guard connector > 0 else { return ["requestedMessage": .string(value)] }
            return ["requestedMessage": .string(value), "connectorId": .integer(Int64(connector))]
        },
        "ClearCache": .init(senders: .keepers) { _, _ in [:] },
        "GetLocalListVersion": .init(senders: .keepers) { _, _ in [:] },
        "GetCompositeSchedule": .init(senders: .keepers) { value, connector throws(CentralRefusal) in
            guard let seconds = Int64(value) else { throw .badPayload("must be seconds") }
            return ["connectorId": .integer(Int64(connector)), "duration": .integer(seconds)]
        },
        "SetChargingProfile": .init(senders: .admin), "ClearChargingProfile": .init(senders: .admin),
        "GetDiagnostics": .init(senders: .admin) { value, _ in ["location": .string(value)] },
        "UpdateFirmware": .init(senders: .admin), "ReserveNow": .init(senders: .admin),
        "CancelReservation": .init(senders: .admin), "DataTransfer": .init(senders: .admin),
        "SendLocalList": .init(senders: .admin), "GetLog": .init(senders: .admin),
        "ExtendedTriggerMessage": .init(senders: .admin), "InstallCertificate": .init(senders: .admin),
        "DeleteCertificate": .init(senders: .admin), "GetInstalledCertificateIds": .init(senders: .admin),
        "CertificateSigned": .init(senders: .admin), "SignedUpdateFirmware": .init(senders: .admin),
    ]

    init(
        senders: Senders,
        plain: (@Sendable (_ value: String, _ connector: Int) throws(CentralRefusal) -> JSONValue)? = nil
    ) {
        self.senders = senders
        self.plain = plain
    }

    func isFor(_ caller: Caller, owner: Int64?) -> Bool {
        let isHost = owner != nil && owner == caller.user
        return switch senders {
        case .everybody: true
        case .keepers: caller.isPower || isHost
        case .adminAndHost: caller.isAdmin || isHost
        case .admin: caller.isAdmin
        }
    }

    /// The complete form as it is, the plain one put into its members.
    func payload(_ value: JSONValue?, connector: Int) throws(CentralRefusal) -> JSONValue {
        switch value {
        case .object: return value ?? [:]
        case .string(let text) where text.trimmed.hasPrefix("{"):
            guard let read = try? JSONReader.decode(JSONValue.self, from: Array(text.utf8), rules: .api)
            else {
                throw .badPayload("is no JSON")
            }
            return read
        case .string(let text): return try made(of: text, connector)
        case .integer(let number): return try made(of: String(number), connector)
        case nil, .null: return try made(of: "", connector)
        default: throw .badPayload("must be text or an object")
        }
    }

    private func made(of text: String, _ connector: Int) throws(CentralRefusal) -> JSONValue {
        guard let plain else { throw .badPayload("must be the complete request") }
        return try plain(text, connector)
    }
}

extension Accounts {
    @RouteTable var centralRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/csc", sendCommand).summary("A command to a charge point, in the words of OCPP")
            .within(.seconds(14)).limited(by: .commands).needs(.user)
    }

    func sendCommand(_ call: Call<None, None, CentralInput>) async throws -> OK<CentralAnswer> {
        guard let name = call.body.feature_name, !name.isEmpty else { throw CentralRefusal.featureMissing }
        if name == "GetServerStatus" { return OK(try await serverStatus(for: call.identified)) }
        guard let feature = CentralFeature.all[name] else {
            throw CentralRefusal.unknownFeature(String(name.prefix(60)))
        }
        let command = CentralCommand(
            accounts: self, caller: call.identified, request: call.request, name: name, feature: feature,
            point: call.body.charge_point_id ?? "", connector: call.body.connector_id?.number)
        return OK(try await command.run(call.body.payload))
    }

    private func serverStatus(for caller: Caller) async throws -> CentralAnswer {
        guard caller.isPower else { throw CentralRefusal.denied }
        let clients = try await presence.online(at: host.clock.now).map(\.text)
        let status: JSONValue = [
            "connected_clients": .string(clients.joined(separator: ",")),
            "total_clients": .integer(Int64(clients.count)),
        ]
        return CentralAnswer(status: "success", info: JSONWriter.text(status), data: status)
    }
}

/// One command on its way to a charge point.
struct CentralCommand {
    let accounts: Accounts
    let caller: Caller
    let request: Request
    let name: String
    let feature: CentralFeature
    let point: String
    let connector: Int?

    /// Throws: `CentralRefusal`, `ChargingRefusal`; what the charger answers, or that it does not, is no error here.
    func run(_ payload: JSONValue?) async throws -> CentralAnswer {
        let viewer = Viewer(caller)
        let host = accounts.host
        guard let id = ChargePointID(point),
            let row = try await host.database.run(.chargePoint(point, for: viewer, at: host.clock.now))
        else { throw CentralRefusal.pointMissing }
        guard feature.isFor(caller, owner: row.owner) else { throw CentralRefusal.denied }
        let complete = try feature.payload(payload, connector: connector ?? 1)
        try await audit()
        do {
            switch name {
            case "RemoteStartTransaction" where !(viewer.isPower && isComplete(payload)):
                return try await start(complete)
            case "RemoteStopTransaction" where !(viewer.isPower && isComplete(payload)):
                return try await stop(complete)
            default:
                let asker = Asker(
                    user: ID(caller.user), from: .accounts, by: .known(.csc),
                    isOperator: viewer.mayRun(ofOwner: row.owner), request: request.id)
                let answer = try await accounts.commands.send(
                    SendCall(name, JSONWriter.text(complete), to: id), by: asker
                ).get()
                return success(answer.payload)
            }
        } catch let refusal as CommandRefusal {
            return try failure(refusal)
        } catch ChargingRefusal.gateway(let refusal) {
            return try failure(refusal)
        }
    }

    private func isComplete(_ payload: JSONValue?) -> Bool {
        switch payload {
        case .object: true
        case .string(let text): text.trimmed.hasPrefix("{")
        default: false
        }
    }

    private func start(_ payload: JSONValue) async throws -> CentralAnswer {
        guard case .object(let members) = payload, case .string(let tag)? = members["idTag"] else {
            throw CentralRefusal.badPayload("must hold idTag")
        }
        let begin = BeginCharging(accounts: accounts, caller: caller, door: .csc, request: request.id)
        do {
            _ = try await begin.run(StartWish(point: point, connector: connector ?? 1, tag: tag))
        } catch ChargingRefusal.tagNotUsable {
            throw CentralRefusal.denied
        }
        return success(#"{"status":"Accepted"}"#)
    }

    private func stop(_ payload: JSONValue) async throws -> CentralAnswer {
        guard case .object(let members) = payload, case .integer(let number)? = members["transactionId"]
        else {
            throw CentralRefusal.badPayload("must hold transactionId")
        }
        do {
            _ = try await EndCharging(accounts: accounts, caller: caller, door: .csc, request: request.id)
                .run(number)
        } catch ChargingRefusal.noSuchSession {
            throw CentralRefusal.denied
        }
        return success(#"{"status":"Accepted"}"#)
    }

    private func success(_ payload: String) -> CentralAnswer {
        let data = try? JSONReader.decode(JSONValue.self, from: Array(payload.utf8), rules: .api)
        return CentralAnswer(
            status: "success", info: payload, charge_point_id: point, connector_id: connector, data: data)
    }

    /// A charger that is away or says no is an answer; a gateway that is away is none.
    private func failure(_ refusal: CommandRefusal) throws -> CentralAnswer {
        switch refusal.known {
        case .offline, .rejected, .noAnswer:
            return CentralAnswer(
                status: "error", info: refusal.reason, charge_point_id: point, connector_id: connector,
                code: refusal.code)
        default: throw refusal.problem
        }
    }

    /// The payload is in the gateway's log of commands; it may hold a password.
    private func audit() async throws {
        try await accounts.host.database.run(
            .record(
                AuditEntry(
                    name == "ChangeConfiguration" ? "CHANGE_CONFIGURATION" : "CSC_COMMAND", by: caller.user,
                    ["feature": .string(name), "charge_point_id": .string(point)], from: request),
                in: .accounts, at: accounts.host.clock.now))
    }
}
