/// Why something that was asked of a gateway did not happen, by the application codes of api.md 1.3.
package enum RefusalCode: Int, CaseIterable, Codable, Sendable {
    /// An ordinary failure: not found, not allowed, a defect.
    case failed = 2001
    case offline = 2020
    /// The station said no; its word is in the refusal's `status`.
    case rejected = 2021
    /// The station did not answer in time.
    case noAnswer = 2022
    case connectorNotAvailable = 2023
    /// The car is charging already, or the session has ended.
    case carBusyOrSessionOver = 2024
    case siteClosed = 2025
    case inUse = 2031
    case balanceTooLow = 2040
    case paymentMethodNeeded = 2041
    case discountNotUsable = 2042
    case holdRefused = 3002
    case providerAway = 3005

    /// The HTTP status that goes with it.
    package var httpStatus: Int {
        switch self {
        case .failed, .discountNotUsable: 400
        case .offline, .rejected, .connectorNotAvailable, .carBusyOrSessionOver, .siteClosed, .inUse,
            .balanceTooLow, .paymentMethodNeeded, .holdRefused:
            409
        case .noAnswer: 504
        case .providerAway: 503
        }
    }
}

/// A "no" of a gateway, in words for the client.
package struct CommandRefusal: Error, Codable, Equatable, Sendable {
    /// Open, so that an older asker passes on what a newer gateway says.
    package var code: Int
    /// A sentence for a person: `charge point is offline`.
    package var reason: String
    /// The station's own word: `Rejected`, `NotSupported`, or the code of its CALLERROR.
    package var status: String?

    package init(_ code: RefusalCode, _ reason: String, status: String? = nil) {
        self.code = code.rawValue
        self.reason = reason
        self.status = status
    }

    package var known: RefusalCode? { RefusalCode(rawValue: code) }
    package var httpStatus: Int { known?.httpStatus ?? 409 }

    package static let offline = CommandRefusal(.offline, "charge point is offline")
    package static let noAnswer = CommandRefusal(.noAnswer, "charge point did not answer in time")
}

/// How a command ended.
package enum CommandOutcome<Answer: Codable & Equatable & Sendable>: Equatable, Sendable {
    case done(Answer)
    case refused(CommandRefusal)

    /// Throws: the refusal.
    package func get() throws(CommandRefusal) -> Answer {
        switch self {
        case .done(let answer): return answer
        case .refused(let refusal): throw refusal
        }
    }
}
