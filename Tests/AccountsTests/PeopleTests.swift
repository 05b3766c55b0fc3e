import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `One's own account` {
    @Test(.fact(1)) func `answers with and without a slash at the end`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let plain = try await up.get("/api/v1/users/me", as: anna.token)
        let slashed = try await up.get("/api/v1/users/me/", as: anna.token)
        #expect(plain.status == 200 && slashed.status == 200)
        #expect(try plain.json == slashed.json)

        for path in ["/api/v1/users/me", "/api/v1/users/me/"] {
            let answer = try await up.patch(path, ["city": "Brno"], as: anna.token)
            #expect(answer.status == 200 && answer["city"] == "Brno")
        }
        let body: JSONValue = ["username": "anna", "password": .string(anna.password)]
        for path in ["/api/v1/users/authenticate", "/api/v1/users/authenticate/"] {
            #expect(try await up.post(path, body).status == 200)
        }
    }

    @Test func `has the fields of the contract`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": "anna@example.org", "name": "Anna Nowak"])

        let me = try await up.get("/api/v1/users/me", as: anna.token)

        #expect(
            try me.json.names == [
                "id", "user_id", "username", "email", "first_name", "last_name", "name", "phone",
                "address_line1", "city", "postal_code", "country", "date_of_birth", "gender", "role",
                "access_level", "user_type", "is_host", "is_active", "is_staff", "is_superuser", "status",
                "payment_plan", "group", "balance", "balance_decimal", "points", "currency",
                "two_factor_enabled", "avatar_url", "created_at", "last_login", "last_seen",
            ])
        #expect(me["name"] == "Anna Nowak" && me["first_name"] == .null && me["currency"] == "EUR")
        #expect(me["created_at"] == "2026-11-20T10:30:00Z" && me["last_login"] == "2026-11-20T10:30:00Z")
        #expect(me.headers["Cache-Control"] == "no-store")
        #expect(me.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test func `changes what is sent, clears what is null, and leaves the rest`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let changed = try await up.patch(
            "/api/v1/users/me",
            [
                "first_name": " Anna ", "last_name": "Nowak", "phone": "+420 601 234 567", "country": "cz",
                "date_of_birth": "1990-05-17", "gender": "female", "city": "Brno", "postal_code": "60200",
                "address_line1": "Long Street 1", "username": "anna.n", "email": "A@Example.org",
                "unheard_of": 1,
            ], as: anna.token)
        #expect(changed.status == 200)
        #expect(changed["first_name"] == "Anna" && changed["name"] == "Anna Nowak")
        #expect(changed["country"] == "CZ" && changed["email"] == "a@example.org")
        #expect(changed["date_of_birth"] == "1990-05-17" && changed["username"] == "anna.n")

        let cleared = try await up.patch(
            "/api/v1/users/me", ["phone": .null, "date_of_birth": .null], as: anna.token)
        #expect(cleared["phone"] == .null && cleared["date_of_birth"] == .null)
        #expect(cleared["city"] == "Brno")

        let replaced = try await up.put(
            "/api/v1/users/me", ["username": "anna", "email": "b@example.org"], as: anna.token)
        #expect(replaced.status == 200 && replaced["city"] == .null && replaced["first_name"] == .null)
        #expect(try await up.deviceToken("anna", anna.password).count == 32)
    }

    @Test func `tells every mistake at once`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        _ = try await up.register("bob", ["email": "bob@example.org"])

        let answer = try await up.patch(
            "/api/v1/users/me",
            [
                "username": "a b", "email": "nonsense", "phone": "12", "country": "CZE",
                "date_of_birth": "1990-02-30", "gender": "none", "city": 7,
            ], as: anna.token)
        #expect(answer.status == 400)
        #expect(
            answer["errors"]?.names == [
                "username", "email", "phone", "country", "date_of_birth", "gender", "city",
            ])
        #expect(answer["status_message"]?.text?.hasPrefix("Failed to update user: ") == true)

        let put = try await up.put("/api/v1/users/me", [:], as: anna.token)
        #expect(put["errors"] == ["email": ["is required"], "username": ["is required"]])
        let taken = try await up.patch("/api/v1/users/me", ["email": "BOB@example.org"], as: anna.token)
        #expect(taken.status == 400 && taken["errors"] == ["email": ["is already in use"]])
        #expect(
            taken["status_message"] == "Failed to update user: email is already in use")
        let name = try await up.patch("/api/v1/users/me", ["username": "bob"], as: anna.token)
        #expect(name.status == 400 && name["errors"] == ["username": ["already exists"]])
    }

    @Test(.fact(32), arguments: ["/api/v1/users/me", "/api/v1/users/{id}/", "/api/user/profile/update"])
    func `gives itself no rights`(path: String) async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let answer = try await up.patch(
            path.replacing("{id}", with: "\(anna.id)"),
            [
                "user_type": "admin", "role": "admin", "access_level": 10, "status": "suspended",
                "payment_plan": "gold", "group": "staff", "password": "Other-Kettle-1", "city": "Brno",
            ], as: anna.token)

        #expect(answer.status == 200 && answer["city"] == "Brno")
        #expect(answer["user_type"] == "student" && answer["role"] == "user" && answer["access_level"] == 0)
        #expect(answer["status"] == "active" && answer["payment_plan"] == "default")
        #expect(answer["is_staff"] == false && answer["is_superuser"] == false)
        #expect(try await up.deviceToken("anna", anna.password).count == 32)
    }

    @Test(.fact(33)) func `is a host's once a wallbox is theirs`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        #expect(try await up.post("/api/v1/charge-points", ["title": "Home"], as: anna.token).status == 201)

        let me = try await up.get("/api/v1/users/me", as: anna.token)
        #expect(me["user_type"] == "vip" && me["is_host"] == true && me["role"] == "user")
    }

    @Test func `is closed by its owner, and nothing of the person is left`() async throws {
        let up = AccountsUp.current
        let registry = try Registry()
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.register("anna", ["email": "anna@example.org", "name": "Anna Nowak"])
        try await up.rows.tag("ANNA-1", of: anna.id)
        _ = try await up.post("/api/v1/charge-points", ["title": "Home"], as: anna.token)

        #expect(try await up.delete("/api/v1/users/\(anna.id)/", as: anna.token).status == 204)

        #expect(try await up.get("/api/v1/users/me", as: anna.token).code == 2011)
        #expect(try await up.get("/api/v1/users/\(anna.id)", as: boss.token).status == 404)
        #expect(try await up.get("/api/v1/user-tags/info/ANNA-1", as: boss.token).status == 404)
        let points: Int64 = try await registry.owner.run(
            "SELECT count(*) FROM accounts.charge_point WHERE is_enabled")
        #expect(points == 0)
        for table in ["account", "login_session", "login_event", "tag"] as [StaticString] {
            let traces: Int64 = try await registry.owner.run(
                """
                SELECT count(*) FROM accounts.\(raw: table) AS kept
                WHERE to_jsonb(kept)::text ILIKE '%anna%' AND NOT to_jsonb(kept)::text LIKE '%ANNA-1%'
                """)
            #expect(traces == 0, "\(table)")
        }
        let login = try await up.post(
            "/api/v1/users/authenticate", ["username": "anna", "password": .string(anna.password)])
        #expect(login.status == 401)
        // The name is free again.
        _ = try await up.register("anna", ["email": "anna@example.org"])
    }

    @Test func `stays while a session goes on or money is owed`() async throws {
        let up = AccountsUp.current
        let registry = try Registry()
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.register("anna")
        let session = try await registry.session(on: "CP1", of: anna.id)

        let busy = try await up.delete("/api/v1/users/\(anna.id)", as: anna.token)
        #expect(busy.status == 409 && busy.code == 2031)
        #expect(busy["status_message"] == "Failed to delete user: a session is going on")

        try await registry.owner.run(
            "UPDATE gateway.session SET status = 'done', ended_at = now() WHERE session_id = \(session)")
        try await registry.owner.run(
            """
            INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price,
                discount, cost, funding, settled_at)
            VALUES (\(session), \(anna.id), 'CP1', 1000, 60, 35, 0, 35, 'card', now())
            """)
        let owing = try await up.delete("/api/v1/users/delete/anna", as: boss.token)
        #expect(owing.status == 409 && owing.code == 2031)
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)
    }
}

