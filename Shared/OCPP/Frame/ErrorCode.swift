package import Core

/// Why a call is answered with a CALLERROR. The words differ from version to version, and stations compare them
/// letter by letter; they are spelt here and nowhere else.
package enum ErrorCode: CaseIterable, Sendable {
    /// No frame, or a payload that is no object.
    case formatViolation
    /// The frame is well-formed, but of a kind that nobody expects (2.0.1 and later).
    case messageTypeNotSupported
    /// An action that we have never heard of.
    case notImplemented
    /// An action that exists and that we do not offer.
    case notSupported
    case protocolError
    case securityError
    /// A member is missing, or there are too many of them.
    case occurrenceViolation
    /// A value outside its limits or its words.
    case propertyViolation
    /// A value of another type.
    case typeViolation
    case internalError
    case genericError
    /// The frame itself cannot be understood (2.0.1 and later).
    case rpcFrameworkError

    package func word(in version: OCPPVersion) -> String {
        switch (self, version) {
        // OCPP-J 1.6 §4.2.3. Errata 5.1 and 5.2 to it: both spellings are wrong, and stay.
        case (.formatViolation, .v16): "FormationViolation"
        case (.formatViolation, _): "FormatViolation"
        case (.occurrenceViolation, .v16): "OccurenceConstraintViolation"
        case (.occurrenceViolation, _): "OccurrenceConstraintViolation"
        case (.messageTypeNotSupported, .v16), (.rpcFrameworkError, .v16): "FormationViolation"
        case (.messageTypeNotSupported, _): "MessageTypeNotSupported"
        case (.rpcFrameworkError, _): "RpcFrameworkError"
        case (.notImplemented, _): "NotImplemented"
        case (.notSupported, _): "NotSupported"
        case (.protocolError, _): "ProtocolError"
        case (.securityError, _): "SecurityError"
        case (.propertyViolation, _): "PropertyConstraintViolation"
        case (.typeViolation, _): "TypeConstraintViolation"
        case (.internalError, _): "InternalError"
        case (.genericError, _): "GenericError"
        }
    }

    /// What a payload's mistakes amount to: the first one decides.
    package init(_ mistakes: JSONMistakes) {
        switch mistakes.all.first?.kind {
        case .missing: self = .occurrenceViolation
        case .type: self = .typeViolation
        case .constraint: self = .propertyViolation
        case .malformed, .unknown, nil: self = .formatViolation
        }
    }
}
