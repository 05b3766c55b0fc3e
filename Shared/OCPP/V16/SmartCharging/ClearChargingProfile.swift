extension V16 {
    /// Takes profiles out: one by its number, or all that fit. OCPP 1.6 edition 2, §5.5.
    package enum ClearChargingProfile: OCPPCall {
        package static let action = V16.Action.clearChargingProfile

        package struct Request: Codable, Equatable, Sendable {
            package var id: Int?
            package var connectorId: Int?
            package var chargingProfilePurpose: ChargingProfilePurpose?
            package var stackLevel: Int?

            package init(
                id: Int? = nil, connectorId: Int? = nil,
                chargingProfilePurpose: ChargingProfilePurpose? = nil, stackLevel: Int? = nil
            ) {
                self.id = id
                self.connectorId = connectorId
                self.chargingProfilePurpose = chargingProfilePurpose
                self.stackLevel = stackLevel
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: ClearChargingProfileStatus

            package init(status: ClearChargingProfileStatus) {
                self.status = status
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum ClearChargingProfileStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case unknown = "Unknown"
    }
}
