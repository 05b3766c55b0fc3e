import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Identity
import Postgres

/// `users/authenticate`: a name and a password, or, without a name, a token as the password.
struct AuthenticateInput: Codable, Sendable {
    @OrNull var username: String?
    var password: Verbatim<0, 4_096>?
    @OrNull var verification_code: String?
}

struct TokenInput: Codable, Sendable {
    var email: Text<1, 254>
    var password: Verbatim<1, 128>
    @OrNull var verification_code: String?
    var remember_me: Bool?
}

struct RefreshInput: Codable, Sendable {
    var refresh: Text<1, 4_096>
}

struct LoginInput: Codable, Sendable {
    var username: Text<1, 254>
    var password: Verbatim<1, 128>
    var remember_me: Bool?
    @OrNull var verification_code: String?
}

struct LoginAnswer: Codable, Sendable {
    var access_token: String
    var refresh_token: String
    var token_type: String
    var expires_in: Int
    var user: UserBody
}

struct OptionalRefreshInput: Codable, Sendable {
    var refresh_token: String?
}

struct LogoutInput: Codable, Sendable {
    var all: Bool?
}

struct Notice: Codable, Sendable {
    var message: String
}

struct UserAnswer: Codable, Sendable {
    var user: UserBody
}

extension Accounts {
    @RouteTable var authRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/users/authenticate", authenticate).failing("Not authorized")
            .failingToRead("Failed to decode user data")
            .summary("A device token for a name and a password").limited(by: .credentials).openToAnyCredential
        Route(.post, "/api/v1/token", takeTokens).failing("Not authorized")
            .summary("Access and refresh token for an e-mail and a password").limited(by: .credentials)
            .openToAnyCredential
        Route(.post, "/api/v1/token/refresh", refreshTokens).failing("Not authorized")
            .summary("The next pair of tokens").limited(by: .credentials).openToAnyCredential
        Route(.post, "/api/auth/login", logIn).failing("Not authorized").summary("Log in")
            .limited(by: .credentials).openToAnyCredential
        Route(.post, "/api/auth/refresh", refreshLogin).failing("Not authorized")
            .summary("The next pair of tokens").limited(by: .credentials).openToAnyCredential
        Route(.post, "/api/auth/logout", logOut).summary("End this login, or all").needs(.user)
        Route(.get, "/api/auth/me", showMe).summary("Who is calling").needs(.user)
    }

    func authenticate(_ call: Call<None, None, AuthenticateInput>) async throws -> OK<EvsysUserBody> {
        guard let password = call.body.password?.text, !password.isEmpty else {
            throw AccountsRefusal.passwordMissing
        }
        guard let name = call.body.username, !name.isEmpty else {
            let caller = try await host.callers.caller(presenting: password)
            return OK(try await account(ID(caller.user)).evsysBody(token: password))
        }
        let (logIn, found) = try await prove(name, password, call.body.verification_code, call)
        let token = try await logIn.device(found)
        return OK(try await account(found.id).evsysBody(token: token))
    }

    func takeTokens(_ call: Call<None, None, TokenInput>) async throws -> OK<TokenPair> {
        let body = call.body
        let (logIn, found) = try await prove(
            body.email.text, body.password.text, body.verification_code, call)
        return OK(try await logIn.tokens(found, remember: call.body.remember_me == true))
    }

    /// A lock is told before a limit (api.md 1.10), and both before the costly check.
    private func prove<Body: Sendable>(
        _ name: String, _ password: String, _ code: String?, _ call: Call<None, None, Body>
    ) async throws -> (LogIn, Account) {
        if let seconds = try await lockedSeconds(name) { throw AccountsRefusal.locked(seconds: seconds) }
        try await call.countAttempt(on: name)
        let logIn = LogIn(accounts: self, origin: LoginOrigin(call.request))
        return (logIn, try await logIn.prove(name, password, code: code))
    }

    func refreshTokens(_ call: Call<None, None, RefreshInput>) async throws -> OK<TokenPair> {
        let refresh = RefreshLogin(accounts: self, origin: LoginOrigin(call.request))
        return OK(try await refresh.run(call.body.refresh.text).pair)
    }

    func logIn(_ call: Call<None, None, LoginInput>) async throws -> OK<LoginAnswer> {
        let body = call.body
        let (logIn, found) = try await prove(
            body.username.text, body.password.text, body.verification_code, call)
        let pair = try await logIn.tokens(found, remember: call.body.remember_me == true)
        return OK(try await answer(pair, for: found.id))
    }

    func refreshLogin(_ call: Call<None, None, OptionalRefreshInput>) async throws -> OK<LoginAnswer> {
        let header = call.request.headers["Authorization"].flatMap { value -> String? in
            let words = value.split(separator: " ", maxSplits: 1)
            return words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : nil
        }
        guard let token = call.body.refresh_token ?? header else { throw AccountsRefusal.refreshRefused }
        let refresh = RefreshLogin(accounts: self, origin: LoginOrigin(call.request))
        let (user, pair) = try await refresh.run(token)
        return OK(try await answer(pair, for: user))
    }

    private func answer(_ pair: TokenPair, for user: ID<User>) async throws -> LoginAnswer {
        LoginAnswer(
            access_token: pair.access, refresh_token: pair.refresh, token_type: pair.token_type,
            expires_in: pair.expires_in,
            user: try await account(user).body(in: host.settings.currency))
    }

    func logOut(_ call: Call<None, None, LogoutInput>) async throws -> OK<Notice> {
        let (host, caller, request) = (host, call.identified, call.request)
        let selection: LoginSelection =
            call.body.all == true ? .all(of: ID(caller.user)) : .one(ID(caller.loginSession))
        let username = try await account(ID(caller.user)).username
        let events = try await host.database.transaction { transaction in
            let now = host.clock.now
            let events = try await transaction.endLogins(selection, at: now)
            try await transaction.run(
                .tellLogin(.logout, of: ID(caller.user), as: username, from: LoginOrigin(request), at: now))
            try await transaction.run(
                .record(AuditEntry("logout", by: caller.user, from: request), in: .accounts, at: now))
            return events
        }
        await tell(events)
        return OK(Notice(message: "Logged out"))
    }

    func showMe(_ call: Call<None, None, None>) async throws -> OK<UserAnswer> {
        let account = try await account(ID(call.identified.user))
        return OK(UserAnswer(user: account.body(in: host.settings.currency)))
    }

    /// Throws: `AccountsRefusal.noSuchUser`.
    func account(_ id: ID<User>) async throws -> Account {
        guard let account = try await host.database.run(.account(.id(id))) else {
            throw AccountsRefusal.noSuchUser
        }
        return account
    }
}