@Suite(.accountsUp) struct `What a person is shown of others` {
    @Test func `is nothing, unless they run the network`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let worker = try await up.rows.person("worker", role: "operator")
        let top = try await up.rows.person("top", level: 10)

        for name in ["anna", "me", "0000"] {
            let own = try await up.get("/api/v1/users/info/\(name)", as: anna.token)
            #expect(own.status == 200 && own["username"] == "anna")
        }
        for name in ["bob", "nobody"] {
            #expect(try await up.get("/api/v1/users/info/\(name)", as: anna.token).status == 403)
        }
        for caller in [worker, top] {
            let other = try await up.get("/api/v1/users/info/bob", as: caller.token)
            #expect(other.status == 200 && other["username"] == "bob")
            #expect(try await up.get("/api/v1/users/info/nobody", as: caller.token).status == 404)
        }
        for id in [bob.id, 99_999] {
            #expect(try await up.get("/api/v1/users/\(id)", as: anna.token).status == 403)
            #expect(try await up.patch("/api/v1/users/\(id)", ["city": "x"], as: anna.token).status == 403)
            #expect(try await up.delete("/api/v1/users/\(id)", as: worker.token).status == 403)
        }
        #expect(try await up.get("/api/v1/users/one", as: anna.token).status == 404)
    }

    @Test func `hides what a card could be used with`() async throws {
        let up = AccountsUp.current
        let registry = try Registry()
        let anna = try await up.rows.person("anna")
        let worker = try await up.rows.person("worker", role: "operator")
        try await registry.owner.run(
            """
            INSERT INTO billing.payment_method (user_id, identifier, card_number, is_default, added_at)
            VALUES (\(anna.id), 'card_1', '**** 1111', true, now())
            """)
        try await up.rows.tag("ANNA-1", of: anna.id)
        try await registry.plan("default", perKilowattHour: 20)

        let own = try await up.get("/api/v1/users/info/me", as: anna.token)
        #expect(own["payment_methods"]?.elements.first?["identifier"] == "card_1")
        #expect(own["user_tags"]?.elements.map { $0["id_tag"] } == ["ANNA-1"])
        #expect(own["payment_plans"]?.elements.isEmpty == false)
        let shown = try await up.get("/api/v1/users/info/anna", as: worker.token)
        #expect(shown["payment_methods"]?.elements.first?["identifier"] == "")
        #expect(shown["payment_methods"]?.elements.first?["card_number"] == "**** 1111")
    }

    @Test(.fact(31)) func `is a list by number for administrators alone`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let (zoe, adam) = (try await up.rows.person("zoe"), try await up.rows.person("adam", isActive: false))
        for caller in [zoe, try await up.rows.person("worker", role: "operator")] {
            let answer = try await up.get("/api/v1/users/", as: caller.token)
            #expect(answer.status == 403 && answer.code == 2001)
        }

        let all = try await up.get("/api/v1/users/", as: boss.token)
        #expect(
            try all.json.elements.compactMap { $0["username"]?.text } == ["boss", "zoe", "adam", "worker"])
        for (query, names) in [
            ("role=operator", ["worker"]), ("is_active=false", ["adam"]), ("q=ZO", ["zoe"]),
            ("user_type=admin", ["boss"]), ("user_type=student&is_active=true", ["zoe", "worker"]),
        ] {
            let found = try await up.get("/api/v1/users?\(query)", as: boss.token)
            #expect(try found.json.elements.compactMap { $0["username"]?.text } == names, "\(query)")
        }
        let made = try await up.post(
            "/api/v1/users/",
            [
                "username": "new", "email": "new@example.org", "password": "Kettle-4711",
                "role": "operator", "access_level": 4, "city": "Brno",
            ], as: boss.token)
        #expect(made.status == 201 && made["role"] == "operator" && made["city"] == "Brno")
        let gone = try await up.delete("/api/v1/users/\(adam.id)/", as: boss.token)
        #expect(gone.status == 204 && gone.body.isEmpty)
        let paged = try await up.get("/api/admin/users?per_page=2&order=asc", as: boss.token)
        #expect(paged["items"]?.elements.map { $0["username"] } == ["boss", "zoe"])
        #expect(paged["pagination"]?["total_items"] == 4)
    }

    @Test(.fact(7)) func `is cut into pages where they are asked for`() async throws {
        let up = AccountsUp.current
        let worker = try await up.rows.person("worker", role: "operator")
        _ = try await up.rows.person("boss", role: "admin")
        for name in ["adam", "eve"] { _ = try await up.rows.person(name) }

        let whole = try await up.get("/api/v1/users/list", as: worker.token)
        #expect(try whole.json.elements.map { $0["username"] } == ["adam", "eve", "worker"])
        #expect(whole.headers["X-Total-Count"] == nil && whole.headers["Link"] == nil)
        #expect(try whole.json.elements.allSatisfy { $0["password"] == "" && $0["token"] == "" })
        #expect(try whole.json.elements[0]["last_seen"] == "0001-01-01T00:00:00Z")
        let first = try await up.get("/api/v1/users/list?page=1&per_page=2", as: worker.token)
        #expect(try first.json.elements.count == 2)
        #expect(first.headers["X-Total-Count"] == "3")
        #expect(first.headers["Link"]?.contains(#"rel="next""#) == true)
        let last = try await up.get("/api/v1/users/list?page=9&per_page=2", as: worker.token)
        #expect(try last.json.elements.map { $0["username"] } == ["worker"])
        #expect(last.headers["Link"]?.contains(#"rel="next""#) == false)
    }
}

