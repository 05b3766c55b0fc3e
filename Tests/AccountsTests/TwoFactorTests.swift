import Core
import Crypto
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

/// Somebody's authenticator app.
private struct App {
    let totp: TOTP
    let up = AccountsUp.current

    init(_ offer: Answer) throws {
        let text = try #require(offer["secret"]?.text, "\(offer)")
        totp = TOTP(secret: try #require(Base32.bytes(text)))
    }

    var code: String { totp.code(step: TOTP.step(at: up.clock.now)) }

    /// A code of the next step, so that none before it stands in the way.
    func nextCode() -> String {
        up.clock.advance(by: .seconds(30))
        return code
    }
}

/// Six digits that are none of these.
private func wrongCode(besides right: String...) -> String {
    (0...9).map { "00000\($0)" }.first { !right.contains($0) } ?? ""
}

@Suite(.accountsUp) struct `A second factor from an app` {
    private let path = "/api/v1/users/me/two-factor"

    private func logIn(_ code: String? = nil, password: String = "Kettle-4711") async throws -> Answer {
        var body: [String: JSONValue] = ["username": "anna", "password": .string(password)]
        if let code { body["verification_code"] = .string(code) }
        return try await AccountsUp.current.post("/api/v1/users/authenticate", .object(body))
    }

    /// Anna with the factor switched on, her app and her recovery codes.
    private func switchedOn() async throws -> (Registered, App, [String]) {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": "anna@example.org"])
        let offer = try await up.post(
            path, ["method": "totp", "password": .string(anna.password)], as: anna.token)
        try #require(offer.status == 202, "\(offer)")
        let app = try App(offer)
        let verified = try await up.post("\(path)/verify", ["code": .string(app.code)], as: anna.token)
        try #require(verified.status == 200, "\(verified)")
        return (anna, app, verified["recovery_codes"]?.elements.compactMap(\.text) ?? [])
    }

    @Test(.fact(27)) func `is asked for at the login, and each code serves once`() async throws {
        let (_, app, recovery) = try await switchedOn()
        #expect(recovery.count == 10 && Set(recovery).count == 10)

        let missing = try await logIn()
        #expect(missing.status == 401 && missing.code == 2012)
        #expect(missing.headers["WWW-Authenticate"] == "Bearer")

        let code = app.nextCode()
        #expect(try await logIn(code).status == 200)
        let again = try await logIn(code)
        #expect(again.status == 401 && again.code == 2013)

        #expect(try await logIn(recovery[0]).status == 200)
        let used = try await logIn(recovery[0])
        #expect(used.status == 401 && used.code == 2013)
        #expect(try await logIn(recovery[1].uppercased()).status == 200)
    }

    @Test func `is asked for at every door`() async throws {
        let up = AccountsUp.current
        let (anna, app, _) = try await switchedOn()
        let doors: [(String, String)] = [
            ("/api/v1/users/authenticate", "username"), ("/api/v1/token", "email"),
            ("/api/v1/token/", "email"),
            ("/api/auth/login", "username"),
        ]
        for (door, name) in doors {
            var body: [String: JSONValue] = [
                name: "anna@example.org", "password": .string(anna.password),
            ]
            #expect(try await up.post(door, .object(body)).code == 2012, "\(door)")
            body["verification_code"] = .string(wrongCode(besides: app.code))
            #expect(try await up.post(door, .object(body)).code == 2013, "\(door)")
            body["verification_code"] = .string(app.nextCode())
            #expect(try await up.post(door, .object(body)).status == 200, "\(door)")
        }
        // A token is a login that has been made.
        let token = try await up.post("/api/v1/users/authenticate", ["password": .string(anna.token)])
        #expect(token.status == 200)
    }

    @Test func `tells nothing of itself before the password is right`() async throws {
        let (_, app, _) = try await switchedOn()

        let wrong = try await logIn(app.nextCode(), password: "wrong")
        #expect(wrong.status == 401 && wrong.code == 2001)
        #expect(try await logIn(password: "wrong").code == 2001)
        // The code that came with a wrong password is not used up.
        #expect(try await logIn(app.code).status == 200)
    }

    @Test(.accountsUp(["RATE_LIMIT_LOGIN": "0"]))
    func `locks the name after ten wrong codes, though the password is right`() async throws {
        let (_, app, recovery) = try await switchedOn()
        for _ in 1...10 {
            // The password alone does not reset the count.
            #expect(try await logIn().code == 2012)
            #expect(try await logIn(wrongCode(besides: app.code)).code == 2013)
        }

        #expect(try await logIn(app.nextCode()).code == 2016)
        #expect(try await logIn(recovery[0]).code == 2016)
    }

