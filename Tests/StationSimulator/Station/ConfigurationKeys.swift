import Core
import OCPP

/// The configuration keys of a station: what it says it is, and what it lets others change. OCPP 1.6 edition 2, §9.
struct ConfigurationKeys: Sendable {
    enum Kind: Sendable {
        case text
        case whole
        case flag
        /// Words separated by commas, out of these.
        case words(Set<String>)
    }

    struct Key: Sendable {
        var value: String
        let kind: Kind
        let isReadOnly: Bool
        let needsReboot: Bool
    }

    private var keys: [String: Key]

    init(connectors: Int, sampleInterval: Int, authorizationKey: String?, tagsInMessage: Int?) {
        let measurands = Set(V16.Measurand.allCases.map(\.rawValue))
        keys = [
            "AuthorizeRemoteTxRequests": .flag("false"),
            "ClockAlignedDataInterval": .whole("0"),
            "ConnectionTimeOut": .whole("60"),
            "ConnectorPhaseRotation": .text("NotApplicable"),
            "GetConfigurationMaxKeys": .readOnly("50"),
            "HeartbeatInterval": .whole("300"),
            "LocalAuthorizeOffline": .flag("true"),
            "LocalPreAuthorize": .flag("false"),
            "MeterValuesAlignedData": .words("Energy.Active.Import.Register", measurands),
            "MeterValuesSampledData": .words(
                "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC", measurands),
            "MeterValueSampleInterval": .whole("\(sampleInterval)"),
            "NumberOfConnectors": .readOnly("\(connectors)"),
            "ResetRetries": .whole("1"),
            "StopTransactionOnEVSideDisconnect": .flag("true"),
            "StopTransactionOnInvalidId": .flag("true"),
            "StopTxnAlignedData": .words("", measurands),
            "StopTxnSampledData": .words("", measurands),
            "SupportedFeatureProfiles": .readOnly(
                tagsInMessage == nil
                    ? "Core,Reservation,RemoteTrigger"
                    : "Core,LocalAuthListManagement,Reservation,RemoteTrigger"),
            "TransactionMessageAttempts": .whole("3"),
            "TransactionMessageRetryInterval": .whole("60"),
            "UnlockConnectorOnEVSideDisconnect": .flag("true"),
            "WebSocketPingInterval": .rebooting("60"),
        ]
        if let tagsInMessage {
            keys["LocalAuthListEnabled"] = .flag("true")
            keys["LocalAuthListMaxLength"] = .readOnly("10000")
            keys["SendLocalListMaxLength"] = .readOnly("\(tagsInMessage)")
        }
        // Never shown: whoever may read the configuration must not learn the password.
        keys["AuthorizationKey"] = Key(
            value: authorizationKey ?? "", kind: .text, isReadOnly: false, needsReboot: false)
    }

    subscript(_ name: String) -> String? { keys[name]?.value }

    func whole(_ name: String) -> Int { keys[name].flatMap { Int($0.value) } ?? 0 }
    func flag(_ name: String) -> Bool { keys[name]?.value.lowercased() == "true" }
    func words(_ name: String) -> [String] {
        (keys[name]?.value ?? "").split(separator: ",").map { String($0).trimmed }
    }

    mutating func change(_ name: String, to value: String) -> V16.ConfigurationStatus {
        guard let key = keys[name] else { return .notSupported }
        guard !key.isReadOnly, key.allows(value) else { return .rejected }
        keys[name]?.value = value
        return key.needsReboot ? .rebootRequired : .accepted
    }

    func answer(to asked: [String]) -> V16.GetConfiguration.Response {
        let names = asked.isEmpty ? keys.keys.sorted() : asked
        let known = names.compactMap { name in
            keys[name].map { key in
                V16.KeyValue(
                    key: .init(cutting: name), readonly: key.isReadOnly,
                    value: name == "AuthorizationKey" ? nil : .init(cutting: key.value))
            }
        }
        let unknown = names.filter { keys[$0] == nil }.map { Bounded<50>(cutting: $0) }
        return .init(configurationKey: known, unknownKey: unknown.isEmpty ? nil : unknown)
    }
}

extension ConfigurationKeys.Key {
    fileprivate static func text(_ value: String) -> Self {
        Self(value: value, kind: .text, isReadOnly: false, needsReboot: false)
    }
    fileprivate static func whole(_ value: String) -> Self {
        Self(value: value, kind: .whole, isReadOnly: false, needsReboot: false)
    }
    fileprivate static func flag(_ value: String) -> Self {
        Self(value: value, kind: .flag, isReadOnly: false, needsReboot: false)
    }
    fileprivate static func words(_ value: String, _ words: Set<String>) -> Self {
        Self(value: value, kind: .words(words), isReadOnly: false, needsReboot: false)
    }
    fileprivate static func readOnly(_ value: String) -> Self {
        Self(value: value, kind: .text, isReadOnly: true, needsReboot: false)
    }
    fileprivate static func rebooting(_ value: String) -> Self {
        Self(value: value, kind: .whole, isReadOnly: false, needsReboot: true)
    }

    fileprivate func allows(_ value: String) -> Bool {
        switch kind {
        case .text: true
        case .whole: (Int(value) ?? -1) >= 0
        case .flag: ["true", "false"].contains(value.lowercased())
        case .words(let words):
            value.split(separator: ",").allSatisfy { words.contains(String($0).trimmed) }
        }
    }
}
