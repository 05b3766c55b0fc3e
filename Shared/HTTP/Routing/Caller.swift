/// What a person may do in general; what they may do to one thing is the handler's rule.
package enum Role: String, Codable, CaseIterable, Sendable {
    case user, `operator`, admin
}

/// Who makes a request: read from the database for this very request.
package struct Caller: Equatable, Sendable {
    /// The account's number.
    package var user: Int64
    package var role: Role
    /// 0 to 10; apart from the role.
    package var accessLevel: Int
    /// The log-in that the credential belongs to.
    package var loginSession: Int64

    package init(user: Int64, role: Role, accessLevel: Int, loginSession: Int64) {
        self.user = user
        self.role = role
        self.accessLevel = accessLevel
        self.loginSession = loginSession
    }

    /// Runs the network: administrators and operators.
    package var isPower: Bool { role != .user }
    package var isAdmin: Bool { role == .admin }
}

/// Turns a credential into its owner.
package protocol CredentialCheck: Sendable {
    /// Nil without a credential. Throws: a `Refusal` for one that is wrong, expired or revoked.
    func caller(of request: Request) async throws -> Caller?
}

/// For a service that nobody logs in to.
package struct NoCredentials: CredentialCheck {
    package init() {}
    package func caller(of request: Request) async throws -> Caller? { nil }
}

/// The right that a route asks for before anything else of it runs.
package enum Right: String, Sendable {
    /// Everybody; a credential that is sent must still be right.
    case open
    /// Any account.
    case user
    /// Operators and administrators.
    case power
    case admin

    func isHeld(by caller: Caller?) -> Bool {
        switch self {
        case .open: true
        case .user: caller != nil
        case .power: caller?.isPower == true
        case .admin: caller?.isAdmin == true
        }
    }
}
