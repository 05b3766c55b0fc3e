package import Core

extension V16 {
    /// Asks for some configuration keys of a station, or for all. OCPP 1.6 edition 2, §5.8.
    package enum GetConfiguration: OCPPCall {
        package static let action = V16.Action.getConfiguration

        package struct Request: Codable, Equatable, Sendable {
            /// None, or an empty list, asks for every key.
            package var key: [Bounded<50>]?

            package init(key: [Bounded<50>]? = nil) {
                self.key = key
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var configurationKey: [KeyValue]?
            package var unknownKey: [Bounded<50>]?

            package init(configurationKey: [KeyValue]? = nil, unknownKey: [Bounded<50>]? = nil) {
                self.configurationKey = configurationKey
                self.unknownKey = unknownKey
            }
        }
    }

    /// One configuration key of a station and its value. OCPP 1.6 edition 2, §7.
    package struct KeyValue: Codable, Equatable, Sendable {
        package var key: Bounded<50>
        package var readonly: Bool
        package var value: Bounded<500>?

        package init(key: Bounded<50>, readonly: Bool, value: Bounded<500>? = nil) {
            self.key = key
            self.readonly = readonly
            self.value = value
        }
    }
}
