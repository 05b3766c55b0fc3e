import Core
import HTTP
import Testing

@Suite struct `A reply` {
    private struct Word: Codable, Sendable { var text: String }
    private struct Asked: Codable, Sendable { var exists: Bool? }

    private static let routes: [GuardedRoute] = [
        Route(.post, "/things") { (call: Call<None, Asked, None>) in
            call.query.exists == true ? CreatedOrOK.existed(Word(text: "old")) : .created(Word(text: "new"))
        }.open,
        Route(.get, "/elsewhere") { (_: Call<None, None, None>) in SeeOther("/things") }.open,
        Route(.get, "/page") { (_: Call<None, None, None>) in HTML("<!doctype html><title>č</title>") }.open,
        Route(.get, "/either") { (call: Call<None, Asked, None>) -> OneOf<OK<Word>, SeeOther> in
            call.query.exists == true ? .first(OK(Word(text: "here"))) : .second(SeeOther("/page"))
        }.open,
    ]

    private func answer(_ method: HTTP.Method, _ target: String) async throws -> Response {
        try await Dispatcher(routes: Self.routes, credentials: NoCredentials())
            .respond(to: request(method, target))
    }

    @Test func `is chosen while running`() async throws {
        #expect(try await answer(.post, "/things").status == .created)
        #expect(try await answer(.post, "/things?exists=true").status == .ok)
        #expect(try await answer(.get, "/either").status == .seeOther)
        #expect(try await answer(.get, "/either?exists=1").status == .ok)
    }

    @Test func `sends a browser elsewhere`() async throws {
        let answer = try await answer(.get, "/elsewhere")
        #expect(answer.status == .seeOther)
        #expect(answer.headers["Location"] == "/things")
    }

    @Test func `may be a page that loads nothing from elsewhere`() async throws {
        let answer = try await answer(.get, "/page")
        #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("č"))
    }

    @Test func `is described with all that may come of it`() throws {
        let paths = OpenAPI.part(of: Self.routes, tag: "things").paths
        #expect(paths["/things"]?["post"]?["responses"]?["200"]?["content"] != nil)
        #expect(paths["/things"]?["post"]?["responses"]?["201"]?["content"] != nil)
        #expect(paths["/either"]?["get"]?["responses"]?["303"]?["headers"]?["Location"] != nil)
        #expect(paths["/page"]?["get"]?["responses"]?["200"]?["content"]?["text/html"] != nil)
    }
}
