extension V16 {
    /// How a firmware update goes. OCPP 1.6 edition 2, §4.5.
    package enum FirmwareStatusNotification: OCPPCall {
        package static let action = V16.Action.firmwareStatusNotification

        package struct Request: Codable, Equatable, Sendable {
            package var status: FirmwareStatus

            package init(status: FirmwareStatus) {
                self.status = status
            }
        }

        package typealias Response = NoFields
    }

    /// OCPP 1.6 edition 2, §7.
    package enum FirmwareStatus: String, Codable, CaseIterable, Sendable {
        case downloaded = "Downloaded"
        case downloadFailed = "DownloadFailed"
        case downloading = "Downloading"
        case idle = "Idle"
        case installationFailed = "InstallationFailed"
        case installing = "Installing"
        case installed = "Installed"
    }
}
