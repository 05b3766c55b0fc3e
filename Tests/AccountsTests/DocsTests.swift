import AccountsService
import Core
import Crypto
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `The page of the API's document` {
    @Test(.fact(10)) func `loads no other host, and runs its own script alone`() async throws {
        let answer = try await AccountsUp.current.get("/api/v1/docs")

        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(!answer.text.contains("http://") && !answer.text.contains("https://"))
        #expect(!answer.text.contains("src=\"") && !answer.text.contains("@import"))
        let script = try #require(
            answer.text.split(separator: "<script>").last?.split(separator: "</script>").first)
        let digest = Base64.standard.text(SHA256.hash(String(script)))
        let policy = try #require(answer.headers["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none';") && policy.contains("script-src 'sha256-\(digest)';"))
        #expect(!policy.contains("script-src 'unsafe"))
    }

    @Test func `finds what it reads: every route of the service with its right`() async throws {
        let up = AccountsUp.current
        var document: JSONValue = .null
        try await Wait.until {
            document = try await up.get("/api/v1/openapi.json").json
            return document["paths"]?.names.isEmpty == false
        }

        #expect(document["openapi"] == "3.1.0")
        for guarded in up.accounts.routes {
            let path = guarded.route.pattern.template
            let operation = document["paths"]?[path]?[guarded.route.method.rawValue.lowercased()]
            #expect(operation?["x-right"]?.text == guarded.right.rawValue, "\(path)")
            #expect(operation?["summary"]?.text?.isEmpty == false, "\(path)")
        }
    }
}
