package import Core

extension V16 {
    /// What the central system says of a card. OCPP 1.6 edition 2, §7.
    package struct IdTagInfo: Codable, Equatable, Sendable {
        /// After this moment a station that remembers the card must ask again.
        package var expiryDate: Timestamp?
        package var parentIdTag: Bounded<20>?
        package var status: AuthorizationStatus

        package init(
            expiryDate: Timestamp? = nil, parentIdTag: Bounded<20>? = nil, status: AuthorizationStatus
        ) {
            self.expiryDate = expiryDate
            self.parentIdTag = parentIdTag
            self.status = status
        }
    }

    /// Whether a card may charge. OCPP 1.6 edition 2, §7.
    package enum AuthorizationStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case blocked = "Blocked"
        case expired = "Expired"
        case invalid = "Invalid"
        /// The card already charges elsewhere, and may only do so once.
        case concurrentTx = "ConcurrentTx"
    }
}
