/// The namespace of OCPP 2.1.
package enum V21 {
    /// Every action of OCPP 2.1.
    package enum Action: String, OCPPAction {
        case afrrSignal = "AFRRSignal"
        case adjustPeriodicEventStream = "AdjustPeriodicEventStream"
        case authorize = "Authorize"
        case batterySwap = "BatterySwap"
        case bootNotification = "BootNotification"
        case cancelReservation = "CancelReservation"
        case certificateSigned = "CertificateSigned"
        case changeAvailability = "ChangeAvailability"
        case changeTransactionTariff = "ChangeTransactionTariff"
        case clearCache = "ClearCache"
        case clearChargingProfile = "ClearChargingProfile"
        case clearDERControl = "ClearDERControl"
        case clearDisplayMessage = "ClearDisplayMessage"
        case clearTariffs = "ClearTariffs"
        case clearVariableMonitoring = "ClearVariableMonitoring"
        case clearedChargingLimit = "ClearedChargingLimit"
        case closePeriodicEventStream = "ClosePeriodicEventStream"
        case costUpdated = "CostUpdated"
        case customerInformation = "CustomerInformation"
        case dataTransfer = "DataTransfer"
        case deleteCertificate = "DeleteCertificate"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case get15118EVCertificate = "Get15118EVCertificate"
        case getBaseReport = "GetBaseReport"
        case getCertificateChainStatus = "GetCertificateChainStatus"
        case getCertificateStatus = "GetCertificateStatus"
        case getChargingProfiles = "GetChargingProfiles"
        case getCompositeSchedule = "GetCompositeSchedule"
        case getDERControl = "GetDERControl"
        case getDisplayMessages = "GetDisplayMessages"
        case getInstalledCertificateIds = "GetInstalledCertificateIds"
        case getLocalListVersion = "GetLocalListVersion"
        case getLog = "GetLog"
        case getMonitoringReport = "GetMonitoringReport"
        case getPeriodicEventStream = "GetPeriodicEventStream"
        case getReport = "GetReport"
        case getTariffs = "GetTariffs"
        case getTransactionStatus = "GetTransactionStatus"
        case getVariables = "GetVariables"
        case heartbeat = "Heartbeat"
        case installCertificate = "InstallCertificate"
        case logStatusNotification = "LogStatusNotification"
        case meterValues = "MeterValues"
        case notifyAllowedEnergyTransfer = "NotifyAllowedEnergyTransfer"
        case notifyChargingLimit = "NotifyChargingLimit"
        case notifyCustomerInformation = "NotifyCustomerInformation"
        case notifyDERAlarm = "NotifyDERAlarm"
        case notifyDERStartStop = "NotifyDERStartStop"
        case notifyDisplayMessages = "NotifyDisplayMessages"
        case notifyEVChargingNeeds = "NotifyEVChargingNeeds"
        case notifyEVChargingSchedule = "NotifyEVChargingSchedule"
        case notifyEvent = "NotifyEvent"
        case notifyMonitoringReport = "NotifyMonitoringReport"
        case notifyPeriodicEventStream = "NotifyPeriodicEventStream"
        case notifyPriorityCharging = "NotifyPriorityCharging"
        case notifyReport = "NotifyReport"
        case notifySettlement = "NotifySettlement"
        case notifyWebPaymentStarted = "NotifyWebPaymentStarted"
        case openPeriodicEventStream = "OpenPeriodicEventStream"
        case publishFirmware = "PublishFirmware"
        case publishFirmwareStatusNotification = "PublishFirmwareStatusNotification"
        case pullDynamicScheduleUpdate = "PullDynamicScheduleUpdate"
        case reportChargingProfiles = "ReportChargingProfiles"
        case reportDERControl = "ReportDERControl"
        case requestBatterySwap = "RequestBatterySwap"
        case requestStartTransaction = "RequestStartTransaction"
        case requestStopTransaction = "RequestStopTransaction"
        case reservationStatusUpdate = "ReservationStatusUpdate"
        case reserveNow = "ReserveNow"
        case reset = "Reset"
        case securityEventNotification = "SecurityEventNotification"
        case sendLocalList = "SendLocalList"
        case setChargingProfile = "SetChargingProfile"
        case setDERControl = "SetDERControl"
        case setDefaultTariff = "SetDefaultTariff"
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
        case updateDynamicSchedule = "UpdateDynamicSchedule"
        case updateFirmware = "UpdateFirmware"
        case usePriorityCharging = "UsePriorityCharging"
        case vatNumberValidation = "VatNumberValidation"

        package static let version = OCPPVersion.v21

        package var askers: Askers {
            switch self {
            case .dataTransfer: .both
            case .authorize, .batterySwap, .bootNotification, .clearedChargingLimit,
                .closePeriodicEventStream, .firmwareStatusNotification, .get15118EVCertificate,
                .getCertificateChainStatus, .getCertificateStatus, .heartbeat, .logStatusNotification,
                .meterValues, .notifyChargingLimit, .notifyCustomerInformation, .notifyDERAlarm,
                .notifyDERStartStop, .notifyDisplayMessages, .notifyEVChargingNeeds,
                .notifyEVChargingSchedule, .notifyEvent, .notifyMonitoringReport, .notifyPeriodicEventStream,
                .notifyPriorityCharging, .notifyReport, .notifySettlement, .openPeriodicEventStream,
                .publishFirmwareStatusNotification, .pullDynamicScheduleUpdate, .reportChargingProfiles,
                .reportDERControl, .reservationStatusUpdate, .securityEventNotification, .signCertificate,
                .statusNotification, .transactionEvent, .vatNumberValidation:
                .station
            case .afrrSignal, .adjustPeriodicEventStream, .cancelReservation, .certificateSigned,
                .changeAvailability, .changeTransactionTariff, .clearCache, .clearChargingProfile,
                .clearDERControl, .clearDisplayMessage, .clearTariffs, .clearVariableMonitoring,
                .costUpdated, .customerInformation, .deleteCertificate, .getBaseReport, .getChargingProfiles,
                .getCompositeSchedule, .getDERControl, .getDisplayMessages, .getInstalledCertificateIds,
                .getLocalListVersion, .getLog, .getMonitoringReport, .getPeriodicEventStream, .getReport,
                .getTariffs, .getTransactionStatus, .getVariables, .installCertificate,
                .notifyAllowedEnergyTransfer, .notifyWebPaymentStarted, .publishFirmware,
                .requestBatterySwap, .requestStartTransaction, .requestStopTransaction, .reserveNow, .reset,
                .sendLocalList, .setChargingProfile, .setDERControl, .setDefaultTariff, .setDisplayMessage,
                .setMonitoringBase, .setMonitoringLevel, .setNetworkProfile, .setVariableMonitoring,
                .setVariables, .triggerMessage, .unlockConnector, .unpublishFirmware, .updateDynamicSchedule,
                .updateFirmware, .usePriorityCharging:
                .centralSystem
            }
        }
    }
}
