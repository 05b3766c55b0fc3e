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
    /// What stands before the identity in the path; the charge points' own door knows more of them.
    let folders: Set<Substring>

    /// Their own port: `/{id}`, `/ocpp/{id}`, `/ws/{id}`.
    static let stationFolders: Set<Substring> = ["", "ocpp", "ws"]
    /// The port that everybody uses: `/ocpp/{id}`.
    static let commonFolders: Set<Substring> = ["ocpp"]

    /// Versions that this build serves.
    static let serving: [OCPPVersion] = [.v16]
    /// Nobody guesses faster than this.
    private static let refusalDelay = Duration.milliseconds(250)

    /// Nil for a request that is no handshake.
    func decide(_ request: Request) async throws -> Upgrade? {
        guard Handshake.isAsked(by: request), let identity = identity(in: request.path) else {
            return nil
        }
        do {
            try await waitForTurn(of: request.client)
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

    /// The last segment, where the one before it is a folder of ours.
    func identity(in path: String) -> StationIdentity? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard (1...2).contains(segments.count),
            folders.contains(segments.count == 2 ? segments.first ?? "" : "")
        else { return nil }
        return StationIdentity(path: path)
    }

    /// Many at once from one address wait; more than can be served in time come again.
    private func waitForTurn(of address: String) async throws {
        guard let wait = gateway.pace.turn(of: address, at: gateway.host.clock.monotonic) else {
            throw HandshakeRefusal.busy
        }
        if wait > .zero { try await gateway.host.sleep(for: wait) }
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
        if station.securityProfile >= 2, !isBehindTLS(request) { throw HandshakeRefusal.unproved }
        if station.securityProfile == 3 {
            try proveByCertificate(station, request)
            return
        }
        guard !station.passwordHashes.isEmpty || station.securityProfile > 0 else { return }
        guard let identity = StationIdentity(station.id.text),
            let credentials = Self.basicCredentials(request),
            let password = identity.password(in: credentials),
            let place = station.passwordHashes.firstIndex(where: { holds(password, $0, station) })
        else { throw HandshakeRefusal.unproved }
        if place == 0, station.passwordHashes.count > 1 {
            try await gateway.host.database.run(.used(station.passwordHashes[0], by: station.id))
        }
    }

    /// TLS ends at the proxy, so that only a trusted one can say that it was there.
    private func isBehindTLS(_ request: Request) -> Bool {
        let scheme = request.headers["X-Forwarded-Proto"]?.lowercased()
        return gateway.host.trusts(proxy: request.peer.host) && (scheme == "https" || scheme == "wss")
    }

    private func holds(_ password: [UInt8], _ stored: String, _ station: Station) -> Bool {
        // A key is told to a station as hexadecimal digits, and some send the bytes that these stand for.
        let spellings =
            station.hasOwnKey
            ? [password, Array(Hex.text(password).utf8), Array(Hex.text(password).uppercased().utf8)]
            : [password]
        for spelling in spellings {
            switch gateway.passwords.check(spelling, against: stored) {
            case .right: return true
            case .wrong: continue
            case .otherKey:
                gateway.host.log.error(
                    "station.password_of_another_key", ["charge_point": .text(station.id.text)])
                return false
            }
        }
        return false
    }

    /// The proxy has checked the certificate; its word counts from its address only.
    private func proveByCertificate(_ station: Station, _ request: Request) throws {
        let fields = gateway.settings.certificateHeaders
        guard gateway.host.trusts(proxy: request.peer.host), request.headers[fields.verdict] == "SUCCESS",
            let subject = request.headers[fields.subject],
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
        gateway.figures.refusedHandshakes.with(refusal.word).add()
        if refusal == .unproved {
            // Who guesses is served more slowly than who knows.
            gateway.pace.punish(request.client, at: gateway.host.clock.monotonic)
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
    case busy

    /// For figures.
    var word: String {
        switch self {
        case .unknown: "unknown"
        case .unproved: "credentials"
        case .otherProtocol: "subprotocol"
        case .unavailable: "unavailable"
        case .busy: "busy"
        }
    }

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
        case .busy:
            Problem(.serviceUnavailable, "too many connections at once", headers: ["Retry-After": "10"])
        }
    }
}
