import Core
import Foundation
import TestSupport
import Testing

/// What holds for every call, whichever service answers: seen through the proxy.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `The conventions of the API` {
    @Test(.fact(1)) func `ignore a slash at the end`() async throws {
        // Somebody of this test alone: another's log-in would change when the administrator was last seen, between the two.
        try await Caller.admin().post(
            "/api/v1/users/create",
            [
                "username": "slashes", "password": "Story-Driver-1", "name": "Ada",
                "email": "slashes@stories.example",
            ])
        let person = try await Caller.loggedIn("slashes@stories.example", "Story-Driver-1")

        let bare = try await person.call("GET", "/api/v1/users/me")
        let slashed = try await person.call("GET", "/api/v1/users/me/")
        #expect(bare.status == 200)
        #expect(slashed.status == 200)
        #expect(bare.body == slashed.body)

        for path in ["/api/v1/token", "/api/v1/token/"] {
            let answer = try await Caller.anybody.call(
                "POST", path,
                [
                    "email": .string(SuiteUp.current.adminEmail),
                    "password": .string(SuiteUp.current.adminPassword),
                ])
            #expect(answer.status == 200)
        }
    }

    @Test(
        .fact(2),
        arguments: [
            ("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/invoices/none/such", 404),
            ("GET", "/api/v1/reports/none/such", 404), ("GET", "/ocpp/x/y/z", 404), ("GET", "/nothing", 404),
            ("PUT", "/api/v1/token", 405), ("DELETE", "/api/v1/transactions/1", 405),
            ("DELETE", "/api/v1/report/month", 405), ("GET", "/api/v1/users/me", 401),
            ("GET", "/api/v1/invoices/", 401), ("GET", "/api/v1/report/month", 401),
        ])
    func `have one shape of errors`(method: String, path: String, status: Int) async throws {
        let answer = try await Caller.anybody.call(method, path)

        #expect(answer.status == status)
        let body = try answer.json
        #expect(body.names == ["status_code", "status_message", "timestamp"])
        #expect(body["status_code"] == 2001)
        #expect(answer.headers["x-request-id"]?.isEmpty == false)
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        if status == 405 { #expect(answer.headers["allow"]?.contains("GET") == (path != "/api/v1/token")) }
    }

    @Test(.fact(4)) func `refuse bodies that cannot be read`() async throws {
        let path = "/api/v1/token/"
        let other = try await Caller.anybody.call("POST", path, [:], headers: ["Content-Type: text/plain"])
        #expect(other.status == 415)
        let large = try await Caller.anybody.call(
            "POST", path, fromFile: String(repeating: " ", count: 2_097_152) + "{}")
        #expect(large.status == 413)
        let broken = try await Caller.anybody.call("POST", path, fromFile: "{\"email\":")
        #expect(broken.status == 400)
        for answer in [other, large, broken] { #expect(try answer.json["status_code"] == 2001) }
    }

    @Test(
        .fact(5),
        arguments: [
            "/api/v1/users/me", "/api/v1/payment-plans", "/api/v1/report/month", "/api/v1/nothing",
            "/nothing",
        ])
    func `answer a browser's preflight on every path`(path: String) async throws {
        let answer = try await Caller.anybody.call(
            "OPTIONS", path,
            headers: ["Origin: https://app.example", "Access-Control-Request-Method: PATCH"])

        #expect(answer.status == 204)
        let methods = answer.headers["access-control-allow-methods"] ?? ""
        for method in ["PUT", "PATCH", "DELETE"] { #expect(methods.contains(method)) }
        #expect(answer.headers["access-control-allow-headers"]?.lowercased().contains("timestamp") == true)
    }

    @Test(.fact(6)) func `cut lists into pages`() async throws {
        let admin = try await Caller.admin()
        func page(_ query: String) async throws -> JSONValue? {
            try await admin.get("/api/v1/payment-plans?\(query)")["pagination"]
        }

        #expect(try await page("per_page=1000")?["per_page"] == 100)
        #expect(try await page("per_page=0")?["per_page"] == 10)
        #expect(try await page("page=999")?["page"] == 1)
        #expect(try await page("plan_id=none")?["total_pages"] == 0)
    }

    @Test(.fact(7)) func `cut arrays only where they are asked to`() async throws {
        let admin = try await Caller.admin()
        for name in ["lena", "lina", "lona"] {
            try await admin.post(
                "/api/v1/users/create", ["username": .string(name), "password": "Story-Driver-1"])
        }

        let first = try await admin.call("GET", "/api/v1/users/list?page=1&per_page=2")
        #expect(try first.json.list.count == 2)
        #expect(Int(first.headers["x-total-count"] ?? "") ?? 0 >= 4)
        #expect(first.headers["link"]?.contains(#"rel="next""#) == true)

        let whole = try await admin.call("GET", "/api/v1/users/list")
        #expect(try whole.json.list.count >= 4)
        #expect(whole.headers["x-total-count"] == nil)
        #expect(whole.headers["link"] == nil)
    }

    @Test(.fact(11), arguments: ["/metrics", "/ready"])
    func `keep what a service says about itself behind the proxy`(path: String) async throws {
        let suite = SuiteUp.current
        for base in [
            nil, "https://localhost:\(suite.stationTLSPort)", "http://localhost:\(suite.stationPort)",
        ] {
            let answer = try await Caller.anybody.call("GET", path, base: base)
            #expect(answer.status == 404)
            #expect(try answer.json["status_code"] == 2001)
        }
        for service in ["gateway", "accounts", "billing", "reporting"] {
            let own = try await Caller.anybody.call("GET", path, base: suite.own(service))
            #expect(own.status == 200)
        }
    }
}
