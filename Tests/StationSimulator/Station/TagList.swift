import Core
package import OCPP

/// The tags that a station knows without asking. OCPP 1.6 edition 2, §5.15.
package struct TagList: Equatable, Sendable {
    package private(set) var version = 0
    package private(set) var entries: [String: V16.IdTagInfo] = [:]
    /// Entries that one message may bring.
    private(set) var longestMessage: Int

    init(longestMessage: Int) { self.longestMessage = longestMessage }

    mutating func take(_ request: V16.SendLocalList.Request) -> V16.UpdateStatus {
        let sent = request.localAuthorizationList ?? []
        guard sent.count <= longestMessage, Set(sent.map(\.idTag.text)).count == sent.count else {
            return .failed
        }
        switch request.updateType {
        case .full: entries = [:]
        case .differential: guard request.listVersion > version else { return .versionMismatch }
        }
        for entry in sent { entries[entry.idTag.text] = entry.idTagInfo }
        version = request.listVersion
        return .accepted
    }

    /// As after a repair: everything is gone, the number too.
    package mutating func forget() { self = TagList(longestMessage: longestMessage) }
}
