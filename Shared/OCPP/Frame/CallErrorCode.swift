package import Core

/// Why a CALL was not answered by its result. The words differ between versions, so they stand here and nowhere else.
package enum CallErrorCode: Hashable, Sendable {
    /// The action is not known to this version.
    case notImplemented
    /// The action is known, but not offered here.
    case notSupported
    case internalError
    case protocolError
    case securityError
    /// The payload is not built as its action demands.
    case formatViolation
    /// A field holds a value that it may not.
    case propertyConstraintViolation
    /// A field is missing, or there too often or too seldom.
    case occurrenceConstraintViolation
    /// A field holds another type of value.
    case typeConstraintViolation
    case genericError
    /// The number in front of the frame is none that this version knows. From 2.0.1 on.
    case messageTypeNotSupported
    /// The frame is no call at all. From 2.0.1 on.
    case rpcFrameworkError
    /// A word that only its sender knows; never sent by us.
    case other(String)

    package static let known: [CallErrorCode] = [
        .notImplemented, .notSupported, .internalError, .protocolError, .securityError, .formatViolation,
        .propertyConstraintViolation, .occurrenceConstraintViolation, .typeConstraintViolation, .genericError,
        .messageTypeNotSupported, .rpcFrameworkError,
    ]

    /// The word that stands on the wire.
    package func word(in version: OCPPVersion) -> String {
        switch (self, version) {
        // The 1.6 text misspells the second of these, and stations compare letter by letter.
        case (.formatViolation, .v16): "FormationViolation"
        case (.occurrenceConstraintViolation, .v16): "OccurenceConstraintViolation"
        // What 1.6 has no word for is, in its words, badly formed.
        case (.messageTypeNotSupported, .v16), (.rpcFrameworkError, .v16): "FormationViolation"
        case (.formatViolation, _): "FormatViolation"
        case (.occurrenceConstraintViolation, _): "OccurrenceConstraintViolation"
        case (.messageTypeNotSupported, _): "MessageTypeNotSupported"
        case (.rpcFrameworkError, _): "RpcFrameworkError"
        case (.notImplemented, _): "NotImplemented"
        case (.notSupported, _): "NotSupported"
        case (.internalError, _): "InternalError"
        case (.protocolError, _): "ProtocolError"
        case (.securityError, _): "SecurityError"
        case (.propertyConstraintViolation, _): "PropertyConstraintViolation"
        case (.typeConstraintViolation, _): "TypeConstraintViolation"
        case (.genericError, _): "GenericError"
        case (.other(let word), _): word
        }
    }

    /// Reads a word of any version: stations mix up the spellings.
    package init(word: String) {
        self = Self.byWord[word] ?? .other(word)
    }

    private static let byWord: [String: CallErrorCode] = {
        var byWord: [String: CallErrorCode] = [:]
        for version in OCPPVersion.allCases.reversed() {
            for code in known where byWord[code.word(in: version)] == nil {
                byWord[code.word(in: version)] = code
            }
        }
        return byWord
    }()

    /// The code for a payload that its type refused: of several mistakes the gravest counts.
    package init(_ mistakes: JSONMistakes) {
        let codes = mistakes.all.map(Self.init)
        let gravest: [CallErrorCode] = [
            .formatViolation, .occurrenceConstraintViolation, .typeConstraintViolation,
        ]
        self = gravest.first(where: codes.contains) ?? .propertyConstraintViolation
    }

    private init(_ mistake: JSONMistake) {
        self =
            switch mistake.kind {
            case .malformed, .unknown: .formatViolation
            case .missing: .occurrenceConstraintViolation
            case .type: .typeConstraintViolation
            case .constraint where mistake.text == OutsideLimits.tooFew.text: .occurrenceConstraintViolation
            case .constraint: .propertyConstraintViolation
            }
    }
}

extension OutsideLimits {
    /// A list that must not be empty is.
    static let tooFew = OutsideLimits("must have at least one element in every list")
}
