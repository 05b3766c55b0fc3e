import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Keeps a connector for a driver from now on: a row first, so that of two wishes one wins, then the station's word
/// (api.md 5.4).
struct MakeReservation {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    private static let longest: TimeInterval = 3_600
    private static let longestForStaff: TimeInterval = 86_400

    /// Throws: `ChargingRefusal`, `ReservationRefusal`, `InvalidRequest`; `RedisError` where no gateway can be asked.
    func run(_ body: ReservationInput) async throws -> ID<Reservation> {
        let (host, viewer, now) = (accounts.host, Viewer(caller), accounts.host.clock.now)
        let (point, connector) = (body.charge_point_id.text, Int32(body.connector_id.number))
        guard let id = ChargePointID(point),
            let place = try await host.database.run(
                .startPlace(point, Int(connector), for: viewer, at: now))
        else { throw ChargingRefusal.noSuchPoint }
        try check(body, at: now)
        guard place.isEnabled else { throw ChargingRefusal.connectorNotAvailable("charge point is disabled") }
        guard try await accounts.presence.lookUp(id) != nil else { throw ChargingRefusal.gateway(.offline) }
        try place.checkConnector(allowing: ["Available", "Preparing"])
        let tag = try await tag(body.id_tag)
        let reservation: ID<Reservation>
        do {
            reservation = try await host.database.run(
                .planReservation(
                    of: ID(caller.user), at: point, connector, tag: tag, meeting: nil, from: now,
                    until: body.expires_at, now: now))
        } catch let error as DatabaseError where error.violatesUnique("reservation_of_user") {
            throw ReservationRefusal.hasOneAlready
        } catch let error as DatabaseError where error.violatesUnique("reservation_on_connector") {
            throw ReservationRefusal.connectorTaken("connector is reserved")
        }
        try await ask(reservation, connector, tag)
        return reservation
    }

    private func check(_ body: ReservationInput, at now: Date) throws {
        var mistakes = Mistakes()
        let longest = caller.isPower ? Self.longestForStaff : Self.longest
        if body.expires_at <= now { mistakes.add("expires_at", "is over") }
        if body.expires_at > now + longest {
            mistakes.add("expires_at", "must be within \(Int(longest) / 60) minutes")
        }
        try mistakes.check()
    }

    private func tag(_ text: String?) async throws -> String {
        guard let text, !text.isEmpty else { return try await accounts.tagForStart(of: ID(caller.user)) }
        let now = accounts.host.clock.now
        guard let word = TagWord(text), let row = try await accounts.host.database.run(.tag(word)),
            row.user?.number == caller.user, row.isEnabled, row.expiresAt.map({ $0 > now }) ?? true
        else { throw ChargingRefusal.tagNotUsable }
        return word.text
    }

    private func ask(_ id: ID<Reservation>, _ connector: Int32, _ tag: String) async throws {
        let database = accounts.host.database
        guard let row = try await database.run(.reservation(id)) else {
            throw ReservationRefusal.noSuchReservation
        }
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(.api),
            isOperator: Viewer(caller).mayRun(ofOwner: row.owner), request: request.id)
        do {
            let word = try await accounts.askToKeep(row, connector: connector, tag: tag, by: asker)
            let now = accounts.host.clock.now
            guard word == "Accepted" else {
                _ = try await database.run(
                    .failReservation(id, "charge point answered \(word)", mustTell: false, at: now))
                throw Self.refusal(word)
            }
            guard try await database.run(.activate(id, connector, tag: tag, at: now)).count == 1 else {
                // It took so long that the row was given up.
                await accounts.release(id)
                throw ChargingRefusal.gateway(.noAnswer)
            }
        } catch let refusal as CommandRefusal {
            // Without an answer it may have been taken all the same.
            _ = try await database.run(
                .failReservation(
                    id, refusal.reason, mustTell: refusal.known == .noAnswer, at: accounts.host.clock.now))
            throw ChargingRefusal.gateway(refusal)
        }
    }

    /// What a station's word to ReserveNow is to a client.
    private static func refusal(_ word: String) -> any Refusal {
        switch word {
        case "Occupied", "Faulted", "Unavailable":
            ReservationRefusal.connectorTaken("connector is \(word.lowercased())")
        default: ChargingRefusal.gateway(.init(.rejected, "rejected by charge point", status: word))
        }
    }
}
