extension V16 {
    /// Frees a stuck cable; a session that runs is ended first. OCPP 1.6 edition 2, §5.18.
    package enum UnlockConnector: OCPPCall {
        package static let action = V16.Action.unlockConnector

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int

            package init(connectorId: Int) {
                self.connectorId = connectorId
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: UnlockStatus

            package init(status: UnlockStatus) {
                self.status = status
            }
        }
    }

    /// Whether the cable is free now. OCPP 1.6 edition 2, §7.
    package enum UnlockStatus: String, Codable, CaseIterable, Sendable {
        case unlocked = "Unlocked"
        case unlockFailed = "UnlockFailed"
        case notSupported = "NotSupported"
    }
}
