extension V16 {
    /// Takes a connector, or with 0 the whole station, out of service or back. OCPP 1.6 edition 2, §5.2.
    package enum ChangeAvailability: OCPPCall {
        package static let action = V16.Action.changeAvailability

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var type: AvailabilityType

            package init(connectorId: Int, type: AvailabilityType) {
                self.connectorId = connectorId
                self.type = type
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: AvailabilityStatus

            package init(status: AvailabilityStatus) {
                self.status = status
            }
        }
    }

    /// Which way availability is to change. OCPP 1.6 edition 2, §7.
    package enum AvailabilityType: String, Codable, CaseIterable, Sendable {
        case inoperative = "Inoperative"
        case operative = "Operative"
    }

    /// Whether availability changes; `scheduled` waits for the session to end. OCPP 1.6 edition 2, §7.
    package enum AvailabilityStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case scheduled = "Scheduled"
    }
}