    @Test func `serves one of two logins that bring a code at once`() async throws {
        let (_, app, recovery) = try await switchedOn()
        for code in [app.nextCode(), recovery[0]] {
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 { group.addTask { try await logIn(code).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }

            #expect(statuses.sorted() == [200, 401, 401, 401, 401])
        }
    }

    @Test func `is on once the first code has proved right, not before`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        #expect(
            try await up.get(path, as: anna.token).json == [
                "enabled": false, "method": .null, "recovery_codes_left": 0,
            ])
        let refused = try await up.post(path, ["method": "totp", "password": "wrong"], as: anna.token)
        #expect(refused.status == 400 && refused["errors"] == ["password": ["is wrong"]])

        let first = try await up.post(
            path, ["method": "totp", "password": .string(anna.password)], as: anna.token)
        let offer = try await up.post(
            path, ["method": "totp", "password": .string(anna.password)], as: anna.token)
        let (old, app) = (try App(first), try App(offer))
        #expect(
            offer["otpauth_uri"]?.text
                == "otpauth://totp/VoltBus:anna?secret=\(offer["secret"]?.text ?? "")&issuer=VoltBus&algorithm=SHA1"
                + "&digits=6&period=30")
        #expect(try await logIn().status == 200)
        let wrong = try await up.post(
            "\(path)/verify", ["code": .string(wrongCode(besides: app.code, old.code))], as: anna.token)
        #expect(wrong.status == 400 && wrong.code == 2013)
        #expect(
            try await up.post("\(path)/verify", ["code": .string(app.code)], as: anna.token).status == 200)

        #expect(
            try await up.get(path, as: anna.token).json == [
                "enabled": true, "method": "totp", "recovery_codes_left": 10,
            ])
        #expect(try await up.get("/api/v1/users/me", as: anna.token)["two_factor_enabled"] == true)
        let wish: JSONValue = ["method": "totp", "password": .string(anna.password)]
        let code: JSONValue = ["code": .string(app.nextCode())]
        for (target, body) in [(path, wish), ("\(path)/verify", code)] {
            let on = try await up.post(target, body, as: anna.token)
            #expect(on.status == 409 && on.code == 2031)
        }
        #expect(try await Registry().audited(by: anna.id).contains("ENABLE_2FA"))
    }

    @Test func `gives new recovery codes for a code, and the old ones are void`() async throws {
        let up = AccountsUp.current
        let (anna, app, old) = try await switchedOn()
        let target = "\(path)/recovery-codes"
        let wrong = try await up.post(target, ["code": .string(wrongCode(besides: app.code))], as: anna.token)
        #expect(wrong.status == 400 && wrong.code == 2013)

        let answer = try await up.post(target, ["code": .string(app.nextCode())], as: anna.token)

        let new = answer["recovery_codes"]?.elements.compactMap(\.text) ?? []
        #expect(answer.status == 200 && new.count == 10 && Set(new).isDisjoint(with: old))
        #expect(try await logIn(old[3]).code == 2013)
        #expect(try await logIn(new[3]).status == 200)
        #expect(try await up.get(path, as: anna.token)["recovery_codes_left"] == 9)
    }

    @Test func `is switched off by password and code together`() async throws {
        let up = AccountsUp.current
        let (anna, app, recovery) = try await switchedOn()

        func end(_ password: String, _ code: String) async throws -> Answer {
            try await up.ask(
                .delete, path,
                JSONWriter.encode(["password": .string(password), "code": .string(code)] as JSONValue),
                as: anna.token)
        }
        #expect(try await end("wrong", app.nextCode())["errors"] == ["password": ["is wrong"]])
        #expect(try await end(anna.password, wrongCode(besides: app.code)).code == 2013)
        #expect(try await end(anna.password, app.code).status == 204)

        #expect(try await logIn().status == 200)
        #expect(try await logIn(recovery[0]).status == 200)
        let off = try await end(anna.password, app.nextCode())
        #expect(off.status == 409 && off.code == 2031)
        let left: Int64 = try await Registry().owner.run("SELECT count(*) FROM accounts.recovery_code")
        #expect(left == 0)
        #expect(try await Registry().audited(by: anna.id).contains("DISABLE_2FA"))
    }

    @Test func `is switched off by an administrator for who lost the device`() async throws {
        let up = AccountsUp.current
        let (anna, _, _) = try await switchedOn()
        let boss = try await up.rows.person("boss", role: "admin")
        let bob = try await up.rows.person("bob", role: "operator")
        let target = "/api/v1/users/\(anna.id)/two-factor"

        for other in [bob.token, anna.token] {
            #expect(try await up.delete(target, as: other).status == 403)
        }
        #expect(try await logIn().code == 2012)
        #expect(try await up.delete(target, as: boss.token).status == 204)
        #expect(try await up.delete(target, as: boss.token).status == 204)
        #expect(try await up.delete("/api/v1/users/999999/two-factor", as: boss.token).status == 404)

        #expect(try await logIn().status == 200)
        #expect(try await Registry().audited(by: boss.id) == ["DISABLE_2FA"])
    }

    @Test func `is stored sealed, and nothing of it tells the secret`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let offer = try await up.post(
            path, ["method": "totp", "password": .string(anna.password)], as: anna.token)
        let secret = try #require(offer["secret"]?.text)
        let bytes = try #require(Base32.bytes(secret))

        let row: String = try await Registry().owner.run(
            "SELECT factor::text FROM accounts.two_factor AS factor")

        #expect(!row.contains(secret))
        #expect(!row.lowercased().contains(Hex.text(bytes)))
    }
}

