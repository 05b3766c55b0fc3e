package import Core

extension V16 {
    /// What the specification has no message for, by agreement with a vendor; either side may ask.
    /// OCPP 1.6 edition 2, §4.3 and §5.6.
    package enum DataTransfer: OCPPCall {
        package static let action = V16.Action.dataTransfer

        package struct Request: Codable, Equatable, Sendable {
            package var vendorId: Bounded<255>
            package var messageId: Bounded<50>?
            package var data: String?

            package init(vendorId: Bounded<255>, messageId: Bounded<50>? = nil, data: String? = nil) {
                self.vendorId = vendorId
                self.messageId = messageId
                self.data = data
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: DataTransferStatus
            package var data: String?

            package init(status: DataTransferStatus, data: String? = nil) {
                self.status = status
                self.data = data
            }
        }
    }

    /// Whether a vendor's message was understood. OCPP 1.6 edition 2, §7.
    package enum DataTransferStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case unknownMessageId = "UnknownMessageId"
        case unknownVendorId = "UnknownVendorId"
    }
}
