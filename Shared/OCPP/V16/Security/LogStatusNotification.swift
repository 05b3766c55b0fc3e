extension V16 {
    /// How the upload of a log goes. Security whitepaper, edition 3, §5.9.
    package enum LogStatusNotification: OCPPCall {
        package static let action = V16.Action.logStatusNotification

        package struct Request: Codable, Equatable, Sendable {
            package var status: UploadLogStatus
            /// Of the GetLog that asked for it.
            package var requestId: Int?

            package init(status: UploadLogStatus, requestId: Int? = nil) {
                self.status = status
                self.requestId = requestId
            }
        }

        package typealias Response = NoFields
    }

    /// Security whitepaper, edition 3, §6.
    package enum UploadLogStatus: String, Codable, CaseIterable, Sendable {
        case badMessage = "BadMessage"
        case idle = "Idle"
        case notSupportedOperation = "NotSupportedOperation"
        case permissionDenied = "PermissionDenied"
        case uploaded = "Uploaded"
        case uploadFailure = "UploadFailure"
        case uploading = "Uploading"
    }
}
