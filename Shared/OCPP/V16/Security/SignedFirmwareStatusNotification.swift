extension V16 {
    /// How an update with signed firmware goes. Security whitepaper, edition 3, §5.13.
    package enum SignedFirmwareStatusNotification: OCPPCall {
        package static let action = V16.Action.signedFirmwareStatusNotification

        package struct Request: Codable, Equatable, Sendable {
            package var status: SignedFirmwareStatus
            /// Of the SignedUpdateFirmware that asked for it.
            package var requestId: Int?

            package init(status: SignedFirmwareStatus, requestId: Int? = nil) {
                self.status = status
                self.requestId = requestId
            }
        }

        package typealias Response = NoFields
    }

    /// Security whitepaper, edition 3, §6.
    package enum SignedFirmwareStatus: String, Codable, CaseIterable, Sendable {
        case downloaded = "Downloaded"
        case downloadFailed = "DownloadFailed"
        case downloading = "Downloading"
        case downloadScheduled = "DownloadScheduled"
        case downloadPaused = "DownloadPaused"
        case idle = "Idle"
        case installationFailed = "InstallationFailed"
        case installing = "Installing"
        case installed = "Installed"
        case installRebooting = "InstallRebooting"
        case installScheduled = "InstallScheduled"
        case installVerificationFailed = "InstallVerificationFailed"
        case invalidSignature = "InvalidSignature"
        case signatureVerified = "SignatureVerified"
    }
}
