package import Core

extension V16 {
    /// Something happened that an auditor wants to know. Security whitepaper, edition 3, §5.10.
    package enum SecurityEventNotification: OCPPCall {
        package static let action = V16.Action.securityEventNotification

        package struct Request: Codable, Equatable, Sendable {
            package var type: Bounded<50>
            package var timestamp: Timestamp
            package var techInfo: Bounded<255>?

            package init(type: Bounded<50>, timestamp: Timestamp, techInfo: Bounded<255>? = nil) {
                self.type = type
                self.timestamp = timestamp
                self.techInfo = techInfo
            }
        }

        package typealias Response = NoFields
    }
}
