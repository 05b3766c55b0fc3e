import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import Postgres

/// What an app goes on with after a login (`/token/`).
struct TokenPair: Codable, Equatable, Sendable {
    var access: String
    var refresh: String
    var token_type: String
    var expires_in: Int
}

extension Accounts {
    /// An access token for a login.
    func accessToken(of user: ID<User>, role: String, login: ID<LoginSession>) async throws -> String {
        let now = host.clock.now
        let claims = AccessClaims(
            issuer: host.settings.jwtIssuer, user: user.number, session: login.number,
            id: RandomText.opaqueToken(), issued: now,
            expires: now + TimeInterval(settings.tokens.accessTokenLife.components.seconds), role: role)
        return try await signer.sign(claims, at: now)
    }

    func pair(of user: ID<User>, role: String, login: ID<LoginSession>, refresh: String) async throws
        -> TokenPair
    {
        TokenPair(
            access: try await accessToken(of: user, role: role, login: login), refresh: refresh,
            token_type: "Bearer", expires_in: Int(settings.tokens.accessTokenLife.components.seconds))
    }
}

/// Exchanges a refresh token for the next one. A retired one ends its whole login: somebody else has it.
struct RefreshLogin {
    let accounts: Accounts
    let origin: LoginOrigin

    private enum Outcome: Sendable {
        case next(PresentedRefresh, String)
        case reuse([LoginRevoked])
    }

    /// Throws: `AccountsRefusal.refreshRefused`.
    func run(_ token: String) async throws -> (user: ID<User>, pair: TokenPair) {
        // Nothing else has this form, least of all an access token.
        guard token.utf8.count == 43 else { throw AccountsRefusal.refreshRefused }
        let host = accounts.host
        let outcome: Outcome = try await host.database.transaction { transaction in
            let now = host.clock.now
            guard let presented = try await transaction.run(.holdRefresh(token, at: now)), presented.isUsable
            else { throw AccountsRefusal.refreshRefused }
            guard !presented.isRetired else {
                let events = try await transaction.endLogins(.one(presented.login), at: now)
                try await transaction.run(
                    .tellLogin(.reuse, of: presented.user, as: presented.username, from: origin, at: now))
                try await transaction.run(
                    .record(
                        origin.audit(
                            "refresh_reuse", of: presented.user,
                            ["login_session": .integer(presented.login.number)]),
                        in: .accounts, at: now))
                return .reuse(events)
            }
            let next = RandomText.opaqueToken()
            try await transaction.run(.retireRefresh(token, at: now))
            try await transaction.run(.enterRefresh(next, of: presented.login, at: now))
            try await transaction.run(
                .noteUse(of: presented.login, at: now, deviceIdle: .zero))
            try await transaction.run(
                .tellLogin(.refresh, of: presented.user, as: presented.username, from: origin, at: now))
            return .next(presented, next)
        }
        switch outcome {
        case .reuse(let events):
            await accounts.tell(events)
            throw AccountsRefusal.refreshRefused
        case .next(let presented, let next):
            let pair = try await accounts.pair(
                of: presented.user, role: presented.role, login: presented.login, refresh: next)
            return (presented.user, pair)
        }
    }
}
