import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A notification` {
    private let up = AccountsUp.current

    private func tell(_ body: [String: JSONValue] = [:], as boss: AccountsRows.Person) async throws -> Answer
    {
        let full: [String: JSONValue] = ["title": "Works", "message": "We dig."]
        return try await up.post(
            "/api/v1/notifications/broadcast", .object(full.merging(body) { $1 }), as: boss.token)
    }

    @Test(.fact(85, 3)) func `is its owner's alone, who only marks it`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        #expect(try await tell(as: boss)["recipients"] == 3)
        let list = try await up.get("/api/v1/notifications/", as: anna.token)
        let first = try #require(list.json.elements.first)
        let path = "/api/v1/notifications/\(try #require(first["id"]?.number))/"

        #expect(first["title"] == "Works" && first["type"] == "system" && first["is_read"] == false)
        #expect(first["user"] == .integer(anna.id) && first["meeting"] == .null)
        #expect(try await up.get(path, as: anna.token).json == first)
        for person in [bob, boss] {
            #expect(try await up.get(path, as: person.token).status == 404)
            #expect(try await up.patch(path, ["is_read": true], as: person.token).status == 404)
        }
        let marked = try await up.patch(
            path, ["is_read": true, "title": "x", "user": .integer(bob.id)], as: anna.token)
        #expect(
            marked["is_read"] == true && marked["title"] == "Works" && marked["user"] == .integer(anna.id))
        #expect(try await up.patch(path, [:], as: anna.token)["is_read"] == true)
        for method in [HTTP.Method.post, .put, .delete] {
            let answer = try await up.ask(method, "/api/v1/notifications/1", as: anna.token)
            #expect(answer.status == 405)
            let allowed = answer.headers["Allow"] ?? ""
            #expect(allowed.contains("GET") && allowed.contains("PATCH"))
        }
        #expect(try await up.post("/api/v1/notifications", [:], as: anna.token).status == 405)
    }

    @Test func `is listed newest first, filtered, and read with all others`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        for number in 1...3 { _ = try await tell(["title": .string("No. \(number)")], as: boss) }
        func titles(_ query: String) async throws -> [String] {
            try await up.get("/api/v1/notifications\(query)", as: anna.token).json.elements.compactMap {
                $0["title"]?.text
            }
        }

        #expect(try await titles("") == ["No. 3", "No. 2", "No. 1"])
        #expect(try await titles("?page=2&per_page=2") == ["No. 1"])
        #expect(try await titles("?type=reminder") == [])
        #expect(try await titles("?type=system&is_read=false").count == 3)
        #expect(try await up.get("/api/v1/notifications?type=x", as: anna.token).status == 400)
        let read = try await up.post("/api/v1/notifications/read-all", [:], as: anna.token)
        #expect(read["updated"] == 3)
        #expect(
            try await up.post("/api/v1/notifications/read-all", [:], as: anna.token)["updated"] == 0)
        #expect(try await titles("?is_read=false") == [])
    }

    @Test func `goes to everybody, to a role, or to a group`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let worker = try await up.rows.person("worker", role: "operator")
        _ = try await up.rows.person("anna")
        _ = try await up.rows.person("gone", isActive: false)
        try await Registry().owner.run(
            "UPDATE accounts.account SET user_group = 'fleet' WHERE username = 'anna'")

        let all = try await tell(as: boss)
        #expect(all.status == 202 && all["recipients"] == 3)
        #expect(try await tell(["role": "operator"], as: boss)["recipients"] == 1)
        #expect(try await tell(["group": "fleet"], as: boss)["recipients"] == 1)
        #expect(try await tell(["group": "fleet", "role": "operator"], as: boss)["recipients"] == 0)
        #expect(try await tell(as: worker).status == 403)
        #expect(
            try await tell(["title": .string(String(repeating: "x", count: 101))], as: boss).status == 400)
        #expect(try await Registry().audited(by: boss.id).count == 4)
    }
}
