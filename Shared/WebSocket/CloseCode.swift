/// Why a WebSocket was closed, as the Close frame says it. RFC 6455 §7.4 and IANA's registry.
package struct CloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let normal = Self(rawValue: 1000)
    package static let goingAway = Self(rawValue: 1001)
    package static let protocolError = Self(rawValue: 1002)
    package static let unsupportedData = Self(rawValue: 1003)
    package static let invalidPayload = Self(rawValue: 1007)
    package static let policyViolation = Self(rawValue: 1008)
    package static let messageTooBig = Self(rawValue: 1009)
    package static let missingExtension = Self(rawValue: 1010)
    package static let internalError = Self(rawValue: 1011)
    package static let serviceRestart = Self(rawValue: 1012)
    package static let tryAgainLater = Self(rawValue: 1013)

    /// The peer's Close frame named no code. Never on the wire.
    package static let noStatus = Self(rawValue: 1005)
    /// The connection ended without a Close frame. Never on the wire.
    package static let abnormal = Self(rawValue: 1006)

    /// Whether a Close frame may carry it: registered codes, libraries' (3000 to 3999) and applications' own.
    package var mayTravel: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { String(rawValue) }
}

/// How a WebSocket ended.
package struct Ending: Equatable, Sendable {
    /// Who said the first word of the end.
    package enum Side: Equatable, Sendable { case ours, peer, network }

    package var code: CloseCode
    package var reason: String
    package var side: Side

    package init(_ code: CloseCode, _ reason: String = "", by side: Side) {
        self.code = code
        self.reason = reason
        self.side = side
    }
}

/// What the peer did against the protocol or our limits, with the code that it is told.
package struct Violation: Error, Equatable, Sendable {
    package let code: CloseCode
    package let reason: String

    init(_ code: CloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
