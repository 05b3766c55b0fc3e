package import Core

extension V16 {
    /// Gives a station the tags that it may know while nobody can be asked. OCPP 1.6 edition 2, §5.15.
    package enum SendLocalList: OCPPCall {
        package static let action = V16.Action.sendLocalList

        package struct Request: Codable, Equatable, Sendable {
            package var listVersion: Int
            package var localAuthorizationList: [Entry]?
            package var updateType: UpdateType

            package init(listVersion: Int, localAuthorizationList: [Entry]?, updateType: UpdateType) {
                self.listVersion = listVersion
                self.localAuthorizationList = localAuthorizationList
                self.updateType = updateType
            }
        }

        package struct Entry: Codable, Equatable, Sendable {
            package var idTag: Bounded<20>
            /// Missing in a differential update: the tag is taken out.
            package var idTagInfo: IdTagInfo?

            package init(idTag: Bounded<20>, idTagInfo: IdTagInfo?) {
                self.idTag = idTag
                self.idTagInfo = idTagInfo
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: UpdateStatus

            package init(status: UpdateStatus) {
                self.status = status
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum UpdateType: String, Codable, CaseIterable, Sendable {
        case differential = "Differential"
        case full = "Full"
    }

    /// OCPP 1.6 edition 2, §7.
    package enum UpdateStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case failed = "Failed"
        case notSupported = "NotSupported"
        case versionMismatch = "VersionMismatch"
    }
}
