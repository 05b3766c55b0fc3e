import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

/// What is asserted after each boot (api.md 2.1.2): the configuration is read and kept, and what we rely on is set where it
/// differs.
struct FollowUp {
    let gateway: Gateway
    let link: StationLink

    /// What the readings of a bill and of a driver's app are made of.
    private static let measurands = [
        "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Current.Offered",
        "Voltage", "SoC",
    ]

    func run() async {
        guard let known = await readConfiguration() else { return }
        var wishes: [(String, String)] = [("AuthorizeRemoteTxRequests", "true")]
        let own = (known["MeterValuesSampledData"]?.value ?? "").split(separator: ",").map {
            String($0).trimmed
        }
        let union = own.filter { !$0.isEmpty } + Self.measurands.filter { !own.contains($0) }
        wishes.append(("MeterValuesSampledData", union.joined(separator: ",")))
        if gateway.settings.meterInterval > 0 {
            wishes.append(("MeterValueSampleInterval", String(gateway.settings.meterInterval)))
        }
        wishes.append(("WebSocketPingInterval", "30"))
        for (key, value) in wishes {
            // What the station does not have, or does not let anybody write, is left alone.
            guard let entry = known[key], !entry.isReadOnly, entry.value != value else { continue }
            await change(key, value)
        }
        await limitPower()
    }

    private struct Entry {
        let value: String
        let isReadOnly: Bool
    }

    private func readConfiguration() async -> [String: Entry]? {
        var payload: [UInt8] = []
        V16.GetConfiguration.write(.init(), into: &payload)
        guard case .answered(let answer) = await link.call(.getConfiguration, payload),
            let read = try? JSONReader.decode(V16.GetConfiguration.Response.self, from: answer, rules: .api)
        else {
            gateway.log(link.id, "GetConfiguration", "no configuration was told", .warning)
            return nil
        }
        let keys = read.configurationKey ?? []
        do { try await gateway.host.database.run(.keep(keys, of: link.id.text)) } catch {
            gateway.host.log.debug("station.configuration_unwritten", ["error": .text("\(error)")])
        }
        return Dictionary(
            keys.map { ($0.key.text, Entry(value: $0.value?.text ?? "", isReadOnly: $0.readonly)) }
        ) { first, _ in first }
    }

    private func change(_ key: String, _ value: String) async {
        guard let key = Bounded<50>(key), let value = Bounded<500>(value) else { return }
        var payload: [UInt8] = []
        V16.ChangeConfiguration.write(.init(key: key, value: value), into: &payload)
        let outcome = await link.call(.changeConfiguration, payload)
        let word: String
        switch outcome {
        case .answered(let answer): word = Gateway.status(in: answer) ?? "answered"
        case .refused(let error): word = error.code.word(in: link.version)
        case .failed: word = "no answer"
        }
        gateway.log(link.id, "ChangeConfiguration", "\(key.text): \(word)")
    }

    /// The site's limit as the point's own: A = W / 3 / 230, at least 6.
    private func limitPower() async {
        guard let watts = link.station.powerLimitW else { return }
        let ampere = max(6, (Int(watts) + 345) / 690)
        let payload = """
            {"connectorId":0,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":\
            "ChargePointMaxProfile","chargingProfileKind":"Absolute","chargingSchedule":{"chargingRateUnit":"A",\
            "chargingSchedulePeriod":[{"startPeriod":0,"limit":\(ampere)}]}}}
            """
        _ = await link.call(.setChargingProfile, Array(payload.utf8))
    }
}

/// A key of a station's configuration, as it is kept and shown.
struct KeptKey: Codable, Sendable {
    var key: String
    @OrNull var value: String?
    var readonly: Bool
}

extension Query where Result == Void {
    fileprivate static func keep(_ keys: [V16.KeyValue], of point: String) -> Self {
        let kept = keys.map { entry in
            // A station that shows its password is not repeated.
            KeptKey(
                key: entry.key.text, value: entry.key.text == "AuthorizationKey" ? nil : entry.value?.text,
                readonly: entry.readonly)
        }
        return "UPDATE gateway.station SET configuration = \(json: kept) WHERE charge_point_id = \(point)"
    }
}
