import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Redis
import Sites

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
                .badRequest, "FeatureName required",
                errors: ["feature_name": ["is required"]])
        case .unknownFeature(let name):
            Problem(
                .badRequest, "unknown feature \(name)",
                errors: ["feature_name": ["is not known"]])
        case .badPayload(let why):
            Problem(.badRequest, "payload \(why)", errors: ["payload": [why]])
        case .denied: Problem(.forbidden, "access denied")
        case .pointMissing: Problem(.notFound, "charge point not found")
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
    /// From the plain value to the request; nil where there is no plain form.
    let plain: Plain?
    /// Members that a complete form may leave out, since the envelope names the connector.
    let fillsConnector: Bool

    /// The moment is for what needs a date.
    typealias Plain =
        @Sendable (_ value: String, _ connector: Int, _ now: Date) throws(CentralRefusal) -> JSONValue

    static let all: [String: CentralFeature] = [
        "RemoteStartTransaction": .init(senders: .everybody) { value, connector, _ throws(CentralRefusal) in
            guard let word = TagWord(value) else { throw .badPayload("must be an id tag") }
            return ["connectorId": .integer(Int64(connector)), "idTag": .string(word.text)]
        },
        "RemoteStopTransaction": .init(senders: .everybody) { value, _, _ throws(CentralRefusal) in
            guard let number = Int64(value) else { throw .badPayload("must be a session number") }
            return ["transactionId": .integer(number)]
        },
        "Reset": .init(senders: .keepers) { value, _, _ throws(CentralRefusal) in
            guard ["Soft", "Hard"].contains(value) else { throw .badPayload("must be Soft or Hard") }
            return ["type": .string(value)]
        },
        "UnlockConnector": .init(senders: .keepers) { _, connector, _ in
            ["connectorId": .integer(Int64(connector))]
        },
        "ChangeAvailability": .init(senders: .keepers) { value, connector, _ throws(CentralRefusal) in
            guard ["Operative", "Inoperative"].contains(value) else {
                throw .badPayload("must be Operative or Inoperative")
            }
            return ["connectorId": .integer(Int64(connector)), "type": .string(value)]
        },
        "GetConfiguration": .init(senders: .keepers) { value, _, _ in
            let keys = value.split(separator: ",").map { JSONValue.string(String($0).trimmed) }
            return keys.isEmpty ? [:] : ["key": .array(keys)]
        },
        "ChangeConfiguration": .init(senders: .adminAndHost) { value, _, _ throws(CentralRefusal) in
            guard let cut = value.firstIndex(of: "=") else { throw .badPayload("must be Key=Value") }
            return [
                "key": .string(String(value[..<cut]).trimmed),
                "value": .string(String(value[value.index(after: cut)...]).trimmed),
            ]
        },
        "TriggerMessage": .init(senders: .keepers) { value, connector, _ throws(CentralRefusal) in
            guard !value.isEmpty else { throw .badPayload("must be the name of a message") }
            guard connector > 0 else { return ["requestedMessage": .string(value)] }
            return ["requestedMessage": .string(value), "connectorId": .integer(Int64(connector))]
        },
        "ClearCache": .init(senders: .keepers) { _, _, _ in [:] },
        "GetLocalListVersion": .init(senders: .keepers) { _, _, _ in [:] },
        // Content and version of the whole list are the gateway's to know: it is made there.
        "SendLocalList": .init(senders: .keepers) { value, _, _ throws(CentralRefusal) in
            guard value.isEmpty else { throw .badPayload("must be empty or the complete request") }
            return [:]
        },
        "GetCompositeSchedule": .init(senders: .keepers, fillsConnector: true) {
            value, connector, _ throws(CentralRefusal) in
            guard let seconds = Int64(value) else { throw .badPayload("must be seconds") }
            return ["connectorId": .integer(Int64(connector)), "duration": .integer(seconds)]
        },
        "SetChargingProfile": .init(senders: .admin), "ClearChargingProfile": .init(senders: .admin),
        "GetDiagnostics": .init(senders: .admin) { value, _, _ throws(CentralRefusal) in
            guard value.contains("://") else { throw .badPayload("must be the URL to upload to") }
            return ["location": .string(value)]
        },
        "UpdateFirmware": .init(senders: .admin) { value, _, now throws(CentralRefusal) in
            guard value.contains("://") else { throw .badPayload("must be the URL to download from") }
            return ["location": .string(value), "retrieveDate": .string(Timestamp.text(now))]
        },
        "ReserveNow": .init(senders: .admin),
        "CancelReservation": .init(senders: .admin), "DataTransfer": .init(senders: .admin),
        "GetLog": .init(senders: .admin),
        "ExtendedTriggerMessage": .init(senders: .admin), "InstallCertificate": .init(senders: .admin),
        "DeleteCertificate": .init(senders: .admin), "GetInstalledCertificateIds": .init(senders: .admin),
        "CertificateSigned": .init(senders: .admin), "SignedUpdateFirmware": .init(senders: .admin),
    ]

    init(senders: Senders, fillsConnector: Bool = false, plain: Plain? = nil) {
        self.senders = senders
        self.fillsConnector = fillsConnector
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

    /// Nil for a plain value. Throws: `CentralRefusal` for what begins like an object and is none.
    static func complete(_ value: JSONValue?) throws(CentralRefusal) -> JSONValue? {
        switch value {
        case .object: return value
        case .string(let text) where text.trimmed.hasPrefix("{"):
            guard let read = try? JSONReader.decode(JSONValue.self, from: Array(text.utf8), rules: .api)
            else { throw .badPayload("is no JSON") }
            return read
        default: return nil
        }
    }

    /// The complete form as it is, the plain one put into its members.
    func payload(_ value: JSONValue?, connector: Int, at now: Date) throws(CentralRefusal) -> JSONValue {
        if let complete = try Self.complete(value) {
            guard fillsConnector, case .object(var members) = complete, members["connectorId"] == nil else {
                return complete
            }
            members["connectorId"] = .integer(Int64(connector))
            return .object(members)
        }
        let text: String
        switch value {
        case .string(let word): text = word.trimmed
        case .integer(let number): text = String(number)
        case nil, .null: text = ""
        default: throw .badPayload("must be text or an object")
        }
        guard let plain else { throw .badPayload("must be the complete request") }
        return try plain(text, connector, now)
    }
}

