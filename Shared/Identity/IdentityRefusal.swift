import Core
package import Crypto
package import HTTP

/// Why a credential is not taken. What exactly was wrong with it is for the log; the caller hears what to do next.
package enum IdentityRefusal: Refusal, Equatable {
    /// No `Bearer`, two of them, or neither form of a credential.
    case malformed
    /// A device token that was never issued.
    case unknown
    case badToken(TokenFailure)
    /// The session was revoked, has ended or is gone, or its account is not active.
    case revoked

    package var problem: Problem {
        switch self {
        case .malformed: Problem(.unauthorized, "not authorized: malformed credential")
        case .unknown: Problem(.unauthorized, "not authorized: unknown credential")
        case .badToken(.expired): Problem(.unauthorized, code: 2010, "access token expired")
        case .badToken: Problem(.unauthorized, "not authorized: invalid token")
        case .revoked: Problem(.unauthorized, code: 2011, "login session revoked")
        }
    }
}

/// The database does not answer, so nobody can be told from anybody: the caller may come again.
package struct LoginsUnavailable: Unavailability, CustomStringConvertible {
    package let description: String
    package var retryAfterSeconds: Int? { 1 }
}
