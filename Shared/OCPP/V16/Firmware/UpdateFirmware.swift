package import Core

extension V16 {
    /// Tells a station where its new firmware is, and from when on it may take it. OCPP 1.6 edition 2, §5.19.
    package enum UpdateFirmware: OCPPCall {
        package static let action = V16.Action.updateFirmware

        package struct Request: Codable, Equatable, Sendable {
            package var location: FileLocation
            package var retries: Int?
            package var retrieveDate: Timestamp
            package var retryInterval: Int?

            package init(
                location: FileLocation, retries: Int? = nil, retrieveDate: Timestamp,
                retryInterval: Int? = nil
            ) {
                self.location = location
                self.retries = retries
                self.retrieveDate = retrieveDate
                self.retryInterval = retryInterval
            }
        }

        package typealias Response = NoFields
    }
}