@Suite(.accountsUp) struct `A second factor by mail` {
    private let path = "/api/v1/users/me/two-factor"
    private let address = "anna@example.org"

    private func logIn(_ code: String? = nil) async throws -> Answer {
        var body: [String: JSONValue] = ["username": "anna", "password": "Kettle-4711"]
        if let code { body["verification_code"] = .string(code) }
        return try await AccountsUp.current.post("/api/auth/login", .object(body))
    }

    private func switchedOn() async throws -> (Registered, String) {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": .string(address)])
        let offer = try await up.post(
            path, ["method": "email", "password": .string(anna.password)], as: anna.token)
        #expect(offer.status == 202)
        #expect(try offer.json == ["method": "email"])
        let code = try await up.outbox.code(of: 6, to: address)
        let verified = try await up.post("\(path)/verify", ["code": .string(code)], as: anna.token)
        try #require(verified.status == 200, "\(verified)")
        return (anna, code)
    }

    @Test func `is mailed when the password was right, and good once`() async throws {
        let up = AccountsUp.current
        let (_, first) = try await switchedOn()

        let asked = try await logIn()
        #expect(asked.status == 401 && asked.code == 2012)
        let code = try await up.outbox.code(of: 6, to: address, besides: [first])

        #expect(try await logIn(code).status == 200)
        #expect(try await logIn(code).code == 2013)
    }

    @Test func `is not mailed for a wrong password`() async throws {
        let up = AccountsUp.current
        _ = try await switchedOn()

        let wrong = try await up.post("/api/auth/login", ["username": "anna", "password": "wrong"])

        #expect(wrong.status == 401 && wrong.code == 2001)
        let kept: Int64 = try await Registry().owner.run("SELECT count(*) FROM accounts.mailed_code")
        #expect(kept == 0)
    }

    @Test func `ends after five minutes, and after five wrong tries`() async throws {
        let up = AccountsUp.current
        let (_, first) = try await switchedOn()
        _ = try await logIn()
        let second = try await up.outbox.code(of: 6, to: address, besides: [first])
        for _ in 1...5 { #expect(try await logIn(wrongCode(besides: second)).code == 2013) }
        #expect(try await logIn(second).code == 2013)

        up.clock.advance(by: .seconds(61))
        _ = try await logIn()
        let third = try await up.outbox.code(of: 6, to: address, besides: [first, second])
        up.clock.advance(by: .seconds(301))
        #expect(try await logIn(third).code == 2013)
    }

    @Test func `needs an address, and holds on to it`() async throws {
        let up = AccountsUp.current
        let bob = try await up.register("bobby")
        let none = try await up.post(
            path, ["method": "email", "password": .string(bob.password)], as: bob.token)
        #expect(none.status == 400 && none["errors"]?["method"] != nil)

        let (anna, _) = try await switchedOn()
        let cleared = try await up.patch("/api/v1/users/me", ["email": ""], as: anna.token)
        #expect(cleared.status == 409 && cleared.code == 2031)
        #expect(
            try await up.patch("/api/v1/users/me", ["email": "new@example.org"], as: anna.token).status == 200
        )
        _ = try await logIn()
        #expect(try await up.outbox.code(of: 6, to: "new@example.org").count == 6)
    }
}
