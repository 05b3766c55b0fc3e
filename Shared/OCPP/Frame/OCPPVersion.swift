/// The versions of OCPP that frames are read and written for, oldest first.
package enum OCPPVersion: String, CaseIterable, Comparable, Sendable {
    case v16 = "ocpp1.6"
    case v201 = "ocpp2.0.1"
    case v21 = "ocpp2.1"

    /// The word in `Sec-WebSocket-Protocol`.
    package var subprotocol: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .v16: 0
        case .v201: 1
        case .v21: 2
        }
    }

    /// What a handshake that offers these subprotocols comes to.
    package enum Choice: Equatable, Sendable {
        case version(OCPPVersion)
        /// Not one word was offered: whether that is served is a setting.
        case nothingOffered
        /// Words were offered, but none that is served.
        case nothingCommon([String])
    }

    /// The highest version that both sides speak, whatever the order in which the station offers them.
    package static func choose(offered: [String], serving: some Sequence<OCPPVersion>) -> Choice {
        guard !offered.isEmpty else { return .nothingOffered }
        // Stations write the word in any case.
        let words = offered.map { $0.lowercased() }
        let common = serving.filter { words.contains($0.subprotocol) }
        return common.max().map(Choice.version) ?? .nothingCommon(offered)
    }
}
