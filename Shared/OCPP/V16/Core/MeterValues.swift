import Core

extension V16 {
    /// Readings of one connector, in or between sessions. OCPP 1.6 edition 2, §4.7.
    package enum MeterValues: Call {
        package static let action = V16.Action.meterValues

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var transactionId: Int?
            package var meterValue: [MeterValue]

            package init(connectorId: Int, transactionId: Int? = nil, meterValue: [MeterValue]) {
                self.connectorId = connectorId
                self.transactionId = transactionId
                self.meterValue = meterValue
            }
        }

        package typealias Response = NoFields
    }
}
