extension V16 {
    /// Asks a station to send a message now. Security whitepaper, edition 3, §5.4.
    package enum ExtendedTriggerMessage: OCPPCall {
        package static let action = V16.Action.extendedTriggerMessage

        package struct Request: Codable, Equatable, Sendable {
            package var requestedMessage: ExtendedMessageTrigger
            package var connectorId: Int?

            package init(requestedMessage: ExtendedMessageTrigger, connectorId: Int? = nil) {
                self.requestedMessage = requestedMessage
                self.connectorId = connectorId
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: TriggerMessageStatus

            package init(status: TriggerMessageStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum ExtendedMessageTrigger: String, Codable, CaseIterable, Sendable {
        case bootNotification = "BootNotification"
        case logStatusNotification = "LogStatusNotification"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case heartbeat = "Heartbeat"
        case meterValues = "MeterValues"
        case signChargePointCertificate = "SignChargePointCertificate"
        case statusNotification = "StatusNotification"
    }
}
