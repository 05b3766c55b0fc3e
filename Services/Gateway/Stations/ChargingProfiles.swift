import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

/// A charging profile on its way to a station.
private struct SentProfile: Sendable {
    var connector: Int
    var profile: V16.ChargingProfile
    /// As it went over the wire.
    var text: JSONValue
}

extension Gateway {
    /// Writes down which profiles a station has and what it said to each (ocpp.md, Smart charging).
    func keepProfiles(
        _ action: V16.Action, _ payload: [UInt8], _ outcome: CallOutcome, of point: ChargePointID,
        by asker: Asker
    ) async {
        do {
            switch action {
            case .setChargingProfile:
                guard
                    let sent = Self.profile(
                        payload, "csChargingProfiles", V16.SetChargingProfile.Request.self),
                    let profile = sent.0.csChargingProfiles as V16.ChargingProfile?
                else { return }
                try await keep(
                    SentProfile(connector: sent.0.connectorId, profile: profile, text: sent.1), outcome.word,
                    of: point, by: asker)
            case .remoteStartTransaction:
                guard
                    let sent = Self.profile(
                        payload, "chargingProfile", V16.RemoteStartTransaction.Request.self),
                    let profile = sent.0.chargingProfile
                else { return }
                try await keep(
                    SentProfile(connector: sent.0.connectorId ?? 0, profile: profile, text: sent.1),
                    outcome.word, of: point, by: asker)
            case .clearChargingProfile:
                guard outcome.isAnswer,
                    let asked = try? JSONReader.decode(
                        V16.ClearChargingProfile.Request.self, from: payload, rules: .strict)
                else { return }
                // `Unknown` means that it has none of them.
                try await host.database.run(.cleared(asked, of: point, at: host.clock.now))
            default: return
            }
        } catch {
            // The station has it all the same.
            host.log.warning("profile.unnoted", ["error": .text("\(error)")])
        }
    }

    private static func profile<Request: Decodable>(
        _ payload: [UInt8], _ member: String, _ type: Request.Type
    ) -> (Request, JSONValue)? {
        guard let request = try? JSONReader.decode(type, from: payload, rules: .strict),
            let text = try? JSONReader.decode(JSONValue.self, from: payload, rules: .api)[member]
        else { return nil }
        return (request, text)
    }

    private func keep(
        _ sent: SentProfile, _ verdict: String, of point: ChargePointID, by asker: Asker
    ) async throws {
        let now = host.clock.now
        try await host.database.transaction { transaction in
            // Accepted, it takes the place of the one of its number, and of one that would rank the same.
            if verdict == "Accepted" { try await transaction.run(.displaced(by: sent, of: point, at: now)) }
            try await transaction.run(.kept(sent, verdict, of: point, by: asker.user, at: now))
        }
    }
}

extension Query where Result == Void {
    fileprivate static func displaced(by sent: SentProfile, of point: ChargePointID, at now: Date) -> Self {
        let profile = sent.profile
        return """
            UPDATE gateway.charging_profile SET cleared_at = \(now)
            WHERE charge_point_id = \(point.text) AND cleared_at IS NULL AND verdict = 'Accepted'
                AND (profile_id = \(Int64(profile.chargingProfileId))
                    OR (connector_id = \(Int32(clamping: sent.connector))
                        AND purpose = \(profile.chargingProfilePurpose.rawValue)
                        AND stack_level = \(Int32(clamping: profile.stackLevel))))
            """
    }

    /// A profile of one session belongs to the session that it names, else to the one on its connector.
    fileprivate static func kept(
        _ sent: SentProfile, _ verdict: String, of point: ChargePointID, by user: ID<User>?, at now: Date
    ) -> Self {
        let (profile, connector) = (sent.profile, Int32(clamping: sent.connector))
        let purpose = profile.chargingProfilePurpose.rawValue
        return """
            INSERT INTO gateway.charging_profile (charge_point_id, connector_id, profile_id, purpose, stack_level, kind,
                session_id, profile, verdict, set_by, set_at)
            VALUES (\(point.text), \(connector), \(Int64(profile.chargingProfileId)), \(purpose),
                \(Int32(clamping: profile.stackLevel)), \(profile.chargingProfileKind.rawValue),
                CASE WHEN \(purpose) = 'TxProfile' THEN coalesce(\(profile.transactionId.map(Int64.init) as Int64?), (
                    SELECT session_id FROM gateway.session
                    WHERE charge_point_id = \(point.text) AND connector_id = \(connector) AND NOT is_finished)) END,
                \(json: sent.text), \(verdict), \(user as ID<User>?), \(now))
            """
    }

    fileprivate static func cleared(
        _ asked: V16.ClearChargingProfile.Request, of point: ChargePointID, at now: Date
    ) -> Self {
        let connector = asked.connectorId.map { Int32(clamping: $0) }
        let level = asked.stackLevel.map { Int32(clamping: $0) }
        // A number names one profile; what stands beside it says nothing more (§5.5).
        return """
            UPDATE gateway.charging_profile SET cleared_at = \(now)
            WHERE charge_point_id = \(point.text) AND cleared_at IS NULL AND verdict = 'Accepted'
                AND CASE WHEN \(asked.id.map(Int64.init) as Int64?)::bigint IS NOT NULL
                    THEN profile_id = \(asked.id.map(Int64.init) as Int64?)
                    ELSE connector_id = coalesce(\(connector as Int32?), connector_id)
                        AND purpose = coalesce(\(asked.chargingProfilePurpose?.rawValue as String?), purpose)
                        AND stack_level = coalesce(\(level as Int32?), stack_level) END
            """
    }
}
