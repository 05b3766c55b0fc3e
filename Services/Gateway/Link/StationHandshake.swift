import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import OCPP
import Postgres
import Sockets
import Telemetry
import WebSocket

/// Decides who may connect, and as what (ocpp.md, Endpoint).
struct StationHandshake: Sendable {
    let gateway: Gateway

    /// Versions that this build serves.
    static let serving: [OCPPVersion] = [.v16]
    /// Nobody guesses faster than this.
    private static let refusalDelay = Duration.milliseconds(250)

    /// Nil for a request that is no handshake.
    func decide(_ request: Request) async throws -> Upgrade? {
        guard Handshake.isAsked(by: request), let identity = Self.identity(in: request.path) else {
            return nil
        }
        do {
            let station = try await registered(identity)
            try await prove(station, request)
            let version = try choose(station, request)
            return try await accept(station, version, request)
        } catch let refusal as HandshakeRefusal {
            return try await refuse(refusal, identity, request)
        } catch let error as DatabaseError {
            gateway.host.log.warning(
                "station.registry_away", ["charge_point": .text(identity.text), "error": .text("\(error)")])
            return try await refuse(.unavailable, identity, request)
        }
    }

    /// `/{id}`, `/ocpp/{id}` and `/ws/{id}`: the last segment.
    static func identity(in path: String) -> StationIdentity? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.count == 1 || (segments.count == 2 && ["ocpp", "ws"].contains(segments.first)) else {
            return nil
        }
        return StationIdentity(path: path)
    }

    private func registered(_ identity: StationIdentity) async throws -> Station {
        guard let id = ChargePointID(identity.text) else { throw HandshakeRefusal.unknown }
        if let station = try await gateway.host.database.run(.station(id)) {
            guard !station.isDeleted else { throw HandshakeRefusal.unknown }
            return station
        }
        let mustBeApproved: Bool
        switch gateway.settings.unknownPoints {
        case .reject: throw HandshakeRefusal.unknown
        case .pending: mustBeApproved = true
        case .accept: mustBeApproved = false
        }
        try await gateway.report(point: id, mustBeApproved: mustBeApproved)
        return Station(unknown: id, mustBeApproved: mustBeApproved)
    }

    /// HTTP Basic, where the point has a password or its profile wants one.
    private func prove(_ station: Station, _ request: Request) async throws {
        if station.securityProfile == 3 {
            try proveByCertificate(station, request)
            return
        }
        guard station.passwordHash != nil || station.securityProfile > 0 else { return }
        guard let stored = station.passwordHash, let identity = StationIdentity(station.id.text),
            let credentials = Self.basicCredentials(request),
            let password = identity.password(in: credentials)
        else { throw HandshakeRefusal.unproved }
        switch gateway.passwords.check(password, against: stored) {
        case .right: return
        case .wrong: throw HandshakeRefusal.unproved
        case .otherKey:
            gateway.host.log.error(
                "station.password_of_another_key", ["charge_point": .text(station.id.text)])
            throw HandshakeRefusal.unproved
        }
    }

    /// The proxy has checked the certificate; its word counts from its address only.
    private func proveByCertificate(_ station: Station, _ request: Request) throws {
        guard gateway.host.trusts(proxy: request.peer.host), request.headers["X-Client-Verify"] == "SUCCESS",
            let subject = request.headers["X-Client-Subject"],
            subject.split(separator: ",").contains(where: { part in
                let words = part.split(separator: "=", maxSplits: 1)
                return words.count == 2 && String(words[0]).trimmed == "CN"
                    && String(words[1]).trimmed == station.id.text
            })
        else { throw HandshakeRefusal.unproved }
    }

    private static func basicCredentials(_ request: Request) -> [UInt8]? {
        guard let value = request.headers["Authorization"] else { return nil }
        let words = value.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "basic" else { return nil }
        return Base64.standard.bytes(String(words[1]).trimmed)
    }

    private func choose(_ station: Station, _ request: Request) throws -> OCPPVersion {
        let offered = Handshake.subprotocols(of: request)
        switch OCPPVersion.choose(offered: offered, serving: Self.serving) {
        case .version(let version): return version
        case .nothingCommon: throw HandshakeRefusal.otherProtocol
        case .nothingOffered:
            guard
                let word = station.defaultProtocol
                    ?? (gateway.settings.requiresSubprotocol ? nil : "ocpp1.6"),
                let version = OCPPVersion(rawValue: word)
            else { throw HandshakeRefusal.otherProtocol }
            gateway.log(station.id, "WebSocket", "no subprotocol was offered, \(word) is assumed", .warning)
            return version
        }
    }

    private func accept(_ station: Station, _ version: OCPPVersion, _ request: Request) async throws
        -> Upgrade
    {
        let generation = try await gateway.host.database.run(.nextGeneration)
        let offered = Handshake.subprotocols(of: request).first { $0.lowercased() == version.subprotocol }
        var limits = WebSocketLimits()
        limits.messageBytes = gateway.settings.messageBytes
        let gateway = gateway
        return Handshake.accept(request, subprotocol: offered, deflate: DeflatePolicy(), limits: limits) {
            socket in
            let link = StationLink(socket, station, version, generation: generation, gateway: gateway)
            link.begin()
        }
    }

    private func refuse(
        _ refusal: HandshakeRefusal, _ identity: StationIdentity, _ request: Request
    ) async throws -> Upgrade {
        if refusal == .unproved {
            if let id = ChargePointID(identity.text) {
                gateway.log(
                    id, "Security", "connection refused: wrong credentials from \(request.client)", .warning)
            }
            try await gateway.host.sleep(for: Self.refusalDelay)
        }
        return .refused(refusal.problem.response(at: gateway.host.clock.now))
    }
}

/// Why a station is not let in.
enum HandshakeRefusal: Refusal, Equatable {
    case unknown
    case unproved
    case otherProtocol
    case unavailable

    var problem: Problem {
        switch self {
        case .unknown: Problem(.notFound, "charge point not found")
        case .unproved:
            Problem(
                .unauthorized, "wrong or missing credentials",
                headers: ["WWW-Authenticate": #"Basic realm="VoltBus", charset="UTF-8""#])
        case .otherProtocol:
            Problem(
                .badRequest,
                "no common subprotocol; offered here: \(StationHandshake.serving.map(\.subprotocol).joined(separator: ", "))"
            )
        case .unavailable:
            Problem(.serviceUnavailable, "service unavailable", headers: ["Retry-After": "5"])
        }
    }
}
