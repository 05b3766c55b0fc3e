import Core
import FoundationEssentials
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

private typealias Plain = Call<None, None, None>
private struct Item: Codable, Sendable, Equatable { var number: Int }
private struct Named: Codable, Sendable { var name: String }

@Suite struct `A table of routes` {
    private static let routes: [GuardedRoute] = [
        Route(.get, "/users/:id") { (_: Call<ByID<Item>, None, None>) in NoContent() }.open,
        Route(.post, "/users/create") { (_: Plain) in NoContent() }.open,
        Route(.get, "/tags/:name") { (call: Call<Named, None, None>) in
            OK(["name": call.path.name])
        }.open,
        Route(.patch, "/notifications/:id") { (_: Call<ByID<Item>, None, None>) in NoContent() }.open,
        Route(.get, "/notifications/:id") { (_: Call<ByID<Item>, None, None>) in NoContent() }.open,
        Route(.get, "/transactions/info/:id") { (_: Call<ByID<Item>, None, None>) in NoContent() }
            .tellingPathMistakes.failing("Failed to read transaction").open,
    ]

    private func answer(_ method: HTTP.Method, _ target: String) async throws -> Response {
        try await Dispatcher(routes: Self.routes, credentials: NoCredentials())
            .respond(to: request(method, target))
    }

    @Test(arguments: [
        (HTTP.Method.get, "/users/9223372036854775807", 204), (.get, "/users/9223372036854775808", 404),
        (.get, "/users/+1", 404), (.get, "/users/1a", 404), (.get, "/users/", 404),
        // A word of the table is nobody's number, whatever the method.
        (.get, "/users/create", 405), (.post, "/users/create/", 204), (.post, "/users/1", 405),
        (.get, "/Users/1", 404), (.get, "/users/%31", 204), (.get, "/users//1", 404),
        (.other, "/users/1", 405), (.other, "/nowhere", 404), (.get, "/transactions/info/x", 400),
        (.get, "/transactions/info/1", 204), (.get, "/users/0", 404), (.get, "/users/-1", 404),
        (.get, "/users/%2B1", 404), (.get, "/users/1%00", 404), (.get, "/users/\u{0661}", 404),
        (.get, "/users/1.0", 404),
        (.get, "/users/1e3", 404), (.get, "/users/0x1", 404), (.get, "/users/%201", 404),
        (.get, "/users/007", 204),
        (.get, "/users", 404), (.head, "/users/1", 204), (.get, "/", 404), (.get, "//", 404),
    ])
    func `finds the one that fits`(method: HTTP.Method, target: String, status: Int) async throws {
        #expect(try await answer(method, target).status.rawValue == status)
    }

    @Test(.fact(3)) func `names what a path can do instead`() async throws {
        let answer = try await answer(.delete, "/notifications/1")
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.headers["Allow"] == "GET, HEAD, PATCH")
    }

    @Test(arguments: [
        ("a%20b", "a b"), ("a%2Fb", "a/b"), ("%C4%8D", "č"), ("a+b", "a+b"), ("%20a%20", " a "),
        ("a%3Fb", "a?b"), ("%25", "%"),
    ])
    func `reads a path's words as they were meant`(written: String, meant: String) async throws {
        let answer = try await answer(.get, "/tags/\(written)")
        #expect(try JSONReader.decode([String: String].self, from: answer.body) == ["name": meant])
    }

    @Test(.fact(63)) func `tells what is wrong in a path where the contract says so`() async throws {
        let answer = try await answer(.get, "/transactions/info/abc")
        #expect(answer.status == .badRequest)
        let envelope = try JSONReader.decode(Problem.Envelope.self, from: answer.body)
        #expect(envelope.status_message == "Failed to read transaction: id must be a whole number")
        #expect(envelope.errors == ["id": ["must be a whole number"]])
    }

    @Test func `is refused with a handler that asks for what no path has`() async {
        await #expect(processExitsWith: .failure) {
            _ = Route(.get, "/users/:number") { (_: Call<ByID<Int>, None, None>) in NoContent() }
        }
    }
}

@Suite struct `Every failure` {
    private struct Form: Codable, Sendable {
        var name: Text<1, 20>
        var age: Whole<0, 150>?
    }

    private static let routes: [GuardedRoute] = [
        Route(.post, "/people") { (call: Call<None, None, Form>) in OK(["name": call.body.name.text]) }
            .failing("Failed to save person").open,
        Route(.post, "/picture") { (call: Call<None, None, Multipart>) in
            OK(["bytes": call.body.part("file")?.bytes.count ?? 0])
        }.open,
        Route(.get, "/mine") { (_: Plain) in NoContent() }.needs(.user),
        Route(.post, "/door") { (call: Call<None, None, Form>) -> NoContent in
            throw Problem(.forbidden, "\(call.body.name.text) stays outside")
        }.failing("Failed to open").failingToRead("Failed to decode").open,
    ]

