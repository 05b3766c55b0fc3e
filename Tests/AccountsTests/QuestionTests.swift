import Core
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `A question` {
    private let up = AccountsUp.current

    @Test func `is its asker's until staff answer and publish it`() async throws {
        let worker = try await up.rows.person("worker", role: "operator")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))

        let asked = try await up.post(
            "/api/v1/faq/", ["question": "Where is CP1?", "answer": "Here", "public": true], as: anna.token)
        #expect(asked.status == 201 && asked["answer"] == "" && asked["public"] == false)
        #expect(asked["user_id"] == .integer(anna.id))
        let path = "/api/v1/faq/\(try #require(asked["id"]?.number))"

        #expect(try await up.get(path).status == 404)
        #expect(try await up.get(path, as: bob.token).status == 404)
        #expect(try await up.get(path, as: anna.token).status == 200)
        #expect(try await up.get("/api/v1/faq")["items"] == [])
        #expect(try await up.get("/api/v1/faq?mine=true", as: anna.token)["pagination"]?["total_items"] == 1)
        #expect(try await up.patch(path, ["answer": "There"], as: anna.token).status == 403)
        let bare = try await up.patch(path, ["public": true], as: worker.token)
        #expect(bare.status == 400 && bare["errors"]?.names == ["answer"])
        let published = try await up.patch(path, ["answer": "There", "public": true], as: worker.token)
        #expect(published["answer"] == "There" && published["public"] == true)
        #expect(try await up.get(path)["question"] == "Where is CP1?")
        #expect(try await up.get("/api/v1/faq?q=CP1")["pagination"]?["total_items"] == 1)
        #expect(try await up.get("/api/v1/faq?q=nowhere")["pagination"]?["total_items"] == 0)
        #expect(try await up.put(path, ["answer": "x"], as: worker.token).status == 400)
        #expect(try await up.put(path, ["question": "Where now?"], as: worker.token)["answer"] == "There")
        #expect(try await up.delete(path, as: anna.token).status == 403)
        #expect(try await up.delete(path, as: worker.token).status == 204)
    }

    @Test func `is asked once, and taken back while nobody has answered`() async throws {
        let worker = try await up.rows.person("worker", role: "operator")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let asked = try await up.post("/api/v1/faq", ["question": "How much?"], as: anna.token)
        let path = "/api/v1/faq/\(try #require(asked["id"]?.number))"

        let again = try await up.post("/api/v1/faq", ["question": "HOW MUCH?"], as: bob.token)
        #expect(again.status == 400 && again["errors"]?.names == ["question"])
        #expect(try await up.post("/api/v1/faq", ["question": "Why?"], as: bob.token).status == 400)
        #expect(try await up.post("/api/v1/faq", [:], as: bob.token)["errors"]?.names == ["question"])
        let answered = try await up.post(
            "/api/v1/faq", ["question": "Why here?", "answer": "So", "public": true], as: worker.token)
        #expect(answered.status == 201 && answered["public"] == true)
        let bare = try await up.post(
            "/api/v1/faq", ["question": "Why there?", "public": true], as: worker.token)
        #expect(bare.status == 400)
        #expect(try await up.delete(path, as: bob.token).status == 404)
        #expect(try await up.delete(path, as: anna.token).status == 204)
        #expect(
            try await up.get("/api/v1/faq?order=asc", as: worker.token)["pagination"]?["total_items"] == 1)
    }
}