@Suite(.accountsUp) struct `Staff` {
    @Test(.fact(35)) func `enter people with what they may grant`() async throws {
        let up = AccountsUp.current
        try await Registry().plan("gold", perKilowattHour: 20)
        let boss = try await up.rows.person("boss", role: "admin")
        let worker = try await up.rows.person("worker", role: "operator", level: 5)
        func create(_ name: String, _ more: [String: JSONValue], as token: String) async throws -> Answer {
            var body = more
            body["username"] = .string(name)
            body["password"] = "kettle"
            return try await up.post("/api/v1/users/create", .object(body), as: token)
        }

        let anna = try await create(
            "anna", ["role": "user", "access_level": 5, "payment_plan": "gold"], as: worker.token)
        #expect(anna.status == 201 && anna["role"] == "user" && anna["token"] == "" && anna["password"] == "")
        #expect(anna["payment_plan"] == "gold" && anna["access_level"] == 5)
        #expect(try await create("bob", ["role": ""], as: boss.token)["role"] == "user")
        let again = try await create("anna", [:], as: boss.token)
        #expect(again.status == 400)
        #expect(again["status_message"] == "Failed to create user: username already exists")

        for more in [["role": "admin"], ["access_level": 6], ["access_level": 10]]
            as [[String: JSONValue]]
        {
            #expect(try await create("carl", more, as: worker.token).status == 403)
        }
        #expect(
            try await create("carl", ["role": "admin", "access_level": 10], as: boss.token).status == 201)
        #expect(try await create("dora", ["role": "king"], as: boss.token).status == 400)
        #expect(try await create("dora", ["payment_plan": "none"], as: boss.token).status == 400)
        #expect(try await create("dora", [:], as: try await up.rows.person("eve").token).status == 403)
    }

    @Test(.fact(34)) func `change what they send and nothing else`() async throws {
        let up = AccountsUp.current
        let worker = try await up.rows.person("worker", role: "operator", level: 5)
        let anna = try await up.rows.person("anna", level: 3)

        let named = try await up.put(
            "/api/v1/users/update/anna",
            ["name": "Anna N.", "warning_emails_enabled": true, "warning_email": "w@example.org"],
            as: worker.token)
        #expect(named.status == 200 && named["name"] == "Anna N.")
        #expect(named["role"] == "user" && named["access_level"] == 3 && named["username"] == "anna")
        #expect(named["warning_emails_enabled"] == true && named["warning_email"] == "w@example.org")
        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200)

        #expect(try await up.put("/api/v1/users/update/nobody", [:], as: worker.token).status == 404)
        for change in [["role": "admin"], ["access_level": 6]] as [JSONValue] {
            let answer = try await up.put("/api/v1/users/update/anna", change, as: worker.token)
            #expect(answer.status == 403, "\(change)")
        }
        _ = try await up.rows.person("boss", role: "admin")
        #expect(
            try await up.put("/api/v1/users/update/boss", ["name": "x"], as: worker.token).status == 403)
        #expect(try await up.delete("/api/v1/users/delete/boss", as: worker.token).status == 403)
        #expect(try await Registry().audited(by: worker.id) == ["UPDATE_USER"])
    }

    @Test(.fact(20)) func `take rights away at once`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin", level: 10)
        let anna = try await up.register("anna")
        _ = try await up.put("/api/v1/users/update/anna", ["role": "admin"], as: boss.token)
        let token = try await up.deviceToken("anna", anna.password)
        let access = try await up.logIn("anna", anna.password).access
        #expect(try await up.get("/api/v1/users/", as: access).status == 200)

        let lowered = try await up.put("/api/v1/users/update/anna", ["role": "user"], as: boss.token)

        #expect(lowered.status == 200 && lowered["role"] == "user")
        for credential in [token, access] {
            let answer = try await up.get("/api/v1/users/", as: credential)
            #expect(answer.status == 401 && answer.code == 2011)
        }
        let fresh = try await up.deviceToken("anna", anna.password)
        #expect(try await up.get("/api/v1/users/", as: fresh).status == 403)
    }

    @Test(.fact(32)) func `make an administrator by the type of user too`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")

        let made = try await up.patch(
            "/api/v1/users/\(anna.id)/", ["user_type": "admin"], as: boss.token)
        #expect(made["role"] == "admin" && made["is_staff"] == true && made["is_superuser"] == true)
        let vip = try await up.patch("/api/v1/users/\(anna.id)/", ["user_type": "vip"], as: boss.token)
        #expect(vip["role"] == "user" && vip["user_type"] == "vip" && vip["is_staff"] == false)
        let plain = try await up.patch(
            "/api/v1/users/\(anna.id)/", ["user_type": "student"], as: boss.token)
        #expect(plain["user_type"] == "student")
        let confused = try await up.patch(
            "/api/v1/users/\(anna.id)/", ["user_type": "admin", "role": "user"], as: boss.token)
        #expect(confused.status == 400)
    }

    @Test func `do not change their own rights, and the last administrator stays`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin", level: 5)
        for change in [["role": "user"], ["access_level": 9], ["is_active": false]] as [JSONValue] {
            let answer = try await up.patch("/api/v1/users/\(boss.id)", change, as: boss.token)
            #expect(answer.status == 403, "\(change)")
        }
        #expect(try await up.delete("/api/v1/users/delete/boss", as: boss.token).status == 400)

        let alone = try await up.delete("/api/v1/users/\(boss.id)", as: boss.token)
        #expect(alone.status == 409 && alone.code == 2031)

        let second = try await up.rows.person("second", role: "admin")
        async let one = up.patch("/api/v1/users/\(second.id)", ["role": "user"], as: boss.token)
        async let other = up.patch("/api/v1/users/\(boss.id)", ["role": "user"], as: second.token)
        let statuses = try await [one.status, other.status]
        #expect(statuses.contains(200))
        let left: Int64 = try await Registry().owner.run(
            "SELECT count(*) FROM accounts.account WHERE role = 'admin'")
        #expect(left == 1)
    }

    @Test func `set a password that ends what was logged in with the old one`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.register("anna")

        let answer = try await up.put(
            "/api/v1/users/update/anna", ["password": "teapot"], as: boss.token)

        #expect(answer.status == 200)
        #expect(try await up.get("/api/v1/users/me", as: anna.token).code == 2011)
        #expect(try await up.deviceToken("anna", "teapot").count == 32)
        let short = try await up.patch(
            "/api/v1/users/\(anna.id)", ["password": "teapot"], as: boss.token)
        #expect(short.status == 400 && short["errors"]?.names == ["password"])
    }
}