    private func answer(
        _ method: HTTP.Method, _ target: String, type: String? = "application/json", body: String = ""
    ) async throws -> Response {
        try await Dispatcher(routes: Self.routes, credentials: NoCredentials())
            .respond(to: request(method, target, type.map { [("Content-Type", $0)] } ?? [], body: body))
    }

    @Test(
        .fact(2, 4),
        arguments: [
            (HTTP.Method.post, "/people", "application/json" as String?, "{", 400),
            (.post, "/people", "application/json", "", 400),
            (.post, "/people", "application/json", "[]", 400),
            (.post, "/people", "text/plain", "{\"name\":\"Anna\"}", 415), (.post, "/people", nil, "{}", 415),
            (.post, "/people", "application/jsonp", "{}", 415), (.get, "/people", nil, "", 405),
            (.delete, "/people", nil, "", 405), (.other, "/people", nil, "", 405),
            (.get, "/nowhere", nil, "", 404),
            (.get, "/mine", nil, "", 401), (.post, "/picture", "application/json", "{}", 415),
            (.post, "/picture", "multipart/form-data", "x", 400),
        ])
    func `has exactly the fields of the envelope`(
        method: HTTP.Method, target: String, type: String?, body: String, status: Int
    ) async throws {
        let answer = try await answer(method, target, type: type, body: body)
        #expect(answer.status.rawValue == status)
        guard case .object(let members) = try JSONReader.decode(JSONValue.self, from: answer.body) else {
            Issue.record("no object")
            return
        }
        #expect(Set(members.keys).subtracting(["errors"]) == ["status_code", "status_message", "timestamp"])
        guard case .string(let time)? = members["timestamp"] else { return #expect(Bool(false)) }
        // Whole seconds, UTC.
        #expect(time.utf8.count == 20 && time.hasSuffix("Z"))
    }

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON ; charset=\"UTF-8\"",
    ])
    func `is none where the type of a body has parameters`(type: String) async throws {
        let answer = try await answer(
            .post, "/people", type: type, body: "{\"name\":\" Anna \",\"more\":[1]}")
        #expect(String(decoding: answer.body, as: UTF8.self) == "{\"name\":\"Anna\"}")
    }

    @Test func `names the fields that are wrong, and no others`() async throws {
        let answer = try await answer(.post, "/people", body: "{\"name\":\" \",\"age\":\"old\"}")
        let envelope = try JSONReader.decode(Problem.Envelope.self, from: answer.body)
        #expect(envelope.errors == ["name": ["must not be empty"], "age": ["must be a whole number"]])
        #expect(envelope.status_message == "Failed to save person: name must not be empty")
        #expect(envelope.status_code == 2001)
    }

    @Test func `is worded apart where a request cannot be read, if the route says so`() async throws {
        let unreadable = try await answer(.post, "/door", body: "{}")
        let refused = try await answer(.post, "/door", body: "{\"name\":\"Anna\"}")

        let messages = try [unreadable, refused].map {
            try JSONReader.decode(Problem.Envelope.self, from: $0.body).status_message
        }
        #expect(messages == ["Failed to decode: name is required", "Failed to open: Anna stays outside"])
    }

    @Test func `is told before a picture is read that is too large`() async throws {
        var rules = Dispatcher.Rules()
        rules.limits.uploadBytes = 3_000_000
        try await serving(Self.routes, rules: rules) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            let boundary = "----x"
            let form = Array(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".utf8)
            let picture = [UInt8](repeating: 0xFF, count: 2_000_000)
            let end = Array("\r\n--\(boundary)--\r\n".utf8)
            let headers = Headers([("Content-Type", "multipart/form-data; boundary=\(boundary)")])
            let answer = try await client.send(
                .post, "/picture", headers: headers, body: form + picture + end)
            #expect(String(decoding: answer.body, as: UTF8.self) == "{\"bytes\":2000000}")
            // A picture's limit is a picture's: the same bytes are too many for JSON.
            let refused = try await RawClient.exchange(
                "POST /people HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
                with: server.address, on: loop)
            #expect(Answer.all(in: refused).map(\.status) == [413])
            #expect(refused.contains("Failed to save person: the body is too large"))
            client.close()
        }
    }

    /// The first of these ended the process before: a line's end that two delimiters would share.
    @Test(arguments: [
        "--x\r\n--x--\r\n", "--x\r\n--x\r\n--x--\r\n", "--x", "--x\r\n", "--x\r", "--x-", "--x--x", "x--x--",
        "--x\r\n\r\n", "--x\r\n\r\n--x--", "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
        "--x\r\nContent-Disposition: form-data; name=a\r\n1\r\n--x--",
    ])
    func `is refused when the form is malformed`(body: String) async throws {
        try await serving(Self.routes) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            defer { client.close() }
            let type = Headers([("Content-Type", "multipart/form-data; boundary=x")])
            let answer = try await client.send(.post, "/picture", headers: type, body: Array(body.utf8))
            #expect(answer.status == 400)
            let next = try await client.send(
                .post, "/picture", headers: type,
                body: Array("--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc\r\n--x--".utf8))
            #expect(String(decoding: next.body, as: UTF8.self) == "{\"bytes\":3}")
        }
    }
}
