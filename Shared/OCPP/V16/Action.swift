extension V16 {
    /// Every action of OCPP 1.6 edition 2 and of its security extension, by its word on the wire.
    package enum Action: String, CaseIterable, Sendable {
        // Core profile.
        case authorize = "Authorize"
        case bootNotification = "BootNotification"
        case changeAvailability = "ChangeAvailability"
        case changeConfiguration = "ChangeConfiguration"
        case clearCache = "ClearCache"
        case dataTransfer = "DataTransfer"
        case getConfiguration = "GetConfiguration"
        case heartbeat = "Heartbeat"
        case meterValues = "MeterValues"
        case remoteStartTransaction = "RemoteStartTransaction"
        case remoteStopTransaction = "RemoteStopTransaction"
        case reset = "Reset"
        case startTransaction = "StartTransaction"
        case statusNotification = "StatusNotification"
        case stopTransaction = "StopTransaction"
        case unlockConnector = "UnlockConnector"
        // Firmware management, local list, reservation, smart charging, remote trigger.
        case getDiagnostics = "GetDiagnostics"
        case diagnosticsStatusNotification = "DiagnosticsStatusNotification"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case updateFirmware = "UpdateFirmware"
        case getLocalListVersion = "GetLocalListVersion"
        case sendLocalList = "SendLocalList"
        case cancelReservation = "CancelReservation"
        case reserveNow = "ReserveNow"
        case clearChargingProfile = "ClearChargingProfile"
        case getCompositeSchedule = "GetCompositeSchedule"
        case setChargingProfile = "SetChargingProfile"
        case triggerMessage = "TriggerMessage"
        // Security extension.
        case certificateSigned = "CertificateSigned"
        case deleteCertificate = "DeleteCertificate"
        case extendedTriggerMessage = "ExtendedTriggerMessage"
        case getInstalledCertificateIds = "GetInstalledCertificateIds"
        case getLog = "GetLog"
        case installCertificate = "InstallCertificate"
        case logStatusNotification = "LogStatusNotification"
        case securityEventNotification = "SecurityEventNotification"
        case signCertificate = "SignCertificate"
        case signedFirmwareStatusNotification = "SignedFirmwareStatusNotification"
        case signedUpdateFirmware = "SignedUpdateFirmware"

        /// Whether a station may call it; the rest goes from the central system to the station.
        package var isFromStation: Bool {
            switch self {
            case .authorize, .bootNotification, .dataTransfer, .heartbeat, .meterValues, .startTransaction,
                .statusNotification, .stopTransaction, .diagnosticsStatusNotification,
                .firmwareStatusNotification,
                .logStatusNotification, .securityEventNotification, .signCertificate,
                .signedFirmwareStatusNotification:
                true
            default: false
            }
        }

        /// The actions whose facts become a bill. Stations repeat them until they are confirmed, so that an error as the
        /// answer means a repetition for ever.
        package var carriesTransaction: Bool {
            self == .startTransaction || self == .stopTransaction || self == .meterValues
        }

        /// What a station is told that calls `word`, where nobody answers it: it does not exist, or not for stations.
        package static func refusal(for word: String) -> ErrorCode {
            Action(rawValue: word) == nil ? .notImplemented : .notSupported
        }
    }
}
