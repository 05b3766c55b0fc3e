package import Core

extension V16 {
    /// A session has ended. OCPP 1.6 edition 2, §4.10.
    package enum StopTransaction: OCPPCall {
        package static let action = V16.Action.stopTransaction

        package struct Request: Codable, Equatable, Sendable {
            /// Who ended it; none when nobody showed a card to do so.
            package var idTag: Bounded<20>?
            /// The meter's register in Wh when the session ended.
            package var meterStop: Int
            package var timestamp: Timestamp
            package var transactionId: Int
            /// None means `local`.
            package var reason: Open<StopReason>?
            package var transactionData: [MeterValue]?

            package init(
                idTag: Bounded<20>? = nil, meterStop: Int, timestamp: Timestamp, transactionId: Int,
                reason: Open<StopReason>? = nil, transactionData: [MeterValue]? = nil
            ) {
                self.idTag = idTag
                self.meterStop = meterStop
                self.timestamp = timestamp
                self.transactionId = transactionId
                self.reason = reason
                self.transactionData = transactionData
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var idTagInfo: IdTagInfo?

            package init(idTagInfo: IdTagInfo? = nil) {
                self.idTagInfo = idTagInfo
            }
        }
    }

    /// Why a session ended. OCPP 1.6 edition 2, §7.
    package enum StopReason: String, Codable, CaseIterable, Sendable {
        case deAuthorized = "DeAuthorized"
        case emergencyStop = "EmergencyStop"
        case vehicleDisconnected = "EVDisconnected"
        case hardReset = "HardReset"
        case local = "Local"
        case other = "Other"
        case powerLoss = "PowerLoss"
        case reboot = "Reboot"
        case remote = "Remote"
        case softReset = "SoftReset"
        case unlockCommand = "UnlockCommand"
    }
}
