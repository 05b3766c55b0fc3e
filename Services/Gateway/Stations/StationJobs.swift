import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres

/// A file that a station was asked to fetch or to bring: firmware, diagnostics, logs. What it says of the progress is joined to
/// what it was asked last.
struct StationJob: Sendable {
    enum Kind: String, Sendable {
        case diagnostics, firmware, log
        case signedFirmware = "signed_firmware"
    }

    var kind: Kind
    var request: Int64?
    var location: String

    /// Nil for a call that begins none.
    init?(_ action: V16.Action, _ payload: [UInt8]) {
        switch action {
        case .getDiagnostics:
            guard let asked = Self.read(V16.GetDiagnostics.Request.self, payload) else { return nil }
            (kind, request, location) = (.diagnostics, nil, asked.location.text)
        case .updateFirmware:
            guard let asked = Self.read(V16.UpdateFirmware.Request.self, payload) else { return nil }
            (kind, request, location) = (.firmware, nil, asked.location.text)
        case .getLog:
            guard let asked = Self.read(V16.GetLog.Request.self, payload) else { return nil }
            (kind, request, location) = (.log, Int64(asked.requestId), asked.log.remoteLocation.text)
        case .signedUpdateFirmware:
            guard let asked = Self.read(V16.SignedUpdateFirmware.Request.self, payload) else { return nil }
            (kind, request, location) = (
                .signedFirmware, Int64(asked.requestId), asked.firmware.location.text
            )
        default: return nil
        }
    }

    private static func read<Request: Decodable>(_ type: Request.Type, _ payload: [UInt8]) -> Request? {
        try? JSONReader.decode(type, from: payload, rules: .strict)
    }

    /// Words after which nothing more is to come.
    static let ends: Set<String> = [
        "Uploaded", "UploadFailure", "UploadFailed", "Installed", "InstallationFailed", "DownloadFailed",
        "InstallVerificationFailed", "InvalidSignature", "BadMessage", "NotSupportedOperation",
        "PermissionDenied",
        "Rejected", "RevokedCertificate", "InvalidCertificate", "AcceptedCanceled",
    ]
}

extension Gateway {
    /// Writes down that a station took on a job.
    func begin(_ job: StationJob, _ answer: [UInt8], of point: ChargePointID, by asker: Asker) async throws {
        struct Answer: Codable {
            var status: String?
            var fileName: String?
            var filename: String?
        }
        let told = try? JSONReader.decode(Answer.self, from: answer, rules: .api)
        let status = told?.status ?? "Accepted"
        try await host.database.run(
            .begun(
                job, of: point, by: asker.user, status, file: told?.fileName ?? told?.filename ?? "",
                at: host.clock.now))
    }

    /// What a station says of its job. One that nobody asked for is only in the log.
    func progress(
        _ kind: StationJob.Kind, _ status: String, request: Int? = nil, of link: StationLink,
        at received: Date
    ) async throws {
        // What it says while nothing is under way.
        guard status != "Idle" else { return }
        try await host.database.run(
            .progressed(kind, status, request: request.map(Int64.init), of: link.id, at: received))
    }
}

extension Query where Result == Void {
    fileprivate static func begun(
        _ job: StationJob, of point: ChargePointID, by user: ID<User>?, _ status: String, file: String,
        at now: Date
    ) -> Self {
        """
        INSERT INTO gateway.station_job (charge_point_id, kind, request_id, location, asked_by, asked_at, status, file_name,
            changed_at, is_over)
        VALUES (\(point.text), \(job.kind.rawValue), \(job.request as Int64?), \(FrameLog.withoutCredentials(job.location)), \(user as ID<User>?), \(now),
            \(status), \(file), \(now), \(StationJob.ends.contains(status)))
        """
    }

    /// Of the job with this number, else of the newest.
    fileprivate static func progressed(
        _ kind: StationJob.Kind, _ status: String, request: Int64?, of point: ChargePointID, at now: Date
    ) -> Self {
        """
        UPDATE gateway.station_job
        SET status = \(status), changed_at = \(now), is_over = \(StationJob.ends.contains(status))
        WHERE id = (
            SELECT id FROM gateway.station_job
            WHERE charge_point_id = \(point.text) AND kind = \(kind.rawValue) AND NOT is_over
                AND (\(request as Int64?)::bigint IS NULL OR request_id = \(request as Int64?))
            ORDER BY id DESC
            LIMIT 1
        )
        """
    }
}
