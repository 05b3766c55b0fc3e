package import Core

extension V16 {
    /// A driver has shown a card, and the station asks whether it may charge. OCPP 1.6 edition 2, §4.1.
    package enum Authorize: OCPPCall {
        package static let action = V16.Action.authorize

        package struct Request: Codable, Equatable, Sendable {
            package var idTag: Bounded<20>

            package init(idTag: Bounded<20>) {
                self.idTag = idTag
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var idTagInfo: IdTagInfo

            package init(idTagInfo: IdTagInfo) {
                self.idTagInfo = idTagInfo
            }
        }
    }
}
