import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `Registering` {
    @Test(.fact(24), arguments: ["/api/v1/users/register", "/api/auth/register"])
    func `gives nobody more than a driver has`(path: String) async throws {
        let up = AccountsUp.current
        let wishes: JSONValue = [
            "username": "anna", "email": "anna@example.org", "password": "Kettle-4711",
            "confirm_password": "Kettle-4711", "role": "admin", "access_level": 10, "payment_plan": "x",
            "group": "staff", "user_type": "admin", "balance": 1_000, "points": 1_000, "is_staff": true,
        ]

        let answer = try await up.post(path, wishes)

        #expect(answer.status == 201)
        let token = try await up.deviceToken("anna", "Kettle-4711")
        let me = try await up.get("/api/v1/users/me", as: token)
        #expect(me["role"] == "user" && me["access_level"] == 0 && me["payment_plan"] == "default")
        #expect(me["group"] == "default" && me["user_type"] == "student" && me["is_staff"] == false)
        #expect(me["balance"] == 0 && me["points"] == 0 && me["balance_decimal"] == "0.00")
    }

    @Test func `with one name alone takes it for the e-mail too, where it is one`() async throws {
        let up = AccountsUp.current

        let byEmail = try await up.post(
            "/api/v1/users/register", ["email": "anna@example.org", "password": "kettle"])
        #expect(byEmail.status == 201 && byEmail["username"] == "anna@example.org")
        let byName = try await up.post(
            "/api/v1/users/register", ["username": "bob@example.org", "password": "kettle"])
        #expect(byName.status == 201 && byName["email"] == "bob@example.org")
        let plain = try await up.post("/api/v1/users/register", ["username": "carl", "password": "kettle"])
        #expect(plain.status == 201 && plain["email"] == "")
        #expect(plain["token"]?.text?.count == 32 && plain["user_id"]?.text?.count == 32)
        let nobody = try await up.post("/api/v1/users/register", ["password": "kettle"])
        #expect(nobody.status == 400)
        #expect(nobody["status_message"]?.text?.hasPrefix("Failed to decode user data: ") == true)
    }

    @Test func `tells every mistake at once`() async throws {
        let answer = try await AccountsUp.current.post(
            "/api/auth/register",
            [
                "username": "a b", "email": "anna@example.org", "password": "kettle",
                "confirm_password": "teapot",
            ])

        #expect(answer.status == 400 && answer.code == 2001)
        #expect(answer["errors"]?.names == ["username", "password", "confirm_password"])

        let unreadable = try await AccountsUp.current.post(
            "/api/auth/register", ["email": "nonsense", "phone": "12", "password": "Kettle-4711"])
        #expect(
            unreadable["errors"]
                == [
                    "username": ["is required"], "email": ["must be an e-mail address"],
                    "phone": ["must be 10 to 15 digits"], "confirm_password": ["is required"],
                ])
    }

    @Test(arguments: ["kettle-4711", "KETTLE-4711", "Kettle-abcd", "Kettle4711", "Ke-1", "12345678"])
    func `at the strict door asks for four kinds of characters`(password: String) async throws {
        let answer = try await AccountsUp.current.post(
            "/api/auth/register",
            [
                "username": "anna", "email": "anna@example.org", "password": .string(password),
                "confirm_password": .string(password),
            ])

        #expect(answer.status == 400)
        #expect(answer["errors"]?.names == ["password"])
    }

    @Test func `refuses what somebody else is called, by name or by e-mail`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": "anna@example.org"])
        _ = try await up.register("carl@example.org")

        for (body, field) in [
            (["username": "anna"], "username"),
            (["username": "bob", "email": "ANNA@example.org"], "email"),
            // A login must not mean two people.
            (["username": "anna@example.org", "email": "x@example.org"], "username"),
            (["username": "bob", "email": "carl@example.org"], "email"),
        ] as [([String: JSONValue], String)] {
            var body = body
            body["password"] = "kettle"
            let answer = try await up.post("/api/v1/users/register", .object(body))
            #expect(answer.status == 400 && answer.code == 2001)
            #expect(answer["errors"]?.names == [field], "\(body)")
        }
    }

    @Test(.accountsUp(["REGISTRATION": "invite"]), .fact(25))
    func `by invitation takes each code once`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let invite = try await up.post(
            "/api/v1/users/invites", ["count": 2, "expires_in_days": 3], as: boss.token)
        #expect(invite.status == 201)
        let codes = (invite["codes"]?.elements ?? []).compactMap(\.text)
        try #require(codes.count == 2)
        func register(_ name: String, _ code: String?) async throws -> Answer {
            var body: [String: JSONValue] = ["username": .string(name), "password": "kettle"]
            if let code { body["token"] = .string(code) }
            return try await up.post("/api/v1/users/register", .object(body))
        }

        let without = try await register("anna", nil)
        #expect(without.status == 400 && without.code == 2018)
        #expect(try await register("anna", codes[0].lowercased()).status == 201)
        #expect(try await register("bob", codes[0]).code == 2018)

        up.clock.advance(by: .seconds(3 * 86_400 + 1))
        #expect(try await register("bob", codes[1]).code == 2018)
    }

    @Test func `does not spend an invitation on what is refused`() async throws {
        try await AccountsUp.serving(["REGISTRATION": "invite"]) { up in
            let boss = try await up.rows.person("boss", role: "admin")
            let invite = try await up.post("/api/v1/users/invites", [:], as: boss.token)
            let code = try #require(invite["codes"]?.elements.first)

            for name in ["boss", "anna"] {
                let answer = try await up.post(
                    "/api/v1/users/register",
                    ["username": .string(name), "password": "kettle", "token": code])
                #expect(answer.status == (name == "anna" ? 201 : 400))
            }
        }
    }
}

