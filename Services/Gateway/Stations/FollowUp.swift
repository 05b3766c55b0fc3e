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
        await closeOverlaid()
        guard var known = await readConfiguration() else { return }
        // An operator may have set another: how long it may be silent hangs on it.
        if let interval = known["HeartbeatInterval"].flatMap({ Int($0.value) }), interval > 0 {
            link.interval = max(link.interval, min(interval, 86_400))
        }
        var wishes: [(String, String)] = [("AuthorizeRemoteTxRequests", "true")]
        let own = (known["MeterValuesSampledData"]?.value ?? "").split(separator: ",").map {
            String($0).trimmed
        }
        wishes.append(("MeterValuesSampledData", Self.union(own, Self.measurands)))
        if gateway.settings.meterInterval > 0 {
            wishes.append(("MeterValueSampleInterval", String(gateway.settings.meterInterval)))
        }
        wishes.append(("WebSocketPingInterval", "30"))
        var hasChanged = false
        for (key, value) in wishes {
            // What the station does not have, or does not let anybody write, is left alone.
            guard let entry = known[key], !entry.isReadOnly, entry.value != value else { continue }
            var taken = await change(key, value) ? value : nil
            if taken == nil, key == "MeterValuesSampledData" {
                // It refuses the whole list for one word that it does not know: the one that bills are made of remains.
                let least = Self.union(own, [Self.measurands[0]])
                if least != entry.value, await change(key, least) { taken = least }
            }
            guard let taken else { continue }
            known[key]?.value = taken
            hasChanged = true
        }
        if hasChanged { await keep(known.values.sorted { $0.place < $1.place }) }
        await limitPower()
        await giveTags(known)
    }

    /// A station that says that it keeps a list of tags is given ours.
    private func giveTags(_ known: [String: Entry]) async {
        let profiles = (known["SupportedFeatureProfiles"]?.value ?? "").split(separator: ",").map {
            String($0).trimmed
        }
        guard profiles.contains("LocalAuthListManagement"),
            known["LocalAuthListEnabled"]?.value.lowercased() != "false"
        else { return }
        let longest = known["SendLocalListMaxLength"].flatMap { Int($0.value) } ?? 100
        do {
            try await KeepTagList(gateway: gateway, link: link).begin(longestMessage: max(1, longest))
        } catch {
            gateway.host.log.debug("tags.list_unsent", ["error": .text("\(error)")])
        }
    }

    private static func union(_ own: [String], _ wanted: [String]) -> String {
        (own.filter { !$0.isEmpty } + wanted.filter { !own.contains($0) }).joined(separator: ",")
    }

    private struct Entry {
        /// In the station's own order.
        let place: Int
        let key: String
        var value: String
        let hasValue: Bool
        let isReadOnly: Bool
    }

    private func readConfiguration() async -> [String: Entry]? {
        var payload: [UInt8] = []
        V16.GetConfiguration.write(.init(), into: &payload)
        guard
            case .answered(let answer) = await gateway.command(
                .getConfiguration, payload, to: link, by: .system(.gateway)),
            let read = try? JSONReader.decode(V16.GetConfiguration.Response.self, from: answer, rules: .api)
        else {
            gateway.log(link.id, "GetConfiguration", "no configuration was told", .warning)
            return nil
        }
        let entries = (read.configurationKey ?? []).enumerated().map { place, entry in
            Entry(
                place: place, key: entry.key.text, value: entry.value?.text ?? "",
                hasValue: entry.value != nil, isReadOnly: entry.readonly)
        }
        await keep(entries)
        return Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
    }

    private func keep(_ entries: [Entry]) async {
        let kept = entries.map { entry in
            // A station that shows its password is not repeated.
            KeptKey(
                key: entry.key,
                value: entry.hasValue && entry.key.lowercased() != "authorizationkey" ? entry.value : nil,
                readonly: entry.isReadOnly)
        }
        do { try await gateway.host.database.run(.keep(kept, of: link.id.text)) } catch {
            gateway.host.log.debug("station.configuration_unwritten", ["error": .text("\(error)")])
        }
    }

    /// Whether the station took it.
    private func change(_ key: String, _ value: String) async -> Bool {
        guard let key = Bounded<50>(key), let value = Bounded<500>(value) else { return false }
        var payload: [UInt8] = []
        V16.ChangeConfiguration.write(.init(key: key, value: value), into: &payload)
        let outcome = await gateway.command(.changeConfiguration, payload, to: link, by: .system(.gateway))
        guard case .answered(let answer) = outcome else { return false }
        return ["Accepted", "RebootRequired"].contains(Gateway.status(in: answer))
    }

    /// Connectors that staff took out of use, while the station was away or before: it may have forgotten, or never have heard.
    private func closeOverlaid() async {
        let closed: [Int32]
        do { closed = try await gateway.host.database.run(.overlaid(on: link.id.text)) } catch {
            gateway.host.log.debug("station.overlays_unread", ["error": .text("\(error)")])
            return
        }
        for connector in closed {
            let payload = #"{"connectorId":\#(connector),"type":"Inoperative"}"#
            _ = await gateway.command(
                .changeAvailability, Array(payload.utf8), to: link, by: .system(.gateway))
        }
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
        _ = await gateway.command(
            .setChargingProfile, Array(payload.utf8), to: link, by: .system(.gateway))
    }
}

/// A key of a station's configuration, as it is kept and shown.
struct KeptKey: Codable, Sendable {
    var key: String
    @OrNull var value: String?
    var readonly: Bool
}

extension Query where Result == [Int32] {
    fileprivate static func overlaid(on point: String) -> Self {
        """
        SELECT connector_id FROM accounts_view.connector
        WHERE charge_point_id = \(point) AND overlay IS NOT NULL AND NOT is_deleted
        ORDER BY connector_id
        LIMIT 99
        """
    }
}

extension Query where Result == Void {
    fileprivate static func keep(_ keys: [KeptKey], of point: String) -> Self {
        "UPDATE gateway.station SET configuration = \(json: keys) WHERE charge_point_id = \(point)"
    }
}
