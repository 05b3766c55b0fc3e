import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Sockets

extension Gateway {
    /// What a station took as its `AuthorizationKey` is its password from its next connection on.
    func learn(from payload: [UInt8], _ answer: [UInt8], _ link: StationLink) async throws {
        let asked = try? JSONReader.decode(
            V16.ChangeConfiguration.Request.self, from: payload, rules: .strict)
        guard let asked, asked.key.text.lowercased() == "authorizationkey",
            ["Accepted", "RebootRequired"].contains(Self.status(in: answer))
        else { return }
        let hash = passwords.hash(Array(asked.value.text.utf8))
        let now = host.clock.now
        let event = KeyAccepted(link.id, at: now)
        let before = try await link.loop.run { link.station.passwordHashes.first }
        try await host.database.transaction { transaction in
            try await transaction.run(.keep(key: hash, before: before, of: link.id, at: now))
            try await transaction.run(.announce(event))
        }
        host.bus.publish(event)
        link.loop.execute {
            link.station.passwordHashes = [hash] + [before].compactMap(\.self)
            link.station.hasOwnKey = true
        }
        log(link.id, "Security", "the station took a new password")
    }
}

extension Query where Result == Void {
    fileprivate static func keep(key: String, before: String?, of point: ChargePointID, at now: Date) -> Self
    {
        """
        UPDATE gateway.station
        SET password_hash = \(key), password_before = \(before as String?), password_set_at = \(now)
        WHERE charge_point_id = \(point.text)
        """
    }

    /// The newest password has been used: the one before it is dead.
    static func used(_ hash: String, by point: ChargePointID) -> Self {
        """
        UPDATE gateway.station SET password_before = NULL
        WHERE charge_point_id = \(point.text) AND password_hash = \(hash)
        """
    }
}
