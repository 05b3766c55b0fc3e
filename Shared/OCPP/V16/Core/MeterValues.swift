import Core

extension V16 {
    /// Readings of one connector, in or between sessions. OCPP 1.6 edition 2, §4.7.
    package enum MeterValues: OCPPCall {
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

            package init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                connectorId = try container.decode(Int.self, forKey: .connectorId)
                transactionId = try container.decodeIfPresent(Int.self, forKey: .transactionId)
                meterValue = try container.decode([MeterValue].self, forKey: .meterValue)
                guard Self.holdsValues(meterValue) else { throw OutsideLimits.tooFew }
            }

            /// Neither list may be empty here; in a StopTransaction both may.
            static func holdsValues(_ list: [MeterValue]) -> Bool {
                !list.isEmpty && list.allSatisfy { !$0.sampledValue.isEmpty }
            }
        }

        package typealias Response = NoFields
    }
}
