extension V16 {
    /// Asks which list of tags a station holds. OCPP 1.6 edition 2, §5.10.
    package enum GetLocalListVersion: OCPPCall {
        package static let action = V16.Action.getLocalListVersion

        package typealias Request = NoFields

        package struct Response: Codable, Equatable, Sendable {
            /// 0: an empty list; −1: the station keeps none.
            package var listVersion: Int

            package init(listVersion: Int) {
                self.listVersion = listVersion
            }
        }
    }
}
