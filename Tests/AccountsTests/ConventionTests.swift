import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `By convention` {
    @Test(.fact(2)) func `every failure has the one shape`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        for (answer, status, hasErrors) in [
            (try await up.get("/api/v1/nowhere"), 404, false),
            (try await up.post("/api/v1/chp", [:], as: anna.token), 405, false),
            (try await up.get("/api/v1/users/me"), 401, false),
            (try await up.get("/api/v1/users", as: anna.token), 403, false),
            (try await up.get("/api/v1/point/NONE", as: anna.token), 404, false),
            (try await up.patch("/api/v1/users/me", ["email": "x"], as: anna.token), 400, true),
        ] {
            #expect(answer.status == status)
            let fields: Set = ["status_code", "status_message", "timestamp"]
            #expect(try answer.json.names == (hasErrors ? fields.union(["errors"]) : fields))
            #expect(answer["timestamp"] == "2026-11-20T10:30:00Z")
            #expect(answer.headers["X-Request-Id"]?.isEmpty == false)
        }
    }

    @Test func `null clears what can be nothing, and is a mistake for the rest`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        let mistaken = try await up.patch(
            "/api/v1/users/me", ["username": .null, "language": .null, "phone": .null], as: anna.token)
        #expect(mistaken.status == 400)
        #expect(mistaken["errors"]?.names == ["username", "language"], "\(mistaken)")

        let cleared = try await up.patch("/api/v1/users/me", ["phone": .null, "city": .null], as: anna.token)
        #expect(cleared.status == 200)
        // What may be left out of a request altogether may be nothing too, where nothing has a meaning.
        let login = try await up.post(
            "/api/v1/users/authenticate",
            ["username": "anna", "password": .string(anna.password), "verification_code": .null])
        #expect(login.status == 200)
    }

    @Test(.fact(4)) func `a body is JSON, of a size, and whole`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        func patch(_ body: String, _ type: String) async throws -> Answer {
            try await up.ask(
                .patch, "/api/v1/users/me", Array(body.utf8), as: anna.token,
                headers: [("Content-Type", type)])
        }

        #expect(try await patch("{}", "text/plain").status == 415)
        #expect(try await patch("{}", "application/json; charset=utf-8").status == 200)
        #expect(try await patch("{\"city\":", "application/json").status == 400)
        let large = "{\"city\":\"\(String(repeating: "x", count: 2 << 20))\"}"
        #expect(try await patch(large, "application/json").status == 413)
        let missing = try await up.ask(.post, "/api/v1/token/refresh")
        #expect(missing.status == 400)
    }

    @Test(.fact(5)) func `other origins may ask`() async throws {
        for path in ["/api/v1/users/me", "/nowhere"] {
            let answer = try await AccountsUp.current.ask(
                .options, path, headers: [("Origin", "https://app.example")])
            #expect(answer.status == 204)
            #expect(answer.headers["Access-Control-Allow-Origin"] == "https://app.example")
            let methods = answer.headers["Access-Control-Allow-Methods"] ?? ""
            for method in ["PUT", "PATCH", "DELETE"] { #expect(methods.contains(method)) }
            #expect(answer.headers["Access-Control-Allow-Headers"]?.contains("timestamp") == true)
        }
    }

    @Test(.fact(6)) func `pages are drawn to what there is`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        for number in 1...12 { try await registry.point("CP\(100 + number)") }
        func page(_ query: String) async throws -> JSONValue {
            try await up.get("/api/v1/charge-points?\(query)").json
        }

        let small = try await page("per_page=0")
        #expect(small["pagination"]?["per_page"] == 10 && small["items"]?.elements.count == 10)
        #expect(try await page("per_page=1000")["pagination"]?["per_page"] == 100)
        let last = try await page("page=9&per_page=5&order=asc")
        #expect(last["pagination"]?["page"] == 3)
        #expect(last["items"]?.elements.map { $0["charge_point_id"] } == ["CP111", "CP112"])
        #expect(last["pagination"]?["has_next"] == false && last["pagination"]?["has_prev"] == true)
        let none = try await page("q=nothing")
        #expect(none["pagination"]?["total_pages"] == 0 && none["items"] == [])
        #expect(try await up.get("/api/v1/charge-points?order=up").status == 400)
    }

    @Test(.fact(30)) func `a time stamp may be half a minute off`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let now = Int64(up.clock.now.timeIntervalSince1970)
        func ask(_ stamp: String?, as token: String?, _ path: String = "/api/v1/users/me") async throws
            -> Answer
        {
            try await up.get(path, as: token, headers: stamp.map { [("timestamp", $0)] } ?? [])
        }

        for offset in [-30, 0, 30] as [Int64] {
            #expect(try await ask("\(now + offset)", as: anna.token).status == 200)
        }
        for stamp in ["\(now - 31)", "\(now + 31)", "abc", "1.5", ""] {
            let answer = try await ask(stamp, as: anna.token)
            #expect(answer.status == 403 && answer.code == 2015, "\(stamp)")
            #expect(try await ask(stamp, as: nil, "/api/health").code == 2015)
        }
        #expect(try await ask(nil, as: anna.token).status == 200)
    }

    @Test(.accountsUp(["REQUEST_TIMESTAMP": "required"]), .fact(30))
    func `a time stamp must be there where it is asked for`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let now = Int64(up.clock.now.timeIntervalSince1970)

        let without = try await up.get("/api/v1/users/me", as: anna.token)
        #expect(without.status == 403 && without.code == 2015)
        let with = try await up.get(
            "/api/v1/users/me", as: anna.token, headers: [("timestamp", "\(now)")])
        #expect(with.status == 200)
        #expect(try await up.get("/api/health").status == 200)
        #expect(try await up.get("/api/v1/charge-points").status == 200)
    }

    @Test(.fact(26)) func `no answer holds a password`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let boss = try await up.rows.person("boss", role: "admin", level: 10)
        let anna = try await up.register("anna", password: "Kettle-4711-very-secret")
        let hash: String = try await registry.owner.run(
            "SELECT password_hash FROM accounts.account WHERE id = \(anna.id)")

        for path in [
            "/api/v1/users", "/api/v1/users/list", "/api/v1/users/info/anna", "/api/v1/users/\(anna.id)",
            "/api/admin/users", "/api/v1/users/login-history",
        ] {
            let answer = try await up.get(path, as: boss.token)
            #expect(answer.status == 200)
            for secret in [hash, "scrypt", "Kettle-4711", anna.token] {
                #expect(!answer.text.contains(secret), "\(path)")
            }
            #expect(!answer.text.replacing("\"password\":\"\"", with: "").contains("\"password\""))
        }
    }

    @Test(.accountsUp(["RATE_LIMIT_ADDRESS": "20", "RATE_LIMIT_ACCOUNT": "5"]))
    func `too many requests are refused`() async throws {
        let up = AccountsUp.current
        let anna = try await up.rows.person("anna")
        for _ in 1...5 { #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 200) }

        let sixth = try await up.get("/api/v1/users/me", as: anna.token)

        #expect(sixth.status == 429 && sixth.code == 2017 && sixth.headers["Retry-After"] != nil)
        var last = sixth
        for _ in 1...30 { last = try await up.get("/api/health") }
        #expect(last.status == 429)
        #expect(try await up.get("/health").status == 200)
    }
}

