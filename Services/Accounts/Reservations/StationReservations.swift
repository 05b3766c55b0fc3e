import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Telemetry

extension ReservationRow {
    /// As the station is asked to keep it.
    func reserveNow(connector: Int32, tag: String, parent: String?) -> JSONValue {
        var members: [String: JSONValue] = [
            "connectorId": .integer(Int64(connector)), "expiryDate": .string(Timestamp.text(expiresAt)),
            "idTag": .string(tag), "reservationId": .integer(id.number),
        ]
        if let parent { members["parentIdTag"] = .string(parent) }
        return .object(members)
    }
}

extension Accounts {
    /// What the station says to ReserveNow: OCPP's word. Throws: `CommandRefusal`; `RedisError` where no gateway can be asked.
    func askToKeep(
        _ row: ReservationRow, connector: Int32, tag: String, by asker: Asker
    ) async throws -> String {
        guard let point = ChargePointID(row.point) else { throw CommandRefusal.offline }
        let parent = try await host.database.run(.parent(of: tag))
        let payload = row.reserveNow(connector: connector, tag: tag, parent: parent)
        let answer = try await commands.send(
            SendCall("ReserveNow", JSONWriter.text(payload), to: point), by: asker
        ).get()
        let read = try? JSONReader.decode(JSONValue.self, from: Array(answer.payload.utf8), rules: .api)
        guard case .string(let word)? = read?["status"] else {
            throw CommandRefusal(.rejected, "rejected by charge point")
        }
        return word
    }

    /// Tells the station that a reservation is over. Whatever it answers, it holds it no longer; one that does not answer is
    /// told again by the job, until the reservation would have ended. Of several who would tell it, one does.
    func release(_ id: ID<Reservation>, by asker: Asker = .system(.accounts)) async {
        do {
            guard try await host.database.run(.askAbout(id, "kept.must_tell", at: host.clock.now)).count == 1,
                let row = try await host.database.run(.reservation(id)), let point = ChargePointID(row.point)
            else { return }
            let payload: JSONValue = ["reservationId": .integer(id.number)]
            do {
                _ = try await commands.send(
                    SendCall("CancelReservation", JSONWriter.text(payload), to: point), by: asker
                ).get()
            } catch let refusal as CommandRefusal where refusal.known == .rejected {
                // A CALLERROR: there is nothing more to say to it.
            }
            try await host.database.run(.toldReservation(id))
        } catch {
            host.log.debug(
                "reservation.untold", ["reservation": .id(id), "error": .text("\(error)")])
            try? await host.database.run(.couldNotAsk(id))
        }
    }
}

extension Query where Result == String? {
    fileprivate static func parent(of tag: String) -> Self {
        """
        SELECT parent_tag FROM accounts.tag
        WHERE id_tag = \(tag) AND deleted_at IS NULL AND parent_tag IS NOT NULL
        """
    }
}
