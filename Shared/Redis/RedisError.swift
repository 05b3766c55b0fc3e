import Core

/// Everything that can go wrong with Redis, as one struct at the border to hiredis.
package struct RedisError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        /// There is no connection: nothing was sent.
        case unavailable
        /// More commands are under way than the limit allows: nothing was sent.
        case overloaded
        /// The connection broke before the answer; the command may have run.
        case connectionLost
        /// No answer in time; the command may have run.
        case deadlineExceeded
        /// Redis understood and said no; `code` is the first word of its error (`WRONGTYPE`, `NOSCRIPT`).
        case refused(code: String)
        /// An answer of another shape than the command promises: a key that somebody else uses for something else.
        case unexpectedReply
        case badConfiguration
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Whether it is about Redis' absence or load, not about the command: whoever needs Redis answers 503, whoever
    /// can do without goes on without.
    package var isUnavailable: Bool {
        switch kind {
        case .unavailable, .overloaded, .connectionLost, .deadlineExceeded: true
        case .refused(let code):
            ["LOADING", "BUSY", "MASTERDOWN", "READONLY", "OOM", "MISCONF"].contains(code)
        case .unexpectedReply, .badConfiguration: false
        }
    }

    /// Whether the command may have taken effect although it is reported as failed.
    package var mayHaveRun: Bool { kind == .connectionLost || kind == .deadlineExceeded }

    package var description: String { "\(kind): \(message)" }
}

extension RedisError: Unavailability {
    /// A bus that is away is mostly back within seconds.
    package var retryAfterSeconds: Int? { isUnavailable ? 2 : nil }
}
