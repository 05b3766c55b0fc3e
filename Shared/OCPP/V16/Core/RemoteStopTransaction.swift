extension V16 {
    /// Asks a station to end a session. OCPP 1.6 edition 2, §5.12.
    package enum RemoteStopTransaction: OCPPCall {
        package static let action = V16.Action.remoteStopTransaction

        package struct Request: Codable, Equatable, Sendable {
            package var transactionId: Int

            package init(transactionId: Int) {
                self.transactionId = transactionId
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
