package import Core

extension V16.Action {
    /// Proves a payload that we are to send against its schema, before the station has to.
    ///
    /// Throws: what is wrong with it.
    package func check(request payload: [UInt8]) throws(JSONMistakes) {
        switch self {
        case .cancelReservation: try Self.check(V16.CancelReservation.self, payload)
        case .certificateSigned: try Self.check(V16.CertificateSigned.self, payload)
        case .changeAvailability: try Self.check(V16.ChangeAvailability.self, payload)
        case .changeConfiguration: try Self.check(V16.ChangeConfiguration.self, payload)
        case .clearCache: try Self.check(V16.ClearCache.self, payload)
        case .clearChargingProfile: try Self.check(V16.ClearChargingProfile.self, payload)
        case .dataTransfer: try Self.check(V16.DataTransfer.self, payload)
        case .deleteCertificate: try Self.check(V16.DeleteCertificate.self, payload)
        case .extendedTriggerMessage: try Self.check(V16.ExtendedTriggerMessage.self, payload)
        case .getCompositeSchedule: try Self.check(V16.GetCompositeSchedule.self, payload)
        case .getConfiguration: try Self.check(V16.GetConfiguration.self, payload)
        case .getDiagnostics: try Self.check(V16.GetDiagnostics.self, payload)
        case .getInstalledCertificateIds: try Self.check(V16.GetInstalledCertificateIds.self, payload)
        case .getLocalListVersion: try Self.check(V16.GetLocalListVersion.self, payload)
        case .getLog: try Self.check(V16.GetLog.self, payload)
        case .installCertificate: try Self.check(V16.InstallCertificate.self, payload)
        case .remoteStartTransaction: try Self.check(V16.RemoteStartTransaction.self, payload)
        case .remoteStopTransaction: try Self.check(V16.RemoteStopTransaction.self, payload)
        case .reserveNow: try Self.check(V16.ReserveNow.self, payload)
        case .reset: try Self.check(V16.Reset.self, payload)
        case .sendLocalList: try Self.check(V16.SendLocalList.self, payload)
        case .setChargingProfile: try Self.check(V16.SetChargingProfile.self, payload)
        case .signedUpdateFirmware: try Self.check(V16.SignedUpdateFirmware.self, payload)
        case .triggerMessage: try Self.check(V16.TriggerMessage.self, payload)
        case .unlockConnector: try Self.check(V16.UnlockConnector.self, payload)
        case .updateFirmware: try Self.check(V16.UpdateFirmware.self, payload)
        case .authorize: try Self.check(V16.Authorize.self, payload)
        case .bootNotification: try Self.check(V16.BootNotification.self, payload)
        case .diagnosticsStatusNotification: try Self.check(V16.DiagnosticsStatusNotification.self, payload)
        case .firmwareStatusNotification: try Self.check(V16.FirmwareStatusNotification.self, payload)
        case .heartbeat: try Self.check(V16.Heartbeat.self, payload)
        case .logStatusNotification: try Self.check(V16.LogStatusNotification.self, payload)
        case .meterValues: try Self.check(V16.MeterValues.self, payload)
        case .securityEventNotification: try Self.check(V16.SecurityEventNotification.self, payload)
        case .signCertificate: try Self.check(V16.SignCertificate.self, payload)
        case .signedFirmwareStatusNotification:
            try Self.check(V16.SignedFirmwareStatusNotification.self, payload)
        case .startTransaction: try Self.check(V16.StartTransaction.self, payload)
        case .statusNotification: try Self.check(V16.StatusNotification.self, payload)
        case .stopTransaction: try Self.check(V16.StopTransaction.self, payload)
        }
    }

    private static func check<Call: OCPPCall>(_ call: Call.Type, _ payload: [UInt8]) throws(JSONMistakes) {
        _ = try JSONReader.decode(Call.Request.self, from: payload, rules: .strict)
    }
}
