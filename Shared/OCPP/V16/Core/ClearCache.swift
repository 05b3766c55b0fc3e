extension V16 {
    /// Makes a station forget the cards that it remembers. OCPP 1.6 edition 2, §5.4.
    package enum ClearCache: OCPPCall {
        package static let action = V16.Action.clearCache

        package typealias Request = NoFields

        package struct Response: Codable, Equatable, Sendable {
            package var status: AcceptedOrRejected

            package init(status: AcceptedOrRejected) {
                self.status = status
            }
        }
    }

    /// The answer of every command that a station either carries out or does not.
    /// OCPP 1.6 edition 2, §7: ClearCacheStatus, RemoteStartStopStatus and ResetStatus are the same two words.
    package enum AcceptedOrRejected: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
    }
}
