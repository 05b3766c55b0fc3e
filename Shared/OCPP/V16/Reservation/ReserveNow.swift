package import Core

extension V16 {
    /// Keeps a connector for one card until a moment. OCPP 1.6 edition 2, §5.13.
    package enum ReserveNow: OCPPCall {
        package static let action = V16.Action.reserveNow

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var expiryDate: Timestamp
            package var idTag: Bounded<20>
            package var parentIdTag: Bounded<20>?
            package var reservationId: Int

            package init(
                connectorId: Int, expiryDate: Timestamp, idTag: Bounded<20>, parentIdTag: Bounded<20>? = nil,
                reservationId: Int
            ) {
                self.connectorId = connectorId
                self.expiryDate = expiryDate
                self.idTag = idTag
                self.parentIdTag = parentIdTag
                self.reservationId = reservationId
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: ReservationStatus

            package init(status: ReservationStatus) {
                self.status = status
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum ReservationStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case faulted = "Faulted"
        case occupied = "Occupied"
        case rejected = "Rejected"
        case unavailable = "Unavailable"
    }
}