@Suite struct `The administrator of the configuration` {
    @Test(.accountsUpWithAdministrator, .fact(29))
    func `has its password again after every start, and stays`() async throws {
        let up = AccountsUp.current
        let (email, password) = AccountsUp.administrator
        try await Wait.until { try await self.canLogIn(to: up, password) }
        let token = try await up.deviceToken(email, password)
        let me = try await up.get("/api/v1/users/me", as: token)
        #expect(me["username"] == "admin" && me["role"] == "admin" && me["access_level"] == 10)
        let changed = try await up.post(
            "/api/v1/users/me/password",
            ["old_password": .string(password), "new_password": "Another-0815"], as: token)
        #expect(changed.status == 200)
        #expect(try await !canLogIn(to: up, password))

        try await AccountsUp.serving(
            ["ADMIN_EMAIL": email, "ADMIN_PASSWORD": password, "ADMIN_NAME": "The Boss"]
        ) { restarted in
            try await Wait.until { try await self.canLogIn(to: restarted, password) }
            #expect(try await restarted.get("/api/v1/users/me", as: token)["name"] == "The Boss")
        }

        let id = try #require(me["id"]?.number)
        let second = try await up.rows.person("second", role: "admin", level: 10)
        for answer in [
            try await up.delete("/api/v1/users/\(id)/", as: second.token),
            try await up.delete("/api/v1/users/delete/admin", as: second.token),
            try await up.patch("/api/v1/users/\(id)/", ["role": "user"], as: second.token),
            try await up.patch("/api/v1/users/\(id)/", ["is_active": false], as: second.token),
            try await up.patch("/api/v1/users/\(id)/", ["access_level": 3], as: second.token),
        ] {
            #expect(answer.status == 409 && answer.code == 2031)
        }
    }

    private func canLogIn(to up: AccountsUp, _ password: String) async throws -> Bool {
        // Counted by clock, and this one stands still.
        up.clock.advance(by: .seconds(61))
        return try await up.post(
            "/api/v1/users/authenticate",
            ["username": .string(AccountsUp.administrator.email), "password": .string(password)]
        ).status == 200
    }
}
