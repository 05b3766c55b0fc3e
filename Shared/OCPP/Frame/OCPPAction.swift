/// The actions that a version of OCPP knows, and who asks them.
package protocol OCPPAction: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    static var version: OCPPVersion { get }
    /// Who sends the CALL.
    var askers: Askers { get }
}

/// Which sides may ask an action of the other.
package struct Askers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let station = Askers(rawValue: 1)
    package static let centralSystem = Askers(rawValue: 2)
    package static let both: Askers = [.station, .centralSystem]
}

extension OCPPAction {
    /// The action of a CALL that `asker` sent, when it is one of those `offered`.
    ///
    /// Throws: `notImplemented` for a word that the version does not know; `notSupported` for an action that is known
    /// but not offered, or that this side does not ask.
    package static func read(
        _ word: String, from asker: Askers, offered: Set<Self>
    ) throws(CallError) -> Self {
        guard let action = Self(rawValue: word) else {
            throw CallError(.notImplemented, "\(version.subprotocol) knows no such action")
        }
        guard action.askers.contains(asker), offered.contains(action) else {
            throw CallError(.notSupported, "\(word) is not offered here")
        }
        return action
    }
}
