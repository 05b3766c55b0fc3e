import Bus
import Contracts
import Core
import HTTP
import Hosting
import Postgres
import Sites

/// A command to one charge point in plain words, for those who look after it (api.md 2.2.7). What the station answers is read
/// by whoever asked.
struct StationDesk {
    let accounts: Accounts
    let id: String
    let caller: Caller
    let request: Request

    /// The point, for its host and for staff. Throws: `SiteRefusal`.
    func point() async throws -> ChargePointRow {
        try await accounts.ownChargePointRow(id, for: Viewer(caller))
    }

    /// Throws: `ChargingRefusal` with the station's no or its silence.
    func ask(_ action: String, _ payload: JSONValue) async throws -> JSONValue {
        guard let point = ChargePointID(id) else { throw SiteRefusal.noSuchPoint }
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(.api), isOperator: true, request: request.id)
        do {
            let answer = try await accounts.commands.send(
                SendCall(action, JSONWriter.text(payload), to: point), by: asker
            ).get()
            return try JSONReader.decode(JSONValue.self, from: Array(answer.payload.utf8), rules: .api)
        } catch let refusal as CommandRefusal {
            throw ChargingRefusal.gateway(refusal)
        }
    }

    /// The status of the answer, which must be one of those wanted. Throws: `ChargingRefusal` with the station's word.
    func status(of action: String, _ payload: JSONValue, wanting wanted: Set<String>) async throws -> String {
        let answer = try await ask(action, payload)
        guard case .string(let word)? = answer["status"] else {
            throw ChargingRefusal.gateway(CommandRefusal(.rejected, "rejected by charge point"))
        }
        guard wanted.contains(word) else {
            throw ChargingRefusal.gateway(CommandRefusal(.rejected, "rejected by charge point", status: word))
        }
        return word
    }

    func audit(_ action: String, _ details: [String: JSONValue]) async throws {
        let all = details.merging(["charge_point_id": .string(id)]) { own, _ in own }
        try await accounts.host.database.run(
            .record(
                AuditEntry(action, by: caller.user, .object(all), from: request), in: .accounts,
                at: accounts.host.clock.now))
    }
}
