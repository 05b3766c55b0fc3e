extension V16 {
    /// How the upload of diagnostics goes. OCPP 1.6 edition 2, §4.4.
    package enum DiagnosticsStatusNotification: OCPPCall {
        package static let action = V16.Action.diagnosticsStatusNotification

        package struct Request: Codable, Equatable, Sendable {
            package var status: DiagnosticsStatus

            package init(status: DiagnosticsStatus) {
                self.status = status
            }
        }

        package typealias Response = NoFields
    }

    /// OCPP 1.6 edition 2, §7.
    package enum DiagnosticsStatus: String, Codable, CaseIterable, Sendable {
        case idle = "Idle"
        case uploaded = "Uploaded"
        case uploadFailed = "UploadFailed"
        case uploading = "Uploading"
    }
}
