import Core
import HTTP

struct PasswordResetInput: Codable, Sendable {
    var email: EmailAddress
}

struct ResetConfirmation: Codable, Sendable {
    var email: EmailAddress
    var code: Text<1, 20>
    var new_password: Verbatim<1, 128>
}

extension Accounts {
    /// What somebody can do who forgot a password.
    @RouteTable var passwordRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/users/password-reset", askForReset).failing("Failed to reset password")
            .summary("Ask for a code by mail").limited(by: .credentials).openToAnyCredential
        Route(.post, "/api/v1/users/password-reset/confirm", confirmReset)
            .failing("Failed to reset password").summary("Set a password by the code")
            .limited(by: .credentials).openToAnyCredential
    }

    func askForReset(_ call: Call<None, None, PasswordResetInput>) async throws -> Accepted<Notice> {
        let email = call.body.email.text
        guard !email.isEmpty else { throw AccountsRefusal.invalid(field: "email", "must not be empty") }
        try await call.countAttempt(on: "reset \(email)")
        try await ResetPassword(accounts: self, request: call.request).ask(for: email)
        return Accepted(Notice(message: "If the account exists, a code was sent"))
    }

    func confirmReset(_ call: Call<None, None, ResetConfirmation>) async throws -> OK<Notice> {
        let body = call.body
        try await call.countAttempt(on: "confirm \(body.email.text)")
        let reset = ResetPassword(accounts: self, request: call.request)
        try await reset.confirm(body.email.text, code: body.code.text, password: body.new_password.text)
        return OK(Notice(message: "Password changed"))
    }
}
