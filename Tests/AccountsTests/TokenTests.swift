import Core
import Crypto
import FoundationEssentials
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `An access token` {
    private func parts(of token: String) throws -> (header: JSONValue, claims: JSONValue) {
        let parts = token.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        return (
            try JSONReader.decode(JSONValue.self, from: try #require(Base64.url.bytes(parts[0]))),
            try JSONReader.decode(JSONValue.self, from: try #require(Base64.url.bytes(parts[1])))
        )
    }

    @Test(.fact(16))
    func `is signed by a key that everybody can look up, and is good for a quarter of an hour`()
        async throws
    {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let token = try await up.logIn("anna", anna.password).access

        let (header, claims) = try parts(of: token)
        #expect(header.names == ["alg", "typ", "kid"])
        #expect(header["alg"] == "EdDSA" && header["typ"] == "JWT")
        #expect((claims["exp"]?.number ?? 0) - (claims["iat"]?.number ?? 0) == 900)
        #expect(claims["sub"] == .string("\(anna.id)") && claims["aud"] == "voltbus")
        #expect(claims["iss"] == "voltbus" && claims["token_type"] == "access" && claims["role"] == "user")

        let published = try await up.get("/.well-known/jwks.json")
        #expect(published.headers["Cache-Control"] == "public, max-age=300")
        let key = try #require(published["keys"]?.elements.first { $0["kid"] == header["kid"] })
        #expect(key["kty"] == "OKP" && key["crv"] == "Ed25519" && key["alg"] == "EdDSA")
        let bytes = try #require(Base64.url.bytes(key["x"]?.text ?? ""))
        let proved = try AccessToken(token).claims(provedBy: VerifyingKey(bytes), issuer: "voltbus")
        #expect(proved.user == anna.id)
    }

    @Test(.fact(16), arguments: ["none", "HS256"])
    func `of another algorithm is refused`(algorithm: String) async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let token = try await up.logIn("anna", anna.password).access
        let parts = token.split(separator: ".").map(String.init)
        let kid = try #require(try self.parts(of: token).header["kid"])
        let header = JSONWriter.text(["alg": .string(algorithm), "typ": "JWT", "kid": kid] as JSONValue)
        let signature = algorithm == "none" ? "" : parts[2]

        let forged = "\(Base64.url.text(Array(header.utf8))).\(parts[1]).\(signature)"

        let answer = try await up.get("/api/v1/users/me", as: forged)
        #expect(answer.status == 401 && answer.code == 2001)
    }

    @Test(.fact(17)) func `that has expired is refreshed`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": "anna@example.org"])
        let pair = try await up.post(
            "/api/v1/token/", ["email": "anna@example.org", "password": .string(anna.password)])
        #expect(pair.status == 200)
        #expect(pair["token_type"] == "Bearer" && pair["expires_in"] == 900)
        let (access, refresh) = (try #require(pair["access"]?.text), try #require(pair["refresh"]?.text))

        up.clock.advance(by: .seconds(906))

        let late = try await up.get("/api/v1/users/me", as: access)
        #expect(late.status == 401 && late.code == 2010)
        let next = try await up.post("/api/v1/token/refresh/", ["refresh": .string(refresh)])
        #expect(next.status == 200)
        #expect(try await up.get("/api/v1/users/me", as: next["access"]?.text).status == 200)
    }

    @Test(.accountsUp(["ACCESS_TOKEN_SECONDS": "60", "JWT_ISSUER": "here"]))
    func `lives as long as the setting says, and names its issuer`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let token = try await up.logIn("anna", anna.password).access
        let claims = try parts(of: token).claims
        #expect((claims["exp"]?.number ?? 0) - (claims["iat"]?.number ?? 0) == 60)
        #expect(claims["iss"] == "here")

        up.clock.advance(by: .seconds(66))

        #expect(try await up.get("/api/v1/users/me", as: token).code == 2010)
    }

    @Test func `is signed by the key of a file where one is named`() async throws {
        let folder = try FileFolder()
        let key = try SigningKey.generate()
        let file = try folder.write(try key.pem(), to: "key.pem")
        try await AccountsUp.serving(["JWT_PRIVATE_KEY_FILE": file]) { up in
            let anna = try await up.register("anna")
            let token = try await up.logIn("anna", anna.password).access
            let claims = try AccessToken(token).claims(provedBy: key.publicKey, issuer: "voltbus")
            #expect(claims.user == anna.id)
        }
    }
}

@Suite(.accountsUp) struct `A refresh token` {
    private func refresh(_ token: String) async throws -> Answer {
        try await AccountsUp.current.post("/api/v1/token/refresh", ["refresh": .string(token)])
    }

    @Test(.fact(18)) func `that is used twice ends its whole login`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (access, first) = try await up.logIn("anna", anna.password)
        let next = try await refresh(first)
        let (newest, newestRefresh) = (next["access"]?.text, try #require(next["refresh"]?.text))
        #expect(try await up.get("/api/v1/users/me", as: newest).status == 200)

        let again = try await refresh(first)

        #expect(again.status == 401 && again.code == 2011)
        for credential in [access, newest] {
            let answer = try await up.get("/api/v1/users/me", as: credential)
            #expect(answer.status == 401 && answer.code == 2011)
        }
        #expect(try await refresh(newestRefresh).code == 2011)
        #expect(try await Registry().audited(by: anna.id).contains("refresh_reuse"))
        // Another login of the same person has nothing to do with it.
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
    }

