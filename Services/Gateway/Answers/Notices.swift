import Contracts
import Core
import FoundationEssentials
import OCPP

// What a station only tells: a line of the log, the progress of what it was asked for, and a confirmation.

extension Gateway {
    func answer(
        _ notice: V16.DiagnosticsStatusNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        try await progress(.diagnostics, notice.status.rawValue, of: link, at: received)
        let isBad = notice.status == .uploadFailed
        log(link.id, "DiagnosticsStatusNotification", notice.status.rawValue, isBad ? .warning : .info)
        return NoFields()
    }

    func answer(
        _ notice: V16.FirmwareStatusNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        try await progress(.firmware, notice.status.rawValue, of: link, at: received)
        let isBad = [.downloadFailed, .installationFailed].contains(notice.status)
        log(link.id, "FirmwareStatusNotification", notice.status.rawValue, isBad ? .warning : .info)
        return NoFields()
    }

    func answer(
        _ notice: V16.SignedFirmwareStatusNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        try await progress(
            .signedFirmware, notice.status.rawValue, request: notice.requestId, of: link, at: received)
        let bad: [V16.SignedFirmwareStatus] = [
            .downloadFailed, .installationFailed, .installVerificationFailed, .invalidSignature,
        ]
        log(
            link.id, "SignedFirmwareStatusNotification", notice.status.rawValue,
            bad.contains(notice.status) ? .warning : .info)
        return NoFields()
    }

    func answer(
        _ notice: V16.LogStatusNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        try await progress(.log, notice.status.rawValue, request: notice.requestId, of: link, at: received)
        log(link.id, "LogStatusNotification", notice.status.rawValue)
        return NoFields()
    }

    func answer(
        _ notice: V16.SecurityEventNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        let more = notice.techInfo.map { ": \($0.text)" } ?? ""
        log(link.id, "Security", "\(notice.type.text)\(more)", .warning)
        return NoFields()
    }
}
