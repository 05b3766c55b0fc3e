import Core
import FoundationEssentials
import HTTP
import Postgres
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

    @Test func `takes an access token as the password too, and nothing that was made up`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (access, refresh) = try await up.logIn("anna", anna.password)

        let answer = try await up.post("/api/v1/users/authenticate", ["password": .string(access)])
        #expect(answer.status == 200 && answer["token"] == .string(access))

        for made in [refresh, String(repeating: "0", count: 32), "Kettle-4711"] {
            let answer = try await up.post("/api/v1/users/authenticate", ["password": .string(made)])
            #expect(answer.status == 401 && answer.code == 2001, "\(made)")
            #expect(answer["status_message"]?.text?.hasPrefix("Not authorized: ") == true)
        }
    }

    @Test func `asks for a password in the words of the contract`() async throws {
        for body in [["username": "anna"], ["username": "anna", "password": ""]] as [JSONValue] {
            let answer = try await AccountsUp.current.post("/api/v1/users/authenticate", body)

            #expect(answer.status == 400 && answer.code == 2001)
            #expect(answer["status_message"] == "Failed to decode user data: Password required")
            #expect(answer["errors"] == ["password": ["is required"]])
        }
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

    @Test func `knows people by their e-mail, in any case`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": "Anna@Example.org"])

        #expect(try await up.deviceToken("ANNA@example.ORG", anna.password).count == 32)
        let otherCase = try await up.post(
            "/api/v1/users/authenticate", ["username": "Anna", "password": .string(anna.password)])
        #expect(otherCase.status == 401)
    }

    @Test(.fact(15)) func `and by an access token opens the same doors`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let access = try await up.logIn("anna", anna.password).access

        for credential in [anna.token, access] {
            let me = try await up.get("/api/auth/me", as: credential)
            #expect(me.status == 200)
            #expect(me["user"]?["username"] == "anna")
            #expect(try await up.get("/api/v1/chp", as: credential).status == 200)
        }
    }

    @Test(.accountsUp(["DEVICE_TOKEN_IDLE_DAYS": "2"]))
    func `lasts as long as it is used`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let unused = try await up.deviceToken("anna", anna.password)
        let registry = try Registry()

        up.clock.advance(by: .seconds(36 * 3_600))
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
        try await Wait.until {
            let later = up.clock.now + 36 * 3_600
            let moved: Int64 = try await registry.owner.run(
                "SELECT count(*) FROM accounts.login_session WHERE expires_at > \(later)")
            return moved == 1
        }
        up.clock.advance(by: .seconds(36 * 3_600))

        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
        let late = try await up.get("/api/v1/users/me", as: unused)
        #expect(late.status == 401 && late.code == 2011)
    }
}

@Suite(.accountsUp) struct `Failing to log in` {
    private func attempt(_ password: String, name: String = "anna") async throws -> Answer {
        try await AccountsUp.current.post(
            "/api/v1/users/authenticate", ["username": .string(name), "password": .string(password)])
    }

    @Test func `counts for the limit, and so does succeeding`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        for _ in 1...10 { #expect(try await attempt(anna.password).status == 200) }

        let refused = try await attempt(anna.password)
        #expect(refused.status == 429 && refused.code == 2017)
        up.clock.advance(by: .seconds(121))
        #expect(try await attempt(anna.password).status == 200)
    }

    @Test(.fact(23)) func `ten times locks the name, and tells it before any limit`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        for _ in 1...9 { #expect(try await attempt("wrong").status == 401) }
        #expect(try await attempt("wrong").status == 401)

        let locked = try await attempt(anna.password)

        #expect(locked.status == 429 && locked.code == 2016)
        #expect(locked.headers["Retry-After"] == "900")
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
        #expect(try await Registry().audited(by: anna.id).suffix(2) == ["login_failed", "ACCOUNT_LOCKED"])
    }

    @Test func `locks a name that nobody has alike`() async throws {
        for _ in 1...10 { _ = try await attempt("wrong", name: "nobody") }

        #expect(try await attempt("wrong", name: "nobody").code == 2016)
        #expect(try await attempt("wrong", name: "NOBODY").code == 2016)
    }

    @Test(.accountsUp(["LOGIN_MAX_FAILURES": "3", "LOGIN_LOCK_MINUTES": "20"]))
    func `locks for twice as long each further time, until it succeeds`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        for expected in ["1200", "2400"] {
            for _ in 1...3 { #expect(try await attempt("wrong").status == 401) }
            let locked = try await attempt(anna.password)
            #expect(locked.code == 2016 && locked.headers["Retry-After"] == expected)
            up.clock.advance(by: .seconds((Int(expected) ?? 0) + 1))
        }

        #expect(try await attempt(anna.password).status == 200)
        for _ in 1...3 { _ = try await attempt("wrong") }
        #expect(try await attempt(anna.password).headers["Retry-After"] == "1200")
    }

    @Test func `is forgotten after a quarter of an hour`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        for _ in 1...9 { _ = try await attempt("wrong") }

        up.clock.advance(by: .seconds(901))

        for _ in 1...9 { _ = try await attempt("wrong") }
        #expect(try await attempt(anna.password).status == 200)
    }

    @Test(.fact(22)) func `with the right password tells an account that is not active`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.register("anna")
        let (access, refresh) = try await up.logIn("anna", anna.password)

        let change = try await up.patch("/api/v1/users/\(anna.id)/", ["is_active": false], as: boss.token)

        #expect(change.status == 200)
        #expect(change["status"] == "inactive" && change["is_active"] == false)
        for credential in [anna.token, access] {
            let answer = try await up.get("/api/v1/users/me", as: credential)
            #expect(answer.status == 401 && answer.code == 2011)
        }
        #expect(try await up.post("/api/v1/token/refresh", ["refresh": .string(refresh)]).code == 2011)
        let right = try await attempt(anna.password)
        #expect(right.status == 403 && right.code == 2014)
        #expect(try await attempt("wrong").status == 401)
    }

    @Test(.accountsUp(["RATE_LIMIT_LOGIN": "2", "RATE_LIMIT_LOGIN_ADDRESS": "4"]))
    func `is limited by name and address`() async throws {
        for _ in 1...2 { #expect(try await attempt("wrong").status == 401) }
        let third = try await attempt("wrong")
        #expect(third.status == 429 && third.code == 2017)
        #expect(third.headers["Retry-After"].flatMap(Int.init).map { (1...61).contains($0) } == true)

        #expect(try await attempt("wrong", name: "other").status == 401)
        #expect(try await attempt("wrong", name: "third").code == 2017)
    }
}
