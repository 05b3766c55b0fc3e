extension V16 {
    /// Limits what a station, its sessions or one session may draw. OCPP 1.6 edition 2, §5.16.
    package enum SetChargingProfile: OCPPCall {
        package static let action = V16.Action.setChargingProfile

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var csChargingProfiles: ChargingProfile

            package init(connectorId: Int, csChargingProfiles: ChargingProfile) {
                self.connectorId = connectorId
                self.csChargingProfiles = csChargingProfiles
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: ChargingProfileStatus

            package init(status: ChargingProfileStatus) {
                self.status = status
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum ChargingProfileStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case notSupported = "NotSupported"
    }
}
