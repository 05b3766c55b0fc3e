/// The versions of OCPP's JSON form, oldest first.
package enum OCPPVersion: String, CaseIterable, Comparable, Sendable {
    /// The raw values are the WebSocket subprotocols as IANA registered them.
    case v16 = "ocpp1.6"
    case v201 = "ocpp2.0.1"
    case v21 = "ocpp2.1"

    package var subprotocol: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }

    /// The highest version that both sides offer. Stations write subprotocols in any case.
    package static func choose(offered: [String], served: Set<OCPPVersion>) -> OCPPVersion? {
        offered.compactMap { OCPPVersion(rawValue: $0.lowercased()) }.filter(served.contains).max()
    }
}
