package import Core

extension V16 {
    /// Sets one configuration key of a station. OCPP 1.6 edition 2, §5.3.
    package enum ChangeConfiguration: OCPPCall {
        package static let action = V16.Action.changeConfiguration

        package struct Request: Codable, Equatable, Sendable {
            package var key: Bounded<50>
            package var value: Bounded<500>

            package init(key: Bounded<50>, value: Bounded<500>) {
                self.key = key
                self.value = value
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: ConfigurationStatus

            package init(status: ConfigurationStatus) {
                self.status = status
            }
        }
    }

    /// What a station did with a new value. OCPP 1.6 edition 2, §7.
    package enum ConfigurationStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case rebootRequired = "RebootRequired"
        case notSupported = "NotSupported"
    }
}
