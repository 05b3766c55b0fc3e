import Core
import FoundationEssentials
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `Tags` {
    private func staff() async throws -> String {
        try await AccountsUp.current.rows.person("worker", role: "operator").token
    }

    @Test(.fact(36)) func `are stored in upper case and belong to whom they name`() async throws {
        let up = AccountsUp.current
        let worker = try await staff()
        let anna = try await up.rows.person("anna")

        let made = try await up.post(
            "/api/v1/user-tags/create",
            ["username": "anna", "id_tag": " ab12 ", "note": "grey", "expires_at": "2020-01-01T00:00:00Z"],
            as: worker)

        #expect(made.status == 201)
        #expect(made["id_tag"] == "AB12" && made["user_id"] == .string(anna.hex))
        #expect(made["is_enabled"] == true && made["local"] == false && made["source"] == "")
        #expect(made["expires_at"] == "2020-01-01T00:00:00Z" && made["parent_id_tag"] == .null)
        for word in ["AB12", "ab12", "aB12"] {
            let found = try await up.get("/api/v1/user-tags/info/\(word)", as: worker)
            #expect(found.status == 200 && found["id_tag"] == "AB12")
        }
        let again = try await up.post(
            "/api/v1/user-tags/create", ["username": "anna", "id_tag": "Ab12"], as: worker)
        #expect(again.status == 400)
        #expect(again["status_message"] == "Failed to create user tag: id_tag already exists")
        let stranger = try await up.post(
            "/api/v1/user-tags/create", ["username": "nobody", "id_tag": "AB13"], as: worker)
        #expect(stranger.status == 404)
        let wrongHex = try await up.post(
            "/api/v1/user-tags/create", ["username": "anna", "id_tag": "AB13", "user_id": "00"], as: worker)
        #expect(wrongHex.status == 400 && wrongHex["errors"]?.names == ["user_id"])
        for word in ["", "0123456789012345678901", "Ä1"] {
            let bad = try await up.post(
                "/api/v1/user-tags/create", ["username": "anna", "id_tag": .string(word)], as: worker)
            #expect(bad.status == 400 && bad["errors"]?.names == ["id_tag"], "\(word)")
        }
    }

    @Test func `are found by whose they are and what they are`() async throws {
        let up = AccountsUp.current
        let worker = try await staff()
        let anna = try await up.rows.person("anna")
        try await up.rows.tag("B2", of: anna.id, isEnabled: false)
        try await up.rows.tag("A1", of: anna.id)
        try await up.rows.tag("C3", of: nil, isEnabled: false)

        for (query, words) in [
            ("", ["A1", "B2", "C3"]), ("?username=anna", ["A1", "B2"]), ("?is_enabled=false", ["B2", "C3"]),
            ("?unassigned=true", ["C3"]), ("?username=nobody", []),
        ] as [(String, [String])] {
            let list = try await up.get("/api/v1/user-tags/list\(query)", as: worker)
            #expect(try list.json.elements.compactMap { $0["id_tag"]?.text } == words, "\(query)")
        }
        let unassigned = try await up.get("/api/v1/user-tags/info/C3", as: worker)
        #expect(unassigned["username"] == "" && unassigned["user_id"] == "")
        for path in ["list", "info/A1"] {
            #expect(try await up.get("/api/v1/user-tags/\(path)", as: anna.token).status == 403)
        }
    }

    @Test func `are moved, changed and hidden by staff`() async throws {
        let up = AccountsUp.current
        let worker = try await staff()
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("A1", of: anna.id)

        let moved = try await up.put(
            "/api/v1/user-tags/update/a1",
            ["username": "bob", "note": "blue", "local": true, "parent_id_tag": "fleet"], as: worker)
        #expect(moved.status == 200 && moved["user_id"] == .string(bob.hex))
        #expect(moved["note"] == "blue" && moved["local"] == true && moved["parent_id_tag"] == "FLEET")
        let cleared = try await up.put(
            "/api/v1/user-tags/update/A1", ["username": "", "note": "", "is_enabled": false], as: worker)
        #expect(cleared["username"] == "bob" && cleared["note"] == "" && cleared["is_enabled"] == false)
        #expect(cleared["local"] == true)
        #expect(
            try await up.put("/api/v1/user-tags/update/A1", ["username": "nobody"], as: worker).status == 404)
        #expect(try await up.put("/api/v1/user-tags/update/Z9", [:], as: worker).status == 404)

        let gone = try await up.delete("/api/v1/user-tags/delete/A1", as: worker)
        #expect(gone.status == 200)
        #expect(try gone.json == ["success": true, "message": "Tag deleted successfully"])
        #expect(try await up.get("/api/v1/user-tags/info/A1", as: worker).status == 404)
        #expect(
            try await up.post("/api/v1/user-tags/create", ["username": "anna", "id_tag": "A1"], as: worker)
                .status == 201)
        #expect(
            try await Registry().audited().filter { $0.hasSuffix("_TAG") }
                == ["UPDATE_TAG", "UPDATE_TAG", "DELETE_TAG", "CREATE_TAG"])
    }

    @Test func `of one's own are added, switched off and hidden by oneself`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("SEEN", of: nil, isEnabled: false)

        let made = try await up.post("/api/v1/user-tags", ["id_tag": "card1", "note": "x"], as: anna.token)
        #expect(made.status == 201 && made["id_tag"] == "CARD1" && made["source"] == "self")
        for word in ["CARD1", "seen", "list", "Update"] {
            let refused = try await up.post("/api/v1/user-tags", ["id_tag": .string(word)], as: bob.token)
            #expect(refused.status == 400 && refused["errors"]?.names == ["id_tag"], "\(word)")
        }
        let list = try await up.get("/api/v1/user-tags", as: anna.token)
        #expect(list["items"]?.elements.map { $0["id_tag"] } == ["CARD1"])
        #expect(list["pagination"]?["total_items"] == 1)
        #expect(try await up.get("/api/v1/user-tags", as: bob.token)["pagination"]?["total_pages"] == 0)

        for answer in [
            try await up.patch("/api/v1/user-tags/CARD1", ["is_enabled": false], as: bob.token),
            try await up.delete("/api/v1/user-tags/CARD1", as: bob.token),
        ] { #expect(answer.status == 404) }
        let off = try await up.patch("/api/v1/user-tags/card1", ["is_enabled": false], as: anna.token)
        #expect(off.status == 200 && off["is_enabled"] == false && off["note"] == "x")
        #expect(try await up.delete("/api/v1/user-tags/CARD1", as: anna.token).status == 204)
        #expect(try await up.patch("/api/v1/user-tags/CARD1", [:], as: anna.token).status == 404)
    }
}