@Suite(.accountsUp) struct `The platform` {
    @Test func `is alive and says what it is`() async throws {
        let up = AccountsUp.current

        let health = try await up.get("/api/health")
        #expect(health["success"] == true && health["message"] == "VoltBus is running")
        let app = try await up.get("/api/v1/config/app")
        #expect(app["name"] == "app" && app["currency"] == "EUR")
        for name in ["company", "tariff"] {
            #expect(try await up.get("/api/v1/config/\(name)").status == 200)
        }
        let none = try await up.get("/api/v1/config/secret")
        #expect(none.status == 404)
        #expect(none["status_message"] == "Failed to get config: not found")
    }

    @Test(.accountsUp(["PUBLIC_CONFIG": "app,banner"])) func `is configured by administrators`() async throws
    {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let worker = try await up.rows.person("worker", role: "operator")

        #expect(try await up.get("/api/v1/config/banner").status == 404)
        let stored = try await up.put("/api/v1/config/banner", ["text": ["en": "Hello"]], as: boss.token)
        #expect(stored.status == 200)
        #expect(try await up.get("/api/v1/config/banner").json == ["text": ["en": "Hello"]])
        #expect(try await up.get("/api/v1/config/company").status == 404)
        #expect(try await up.put("/api/v1/config/company", [:], as: boss.token).status == 404)
        #expect(try await up.put("/api/v1/config/banner", [:], as: worker.token).status == 403)
        #expect(try await up.put("/api/v1/config/banner", ["a", "b"], as: boss.token).status == 400)
        let large = String(repeating: "x", count: 70_000)
        #expect(
            try await up.put("/api/v1/config/banner", ["text": .string(large)], as: boss.token).status == 413)
        let all = try await up.get("/api/v1/config", as: boss.token)
        #expect(all["items"]?.elements.contains { $0["name"] == "banner" } == true)
        #expect(try await up.get("/api/v1/config", as: worker.token).status == 403)
    }
}