extension Accounts {
    @RouteTable var centralRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/csc", sendCommand).failing("Failed to send command")
            .failingToRead("Failed to decode")
            .summary("A command to a charge point, in the words of OCPP")
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
        // A message that is triggered without a connector is about the whole point.
        let place = connector ?? (name == "TriggerMessage" ? 0 : 1)
        let complete = try feature.payload(payload, connector: place, at: host.clock.now)
        let isPlain = try CentralFeature.complete(payload) == nil
        try await audit()
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(.csc),
            isOperator: viewer.mayRun(ofOwner: row.owner), request: request.id)
        do {
            switch name {
            // The complete form of staff is checked against its schema only.
            case "RemoteStartTransaction" where !viewer.isPower || isPlain:
                return try await start(complete, by: viewer)
            case "RemoteStopTransaction" where !viewer.isPower || isPlain:
                return try await stop(complete)
            case "SendLocalList" where isPlain:
                return success(try await accounts.commands.send(SendTagList(to: id), by: asker).get().payload)
            default:
                let call = SendCall(name, JSONWriter.text(complete), to: id)
                return success(try await accounts.commands.send(call, by: asker).get().payload)
            }
        } catch let refusal as CommandRefusal {
            return try failure(refusal)
        }
    }

    private func start(_ payload: JSONValue, by viewer: Viewer) async throws -> CentralAnswer {
        guard case .object(let members) = payload, case .string(let tag)? = members["idTag"] else {
            throw CentralRefusal.badPayload("must hold idTag")
        }
        var place = connector ?? 1
        if case .integer(let number)? = members["connectorId"] { place = Int(clamping: number) }
        let begin = BeginCharging(accounts: accounts, caller: caller, door: .csc, request: request.id)
        do {
            _ = try await begin.run(StartWish(point: point, connector: place, tag: tag))
        } catch ChargingRefusal.tagNotUsable {
            throw CentralRefusal.denied
        } catch ChargingRefusal.gateway(let refusal) {
            return try answer(to: refusal, isCheck: !viewer.isPower && refusal == .offline)
        }
        return success(#"{"status":"Accepted"}"#)
    }

    private func stop(_ payload: JSONValue) async throws -> CentralAnswer {
        guard case .object(let members) = payload, case .integer(let number)? = members["transactionId"]
        else {
            throw CentralRefusal.badPayload("must hold transactionId")
        }
        do {
            let end = EndCharging(accounts: accounts, caller: caller, door: .csc, request: request.id)
            _ = try await end.run(number, on: point)
        } catch ChargingRefusal.noSuchSession {
            throw CentralRefusal.denied
        } catch ChargingRefusal.gateway(let refusal) {
            return try answer(to: refusal, isCheck: false)
        }
        return success(#"{"status":"Accepted"}"#)
    }

    /// A station that answers `Rejected` has answered; what a check found is a failure of the request.
    private func answer(to refusal: CommandRefusal, isCheck: Bool) throws -> CentralAnswer {
        if isCheck { throw refusal.problem }
        if refusal.known == .rejected, refusal.status == "Rejected" {
            return success(#"{"status":"Rejected"}"#)
        }
        return try failure(refusal)
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
