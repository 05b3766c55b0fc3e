package import Core

extension V16 {
    /// Asks for a file about what the station did. OCPP 1.6 edition 2, §5.9.
    package enum GetDiagnostics: OCPPCall {
        package static let action = V16.Action.getDiagnostics

        package struct Request: Codable, Equatable, Sendable {
            package var location: FileLocation
            package var retries: Int?
            package var retryInterval: Int?
            package var startTime: Timestamp?
            package var stopTime: Timestamp?

            package init(
                location: FileLocation, retries: Int? = nil, retryInterval: Int? = nil,
                startTime: Timestamp? = nil,
                stopTime: Timestamp? = nil
            ) {
                self.location = location
                self.retries = retries
                self.retryInterval = retryInterval
                self.startTime = startTime
                self.stopTime = stopTime
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var fileName: Bounded<255>?

            package init(fileName: Bounded<255>? = nil) {
                self.fileName = fileName
            }
        }
    }
}
