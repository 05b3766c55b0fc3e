package import Core

extension V16 {
    /// A session has begun. OCPP 1.6 edition 2, §4.8.
    package enum StartTransaction: OCPPCall {
        package static let action = V16.Action.startTransaction

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var idTag: Bounded<20>
            /// The meter's register in Wh when the session began.
            package var meterStart: Int
            package var reservationId: Int?
            package var timestamp: Timestamp

            package init(
                connectorId: Int, idTag: Bounded<20>, meterStart: Int, reservationId: Int? = nil,
                timestamp: Timestamp
            ) {
                self.connectorId = connectorId
                self.idTag = idTag
                self.meterStart = meterStart
                self.reservationId = reservationId
                self.timestamp = timestamp
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var idTagInfo: IdTagInfo
            package var transactionId: Int

            package init(idTagInfo: IdTagInfo, transactionId: Int) {
                self.idTagInfo = idTagInfo
                self.transactionId = transactionId
            }
        }
    }
}
