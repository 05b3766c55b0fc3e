/// The namespace of OCPP 2.0.1.
package enum V201 {
    /// Every action of OCPP 2.0.1.
    package enum Action: String, OCPPAction {
        case authorize = "Authorize"
        case bootNotification = "BootNotification"
        case cancelReservation = "CancelReservation"
        case certificateSigned = "CertificateSigned"
        case changeAvailability = "ChangeAvailability"
        case clearCache = "ClearCache"
        case clearChargingProfile = "ClearChargingProfile"
        case clearDisplayMessage = "ClearDisplayMessage"
        case clearVariableMonitoring = "ClearVariableMonitoring"
        case clearedChargingLimit = "ClearedChargingLimit"
        case costUpdated = "CostUpdated"
        case customerInformation = "CustomerInformation"
        case dataTransfer = "DataTransfer"
        case deleteCertificate = "DeleteCertificate"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case get15118EVCertificate = "Get15118EVCertificate"
        case getBaseReport = "GetBaseReport"
        case getCertificateStatus = "GetCertificateStatus"
        case getChargingProfiles = "GetChargingProfiles"
        case getCompositeSchedule = "GetCompositeSchedule"
        case getDisplayMessages = "GetDisplayMessages"
        case getInstalledCertificateIds = "GetInstalledCertificateIds"
        case getLocalListVersion = "GetLocalListVersion"
        case getLog = "GetLog"
        case getMonitoringReport = "GetMonitoringReport"
        case getReport = "GetReport"
        case getTransactionStatus = "GetTransactionStatus"
        case getVariables = "GetVariables"
        case heartbeat = "Heartbeat"
        case installCertificate = "InstallCertificate"
        case logStatusNotification = "LogStatusNotification"
        case meterValues = "MeterValues"
        case notifyChargingLimit = "NotifyChargingLimit"
        case notifyCustomerInformation = "NotifyCustomerInformation"
        case notifyDisplayMessages = "NotifyDisplayMessages"
        case notifyEVChargingNeeds = "NotifyEVChargingNeeds"
        case notifyEVChargingSchedule = "NotifyEVChargingSchedule"
        case notifyEvent = "NotifyEvent"
        case notifyMonitoringReport = "NotifyMonitoringReport"
        case notifyReport = "NotifyReport"
        case publishFirmware = "PublishFirmware"
        case publishFirmwareStatusNotification = "PublishFirmwareStatusNotification"
        case reportChargingProfiles = "ReportChargingProfiles"
        case requestStartTransaction = "RequestStartTransaction"
        case requestStopTransaction = "RequestStopTransaction"
        case reservationStatusUpdate = "ReservationStatusUpdate"
        case reserveNow = "ReserveNow"
        case reset = "Reset"
        case securityEventNotification = "SecurityEventNotification"
        case sendLocalList = "SendLocalList"
        case setChargingProfile = "SetChargingProfile"
        case setDisplayMessage = "SetDisplayMessage"
        case setMonitoringBase = "SetMonitoringBase"
        case setMonitoringLevel = "SetMonitoringLevel"
        case setNetworkProfile = "SetNetworkProfile"
        case setVariableMonitoring = "SetVariableMonitoring"
        case setVariables = "SetVariables"
        case signCertificate = "SignCertificate"
        case statusNotification = "StatusNotification"
        case transactionEvent = "TransactionEvent"
        case triggerMessage = "TriggerMessage"
        case unlockConnector = "UnlockConnector"
        case unpublishFirmware = "UnpublishFirmware"
        case updateFirmware = "UpdateFirmware"

        package static let version = OCPPVersion.v201

        package var askers: Askers {
            switch self {
            case .dataTransfer: .both
            case .authorize, .bootNotification, .clearedChargingLimit, .firmwareStatusNotification,
                .get15118EVCertificate, .getCertificateStatus, .heartbeat, .logStatusNotification,
                .meterValues, .notifyChargingLimit, .notifyCustomerInformation, .notifyDisplayMessages,
                .notifyEVChargingNeeds, .notifyEVChargingSchedule, .notifyEvent, .notifyMonitoringReport,
                .notifyReport, .publishFirmwareStatusNotification, .reportChargingProfiles,
                .reservationStatusUpdate, .securityEventNotification, .signCertificate, .statusNotification,
                .transactionEvent:
                .station
            case .cancelReservation, .certificateSigned, .changeAvailability, .clearCache,
                .clearChargingProfile, .clearDisplayMessage, .clearVariableMonitoring, .costUpdated,
                .customerInformation, .deleteCertificate, .getBaseReport, .getChargingProfiles,
                .getCompositeSchedule, .getDisplayMessages, .getInstalledCertificateIds,
                .getLocalListVersion, .getLog, .getMonitoringReport, .getReport, .getTransactionStatus,
                .getVariables, .installCertificate, .publishFirmware, .requestStartTransaction,
                .requestStopTransaction, .reserveNow, .reset, .sendLocalList, .setChargingProfile,
                .setDisplayMessage, .setMonitoringBase, .setMonitoringLevel, .setNetworkProfile,
                .setVariableMonitoring, .setVariables, .triggerMessage, .unlockConnector, .unpublishFirmware,
                .updateFirmware:
                .centralSystem
            }
        }
    }
}
