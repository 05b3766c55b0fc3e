extension V16 {
    /// Every action of OCPP 1.6 edition 2 and of its security extension.
    package enum Action: String, OCPPAction {
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
        // Remote trigger.
        case triggerMessage = "TriggerMessage"
        // Firmware management.
        case diagnosticsStatusNotification = "DiagnosticsStatusNotification"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case getDiagnostics = "GetDiagnostics"
        case updateFirmware = "UpdateFirmware"
        // Local list.
        case getLocalListVersion = "GetLocalListVersion"
        case sendLocalList = "SendLocalList"
        // Reservation.
        case cancelReservation = "CancelReservation"
        case reserveNow = "ReserveNow"
        // Smart charging.
        case clearChargingProfile = "ClearChargingProfile"
        case getCompositeSchedule = "GetCompositeSchedule"
        case setChargingProfile = "SetChargingProfile"
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

        package static let version = OCPPVersion.v16

        package var askers: Askers {
            switch self {
            case .dataTransfer: .both
            case .authorize, .bootNotification, .heartbeat, .meterValues, .startTransaction,
                .statusNotification, .stopTransaction, .diagnosticsStatusNotification,
                .firmwareStatusNotification, .logStatusNotification, .securityEventNotification,
                .signCertificate, .signedFirmwareStatusNotification:
                .station
            case .changeAvailability, .changeConfiguration, .clearCache, .getConfiguration,
                .remoteStartTransaction, .remoteStopTransaction, .reset, .unlockConnector, .triggerMessage,
                .getDiagnostics, .updateFirmware, .getLocalListVersion, .sendLocalList, .cancelReservation,
                .reserveNow, .clearChargingProfile, .getCompositeSchedule, .setChargingProfile,
                .certificateSigned, .deleteCertificate, .extendedTriggerMessage, .getInstalledCertificateIds,
                .getLog, .installCertificate, .signedUpdateFirmware:
                .centralSystem
            }
        }

        /// Whether a station repeats it until it is confirmed: never answered by an error for what it holds.
        package var carriesTransaction: Bool {
            switch self {
            case .startTransaction, .stopTransaction, .meterValues: true
            default: false
            }
        }
    }
}
