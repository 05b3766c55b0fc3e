extension V16 {
    /// Gives a kept connector free again. OCPP 1.6 edition 2, §5.1.
    package enum CancelReservation: OCPPCall {
        package static let action = V16.Action.cancelReservation

        package struct Request: Codable, Equatable, Sendable {
            package var reservationId: Int

            package init(reservationId: Int) {
                self.reservationId = reservationId
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: CancelReservationStatus

            package init(status: CancelReservationStatus) {
                self.status = status
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum CancelReservationStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
    }
}
