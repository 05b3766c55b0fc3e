import Compression
import Core
import FoundationEssentials
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite struct `The server` {
    struct Greeting: Codable, Sendable, Equatable {
        var text: String
    }
    struct Person: Codable, Sendable {
        var name: Text<1, 20>
        var age: Whole<0, 150>
    }
    struct One: Codable, Sendable { var id: ID<Person> }
    struct Search: Codable, Sendable {
        var q: Text<0, 10>?
        var page: Int?
        var all: Bool?
    }

    @RouteTable static var routes: [GuardedRoute] {
        Route(.get, "/hello") { (_: Call<None, None, None>) in OK(Greeting(text: "hello")) }.open
        Route(.get, "/people/:id") { (call: Call<One, None, None>) in
            OK(Greeting(text: "person \(call.path.id)"))
        }.open
        Route(.get, "/people/list") { (call: Call<None, Search, None>) in
            OK(
                Greeting(
                    text: "\(call.query.q?.text ?? "-") \(call.query.page ?? 0) \(call.query.all ?? false)"))
        }.open
        Route(.post, "/people") { (call: Call<None, None, Person>) in
            Created(Greeting(text: call.body.name.text))
        }
        .failing("Failed to save person").open
        Route(.delete, "/people/:id") { (_: Call<One, None, None>) in NoContent() }.needs(.admin)
        Route(.get, "/large") { (_: Call<None, None, None>) in
            OK(Greeting(text: String(repeating: "volt", count: 1_000)))
        }.open
        Route(.get, "/away") { (_: Call<None, None, None>) -> NoContent in throw Away() }.open
        Route(.get, "/refresh") { (_: Call<None, None, None>) in OK(Greeting(text: "new")) }
            .openToAnyCredential
        Route(.get, "/broken") { (_: Call<None, None, None>) -> NoContent in throw Secret() }.open
        Route(.get, "/slow") { (_: Call<None, None, None>) -> NoContent in
            try await EventLoop.current?.sleep(for: .seconds(60))
            return NoContent()
        }.within(.milliseconds(50)).open
    }

    struct Away: Unavailability { let retryAfterSeconds: Int? = 3 }

    @Test func `says when to come back while something that it needs is away`() async throws {
        let answers = try await conversation(get("/away"))
        #expect(answers[0].status == 503)
        #expect(answers[0].fields["retry-after"] == "3")
    }

    @Test(arguments: [("/hello", 401), ("/refresh", 200)])
    func `looks at credentials on open routes too, but where people go to renew them`(
        path: String, status: Int
    ) async throws {
        let answers = try await conversation(get(path, "Authorization: Bearer expired\r\n"))
        #expect(answers[0].status == status)
    }

    struct Secret: Error { let password = "hunter2" }

    /// Knows one administrator and one driver.
    struct Badge: CredentialCheck {
        func caller(of request: Request) async throws -> Caller? {
            switch request.headers["Authorization"] {
            case nil: nil
            case "Bearer admin": Caller(user: 1, role: .admin, accessLevel: 10, loginSession: 1)
            case "Bearer driver": Caller(user: 2, role: .user, accessLevel: 0, loginSession: 2)
            default: throw Problem(.unauthorized, code: 2011, "revoked")
            }
        }
    }

    private func conversation(
        _ sent: String, rules: Dispatcher.Rules = .init(), proxies: TrustedProxies = .init([]),
        finished: @escaping @Sendable (RequestEvent) -> Void = { _ in }
    ) async throws -> [Answer] {
        let loops = try EventLoops(count: 1)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(
            Dispatcher(routes: Self.routes, credentials: Badge(), rules: rules, finished: finished),
            at: address,
            on: loops, proxies: proxies)
        let loop = loops.next()
        let text = try await Task(executorPreference: loop) {
            try await RawClient.exchange(sent, with: server.address, on: loop)
        }.value
        await server.stop(within: .seconds(1))
        await loops.stop()
        return Answer.all(in: text)
    }

    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n"
    }

    @Test func `answers a pipeline in its order, and HEAD without a body`() async throws {
        let answers = try await conversation(
            "GET /people/1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                + "GET /people/2/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", rules: .init())

        #expect(answers.map(\.status) == [200, 200, 200])
        #expect(answers.map(\.body) == ["{\"text\":\"person 1\"}", "", "{\"text\":\"person 2\"}"])
        #expect(answers[1].fields["content-length"] == "16")
        #expect(answers[0].fields["x-content-type-options"] == "nosniff")
    }

    @Test(arguments: [
        ("/people/abc", 404), ("/people/-1", 404), ("/people/99999999999999999999", 404), ("/nothing", 404),
        ("/HELLO", 404), ("/hello//", 404), ("/people/list", 200), ("/people/list?page=x", 400),
        ("/people/list?q=elevenchars", 400), ("/hello/", 200), ("/%68ello", 200), ("/hello%2F", 404),
        ("/%zz", 404),
        ("/broken", 500), ("/slow", 504),
    ])
    func `finds the route, or says that there is none`(path: String, status: Int) async throws {
        let answers = try await conversation(get(path))
        #expect(answers.map(\.status) == [status])
        if status != 200 {
            #expect(answers[0].body.hasPrefix("{\"status_code\":2001,\"status_message\":\""))
        }
    }

    @Test(.fact(3)) func `tells methods that a path has`() async throws {
        let answers = try await conversation("PUT /people/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answers[0].status == 405)
        #expect(answers[0].fields["allow"] == "GET, HEAD, DELETE")
    }

    @Test func `tells every mistake of a body at once, behind the route's own words`() async throws {
        let body = "{\"name\":\"\",\"age\":200}"
        let answers = try await conversation(
            "POST /people HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")

        #expect(answers[0].status == 400)
        #expect(
            answers[0].body.contains("\"status_message\":\"Failed to save person: name must not be empty\""))
        #expect(answers[0].body.contains("\"name\":[\"must not be empty\"]"))
        #expect(answers[0].body.contains("\"age\":[\"must be between 0 and 150\"]"))
    }

    @Test(arguments: [
        ("Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{", 400),
        ("Content-Type: application/json\r\nContent-Length: 2097152\r\n\r\n", 413),
        ("\r\n", 400),
        (
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"name\":\"Ada\",\"a\r\n7\r\nge\":36}\r\n0\r\n\r\n",
            201
        ),
    ])
    func `reads JSON bodies and no others`(rest: String, status: Int) async throws {
        let answers = try await conversation(
            "POST /people HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + rest)
        #expect(answers.map(\.status) == [status])
    }

    @Test func `says that a body is welcome to who asks first`() async throws {
        let body = "{\"name\":\"Ada\",\"age\":36}"
        let answers = try await conversation(
            "POST /people HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        #expect(answers.map(\.status) == [100, 201])
    }

    @Test(arguments: [
        ("", 401), ("Authorization: Bearer driver\r\n", 403), ("Authorization: Bearer admin\r\n", 204),
        ("Authorization: Bearer stolen\r\n", 401),
    ])
    func `asks for the right that the route states`(field: String, status: Int) async throws {
        let answers = try await conversation(
            "DELETE /people/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(field)\r\n")
        #expect(answers[0].status == status)
        #expect((answers[0].fields["www-authenticate"] == "Bearer") == (status == 401))
        #expect((answers[0].fields["cache-control"] == "no-store") == (status == 204 || status == 403))
    }

    @Test func `keeps what went wrong inside to itself`() async throws {
        let events = Mutex<[RequestEvent]>([])
        let answers = try await conversation(get("/broken")) { event in events.withLock { $0.append(event) } }

        #expect(answers[0].body.contains("Internal error"))
        #expect(!answers[0].body.contains("hunter2"))
        let event = try #require(events.withLock { $0.first })
        #expect(event.route == "/broken")
        #expect(event.innerError != nil)
        #expect(event.requestID == answers[0].fields["x-request-id"])
    }

    @Test(.fact(30), arguments: [(0, 200), (30, 200), (-30, 200), (31, 403), (-31, 403)])
    func `checks the time stamp of a request that carries one`(offset: Int, status: Int) async throws {
        var rules = Dispatcher.Rules()
        rules.clock = Clock(
            now: { Date(timeIntervalSince1970: 1_795_170_600) }, monotonic: { .now })
        let answers = try await conversation(
            get("/hello", "timestamp: \(1_795_170_600 + offset)\r\n"), rules: rules)
        #expect(answers[0].status == status)
    }

    @Test(
        .fact(30),
        arguments: [
            ("timestamp: abc\r\n", 403, 403), ("timestamp:\r\n", 403, 403),
            ("timestamp: 1795170600.5\r\n", 403, 403),
            ("", 200, 403), ("timestamp: 1795170600\r\n", 200, 200),
        ])
    func `must have a time stamp where the service wants one of everybody it knows`(
        field: String, asAnyone: Int, asAdmin: Int
    ) async throws {
        var rules = Dispatcher.Rules()
        rules.requiresTimestamp = true
        rules.clock = ManualClock().clock
        let anyone = try await conversation(get("/hello", field), rules: rules)
        #expect(anyone[0].status == asAnyone)
        let admin = try await conversation(
            "DELETE /people/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer admin\r\n\(field)\r\n",
            rules: rules)
        #expect(admin[0].status == (asAdmin == 200 ? 204 : 403))
        if asAdmin == 403 { #expect(admin[0].body.contains("\"status_code\":2015")) }
    }

    @Test(.fact(1)) func `gives one answer to a path with and without a slash at its end`() async throws {
        let body = "{\"name\":\"Ada\",\"age\":36}"
        func post(_ path: String) -> String {
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        for (plain, slashed) in [
            (get("/people/7"), get("/people/7/")), (get("/people/list?q=a"), get("/people/list/?q=a")),
            (post("/people"), post("/people/")),
        ] {
            let one = try await conversation(plain)
            let other = try await conversation(slashed)
            #expect(one[0].status == other[0].status)
            #expect(one[0].body == other[0].body)
            #expect([200, 201].contains(one[0].status))
        }
    }

    @Test(.fact(5)) func `answers preflights on every path, and marks what pages may read`() async throws {
        let preflight = try await conversation(
            "OPTIONS /anything HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\nConnection: close\r\n\r\n"
        )
        #expect(preflight[0].status == 204)
        #expect(preflight[0].fields["access-control-allow-origin"] == "https://app.example")
        #expect(preflight[0].fields["access-control-allow-methods"]?.contains("PATCH") == true)
        #expect(preflight[0].fields["access-control-allow-headers"]?.contains("timestamp") == true)

        var rules = Dispatcher.Rules()
        rules.cors = CORS(origins: ["https://other.example"])
        let foreign = try await conversation(get("/hello", "Origin: https://app.example\r\n"), rules: rules)
        #expect(foreign[0].fields["access-control-allow-origin"] == nil)
    }

    @Test func `compresses what profits, and recognises what the caller has already`() async throws {
        let packed = try await conversation(get("/large", "Accept-Encoding: br, gzip;q=0.5\r\n"))
        #expect(packed[0].fields["content-encoding"] == "gzip")
        let plain = try await conversation(get("/large", "Accept-Encoding: gzip;q=0\r\n"))
        #expect(plain[0].fields["content-encoding"] == nil)
        let tag = try #require(plain[0].fields["etag"])
        let again = try await conversation(get("/large", "If-None-Match: \"x\", \(tag)\r\n"))
        #expect(again[0].status == 304)
        #expect(again[0].body == "")
    }

    @Test func `stops a flood from one address, and tells when to come back`() async throws {
        var rules = Dispatcher.Rules()
        rules.perAddress = 2
        let three =
            "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello")
        let answers = try await conversation(three, rules: rules)
        #expect(answers.map(\.status) == [200, 200, 429])
        #expect(answers[2].body.contains("\"status_code\":2017"))
        #expect(Int(answers[2].fields["retry-after"] ?? "") != nil)
    }

    @Test func `believes forwarded addresses from trusted proxies only`() async throws {
        let clients = Mutex<[String]>([])
        let field = "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n"
        _ = try await conversation(get("/hello", field)) { event in
            clients.withLock { $0.append(event.client) }
        }
        let trusted = TrustedProxies(["127.0.0.0/8"].compactMap { TrustedProxies.Network($0) })
        _ = try await conversation(get("/hello", field), proxies: trusted) { event in
            clients.withLock { $0.append(event.client) }
        }
        #expect(clients.withLock { $0 } == ["127.0.0.1", "198.51.100.7"])
    }

    @Test(arguments: [("abc-1.x_Y", true), ("two words", false), (String(repeating: "a", count: 65), false)])
    func `keeps a caller's request id where it is well-formed`(id: String, isKept: Bool) async throws {
        let answers = try await conversation(get("/hello", "X-Request-Id: \(id)\r\n"))
        #expect((answers[0].fields["x-request-id"] == id) == isKept)
        #expect(answers[0].fields["x-request-id"]?.isEmpty == false)
    }

    @Test func `refuses a slow head, and closes behind it`() async throws {
        var rules = Dispatcher.Rules()
        rules.limits.head = .milliseconds(50)
        let answers = try await conversation("GET /hello HTTP/1.1\r\nHos", rules: rules)
        #expect(answers.map(\.status) == [400])
    }

    @Test(arguments: `A request head`.malformed.indices)
    func `refuses malformed heads over a real socket, and closes`(index: Int) async throws {
        let answers = try await conversation(`A request head`.malformed[index].text + get("/hello"))
        #expect(answers.count == 1)
        #expect([400, 405].contains(answers[0].status))
        #expect(answers[0].fields["connection"] == "close")
    }

    @Test func `describes its routes with the types that they have`() throws {
        let document = OpenAPI.document(
            title: "VoltBus", version: "1.0.0", parts: [OpenAPI.part(of: Self.routes, tag: "people")])
        #expect(document["openapi"] == "3.1.0")
        let post = try #require(document["paths"]?["/people"]?["post"])
        #expect(post["responses"]?["201"] != nil)
        #expect(post["requestBody"]?["content"]?["application/json"] != nil)
        #expect(document["paths"]?["/people/{id}"]?["delete"]?["security"] == [["bearer": []]])
    }
}
