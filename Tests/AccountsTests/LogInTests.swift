import Core
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `Logging in by a device token` {
    @Test(.fact(12)) func `gives each login a token of its own`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let second = try await up.deviceToken("anna", anna.password)

        #expect(second.count == 32 && second != anna.token)
        for token in [anna.token, second] {
            #expect(try await up.get("/api/v1/users/me", as: token).status == 200)
        }
        #expect(try await up.get("/api/v1/users/me", as: String(second.dropLast())).status == 401)
    }

    @Test(.fact(13)) func `gives a token that is presented as the password back`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let answer = try await up.post("/api/v1/users/authenticate", ["password": .string(anna.token)])

        #expect(answer.status == 200)
        #expect(answer["token"] == .string(anna.token))
        #expect(answer["password"] == "")
    }

    @Test(.fact(14)) func `says the same of an unknown name and of a wrong password`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna")

        let wrong = try await up.post(
            "/api/v1/users/authenticate", ["username": "anna", "password": "Kettle-4712"])
        let unknown = try await up.post(
            "/api/v1/users/authenticate", ["username": "nobody", "password": "Kettle-4712"])

        #expect(wrong.status == 401 && wrong.code == 2001)
        #expect(wrong.headers["WWW-Authenticate"] == "Bearer")
        #expect((unknown.status, unknown.body) == (wrong.status, wrong.body))
    }
}