@Suite(.accountsUp) struct `Logins` {
    @Test func `are shown to whose they are, and ended one by one`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let bob = try await up.register("bob")
        let access = try await up.logIn("anna", anna.password).access

        let list = try await up.get("/api/v1/users/me/sessions", as: access)
        let items = list["items"]?.elements ?? []
        #expect(items.map { $0["kind"] } == ["refresh", "device"])
        #expect(items.map { $0["current"] } == [true, false])
        let device = try #require(items.last?["id"]?.number)

        #expect(try await up.delete("/api/v1/users/me/sessions/\(device)", as: bob.token).status == 404)
        #expect(try await up.delete("/api/v1/users/me/sessions/\(device)", as: access).status == 204)
        #expect(try await up.get("/api/v1/users/me", as: anna.token).code == 2011)
        #expect(try await up.delete("/api/v1/users/me/sessions/\(device)", as: access).status == 404)

        let boss = try await up.rows.person("boss", role: "admin")
        #expect(try await up.delete("/api/v1/users/\(anna.id)/sessions", as: bob.token).status == 403)
        #expect(try await up.delete("/api/v1/users/\(anna.id)/sessions", as: boss.token).status == 204)
        #expect(try await up.get("/api/v1/users/me", as: access).code == 2011)
    }

    @Test func `and attempts are kept with where they came from`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let body: JSONValue = ["username": "anna", "password": "wrong"]
        _ = try await up.post(
            "/api/v1/users/authenticate", body,
            headers: [("X-Forwarded-For", "203.0.113.9"), ("User-Agent", String(repeating: "x", count: 400))])
        let (_, refresh) = try await up.logIn("anna", anna.password)
        _ = try await up.post("/api/v1/token/refresh", ["refresh": .string(refresh)])
        _ = try await up.post("/api/v1/token/refresh", ["refresh": .string(refresh)])
        _ = try await up.post(
            "/api/v1/users/authenticate", ["username": "nobody", "password": "wrong"])

        let own = try await up.get("/api/v1/users/me/login-history?order=asc", as: anna.token)
        let items = own["items"]?.elements ?? []
        #expect(
            items.map { $0["action"] } == ["login", "login_failed", "login", "refresh", "refresh_reuse"])
        #expect(items.allSatisfy { $0["user_id"] == .integer(anna.id) && $0["username"] == "anna" })
        #expect(items[1]["ip_address"] == "203.0.113.9" && items[1]["user_agent"]?.text?.count == 255)

        let boss = try await up.rows.person("boss", role: "admin")
        let all = try await up.get("/api/v1/users/login-history?action=login_failed", as: boss.token)
        #expect(all["items"]?.elements.map { $0["user_id"] } == [.null, .integer(anna.id)])
        let one = try await up.get("/api/v1/users/\(anna.id)/login-history", as: boss.token)
        #expect(one["pagination"]?["total_items"] == 5)
        for path in ["/api/v1/users/login-history", "/api/v1/users/\(anna.id)/login-history"] {
            #expect(try await up.get(path, as: anna.token).status == 403)
        }
    }
}