    @Test(.accountsUp(["RATE_LIMIT_ADDRESS": "0", "RATE_LIMIT_LOGIN": "0", "RATE_LIMIT_LOGIN_ADDRESS": "0"]))
    func `is won by one of many that use it at once, and then nobody has it`()
        async throws
    {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (_, first) = try await up.logIn("anna", anna.password)

        let answers = try await withThrowingTaskGroup { group in
            for _ in 1...100 { group.addTask { try await self.settled(first) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }

        let winners = answers.filter { $0.status == 200 }
        #expect(winners.count == 1)
        #expect(answers.count { $0.code == 2011 } == 99, "\(answers.map(\.status))")
        #expect(try await settled(try #require(winners.first?["refresh"]?.text)).code == 2011)
    }

    /// A hundred at once may be told on a busy machine to come again; so they do.
    private func settled(_ token: String) async throws -> Answer {
        while true {
            let answer = try await refresh(token)
            if answer.status != 503 { return answer }
        }
    }

    @Test func `is good for nothing else, and nothing else is good for one`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (access, first) = try await up.logIn("anna", anna.password)

        #expect(try await up.get("/api/v1/users/me", as: first).code == 2001)
        for token in [access, anna.token, "made up", String(repeating: "A", count: 43)] {
            let answer = try await refresh(token)
            #expect(answer.status == 401 && answer.code == 2011)
        }
        #expect(try await refresh(first).status == 200)
    }

    @Test func `is taken from the header or from the body`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (_, first) = try await up.logIn("anna", anna.password)

        let byHeader = try await up.post("/api/auth/refresh", [:], as: first)
        #expect(byHeader.status == 200 && byHeader["user"]?["username"] == "anna")
        let second = try #require(byHeader["refresh_token"])
        let byBody = try await up.post("/api/auth/refresh", ["refresh_token": second])
        #expect(byBody.status == 200 && byBody["expires_in"] == 900)
        #expect(try await up.post("/api/auth/refresh", [:]).code == 2011)
    }

    @Test(arguments: [(false, 7), (true, 30)])
    func `ends with its login, however often it was renewed`(isRemembered: Bool, days: Int) async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let login = try await up.post(
            "/api/auth/login",
            [
                "username": "anna", "password": .string(anna.password), "remember_me": .bool(isRemembered),
            ])
        var token = try #require(login["refresh_token"]?.text)
        for _ in 1..<days {
            up.clock.advance(by: .seconds(86_400))
            token = try #require(try await refresh(token)["refresh"]?.text)
        }

        up.clock.advance(by: .seconds(86_400))

        #expect(try await refresh(token).code == 2011)
    }

    @Test(.accountsUp(["REFRESH_TOKEN_DAYS": "1", "REFRESH_TOKEN_DAYS_REMEMBER": "2"]))
    func `lives as long as the settings say`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": "anna@example.org"])
        func tokens(_ isRemembered: Bool) async throws -> String {
            let answer = try await up.post(
                "/api/v1/token",
                [
                    "email": "anna@example.org", "password": .string(anna.password),
                    "remember_me": .bool(isRemembered),
                ])
            return try #require(answer["refresh"]?.text)
        }
        let (short, long) = (try await tokens(false), try await tokens(true))

        up.clock.advance(by: .seconds(86_401))

        #expect(try await refresh(short).code == 2011)
        #expect(try await refresh(long).status == 200)
    }
}

@Suite(.accountsUp) struct `Logging out` {
    @Test(.fact(19)) func `ends the login from the next request on`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let (access, refresh) = try await up.logIn("anna", anna.password)

        let answer = try await up.post("/api/auth/logout", [:], as: access)

        #expect(answer.status == 200 && answer["message"] == "Logged out")
        let late = try await up.get("/api/v1/users/me", as: access)
        #expect(late.status == 401 && late.code == 2011)
        #expect(try await up.post("/api/v1/token/refresh", ["refresh": .string(refresh)]).code == 2011)
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
    }

    @Test func `everywhere ends all`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let access = try await up.logIn("anna", anna.password).access

        #expect(try await up.post("/api/auth/logout", ["all": true], as: anna.token).status == 200)

        for credential in [anna.token, access] {
            #expect(try await up.get("/api/v1/users/me", as: credential).code == 2011)
        }
    }

    @Test func `needs no body`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        #expect(try await up.ask(.post, "/api/auth/logout", as: anna.token).status == 200)
    }
}

@Suite(.accountsUp) struct `Changing one's password` {
    @Test(.fact(21)) func `keeps the login that did it and ends the others`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let other = try await up.deviceToken("anna", anna.password)
        let access = try await up.logIn("anna", anna.password).access

        let answer = try await up.post(
            "/api/v1/users/me/password",
            ["old_password": .string(anna.password), "new_password": "Teapot-0815"], as: access)

        #expect(answer.status == 200 && answer["message"] == "Password changed")
        #expect(try await up.get("/api/v1/users/me", as: access).status == 200)
        for token in [anna.token, other] {
            #expect(try await up.get("/api/v1/users/me", as: token).code == 2011)
        }
        #expect(try await up.deviceToken("anna", "Teapot-0815").count == 32)
        #expect(try await Registry().audited(by: anna.id).contains("CHANGE_PASSWORD"))
    }

    @Test func `tells all that is wrong with it at once`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let answer = try await up.post(
            "/api/v1/users/me/password", ["old_password": "nonsense", "new_password": "12345678"],
            as: anna.token)

        #expect(answer.status == 400 && answer.code == 2001)
        #expect(
            answer["errors"] == ["old_password": ["is wrong"], "new_password": ["must not be only digits"]])
        for weak in ["short", "password", "QWERTYUI"] {
            let answer = try await up.post(
                "/api/v1/users/me/password",
                ["old_password": .string(anna.password), "new_password": .string(weak)], as: anna.token)
            #expect(answer.status == 400, "\(weak)")
        }
    }
}
