extension V16 {
    /// Asks a station to send a message now that it would send some day by itself. OCPP 1.6 edition 2, §5.17.
    package enum TriggerMessage: OCPPCall {
        package static let action = V16.Action.triggerMessage

        package struct Request: Codable, Equatable, Sendable {
            package var requestedMessage: MessageTrigger
            package var connectorId: Int?

            package init(requestedMessage: MessageTrigger, connectorId: Int? = nil) {
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

    /// The messages that can be asked for. OCPP 1.6 edition 2, §7.
    package enum MessageTrigger: String, Codable, CaseIterable, Sendable {
        case bootNotification = "BootNotification"
        case diagnosticsStatusNotification = "DiagnosticsStatusNotification"
        case firmwareStatusNotification = "FirmwareStatusNotification"
        case heartbeat = "Heartbeat"
        case meterValues = "MeterValues"
        case statusNotification = "StatusNotification"
    }

    /// Whether the message will come. OCPP 1.6 edition 2, §7.
    package enum TriggerMessageStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case notImplemented = "NotImplemented"
    }
}
