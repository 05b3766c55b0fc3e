package import Core

extension V16 {
    /// Asks a station to start a session for a card as if it had been shown there. OCPP 1.6 edition 2, §5.11.
    package enum RemoteStartTransaction: OCPPCall {
        package static let action = V16.Action.remoteStartTransaction

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int?
            package var idTag: Bounded<20>
            package var chargingProfile: ChargingProfile?

            package init(
                connectorId: Int? = nil, idTag: Bounded<20>, chargingProfile: ChargingProfile? = nil
            ) {
                self.connectorId = connectorId
                self.idTag = idTag
                self.chargingProfile = chargingProfile
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: AcceptedOrRejected

            package init(status: AcceptedOrRejected) {
                self.status = status
            }
        }
    }
}
