package import Core

extension V16.Action {
    /// The message and its answer as types.
    package var call: any OCPPCall.Type {
        switch self {
        case .cancelReservation: V16.CancelReservation.self
        case .certificateSigned: V16.CertificateSigned.self
        case .changeAvailability: V16.ChangeAvailability.self
        case .changeConfiguration: V16.ChangeConfiguration.self
        case .clearCache: V16.ClearCache.self
        case .clearChargingProfile: V16.ClearChargingProfile.self
        case .dataTransfer: V16.DataTransfer.self
        case .deleteCertificate: V16.DeleteCertificate.self
        case .extendedTriggerMessage: V16.ExtendedTriggerMessage.self
        case .getCompositeSchedule: V16.GetCompositeSchedule.self
        case .getConfiguration: V16.GetConfiguration.self
        case .getDiagnostics: V16.GetDiagnostics.self
        case .getInstalledCertificateIds: V16.GetInstalledCertificateIds.self
        case .getLocalListVersion: V16.GetLocalListVersion.self
        case .getLog: V16.GetLog.self
        case .installCertificate: V16.InstallCertificate.self
        case .remoteStartTransaction: V16.RemoteStartTransaction.self
        case .remoteStopTransaction: V16.RemoteStopTransaction.self
        case .reserveNow: V16.ReserveNow.self
        case .reset: V16.Reset.self
        case .sendLocalList: V16.SendLocalList.self
        case .setChargingProfile: V16.SetChargingProfile.self
        case .signedUpdateFirmware: V16.SignedUpdateFirmware.self
        case .triggerMessage: V16.TriggerMessage.self
        case .unlockConnector: V16.UnlockConnector.self
        case .updateFirmware: V16.UpdateFirmware.self
        case .authorize: V16.Authorize.self
        case .bootNotification: V16.BootNotification.self
        case .diagnosticsStatusNotification: V16.DiagnosticsStatusNotification.self
        case .firmwareStatusNotification: V16.FirmwareStatusNotification.self
        case .heartbeat: V16.Heartbeat.self
        case .logStatusNotification: V16.LogStatusNotification.self
        case .meterValues: V16.MeterValues.self
        case .securityEventNotification: V16.SecurityEventNotification.self
        case .signCertificate: V16.SignCertificate.self
        case .signedFirmwareStatusNotification: V16.SignedFirmwareStatusNotification.self
        case .startTransaction: V16.StartTransaction.self
        case .statusNotification: V16.StatusNotification.self
        case .stopTransaction: V16.StopTransaction.self
        }
    }

    /// Proves a call's payload against its schema, whoever is to send it.
    ///
    /// Throws: what is wrong with it.
    package func check(request payload: [UInt8]) throws(JSONMistakes) {
        try Self.check(request: payload, of: call)
    }

    /// Proves the payload of an answer.
    ///
    /// Throws: what is wrong with it.
    package func check(response payload: [UInt8]) throws(JSONMistakes) {
        try Self.check(response: payload, of: call)
    }

    private static func check<Call: OCPPCall>(
        request payload: [UInt8], of call: Call.Type
    ) throws(JSONMistakes) {
        _ = try JSONReader.decode(Call.Request.self, from: payload, rules: .strict)
    }

    private static func check<Call: OCPPCall>(
        response payload: [UInt8], of call: Call.Type
    ) throws(JSONMistakes) {
        _ = try JSONReader.decode(Call.Response.self, from: payload, rules: .strict)
    }
}
