import Core
import FoundationEssentials
import HTTP
import Sockets
import Synchronization
import Testing

@Suite struct `The client` {
    struct Sum: Codable, Sendable, Equatable { var total: Int }
    struct Terms: Codable, Sendable { var one: Int; var other: Int }

    /// A route that counts how often it really ran.
    private static func routes(_ runs: Counter) -> [GuardedRoute] {
        [
            Route(.post, "/sum") { (call: Call<None, None, Terms>) in
                runs.add()
                return Created(Sum(total: call.body.one + call.body.other))
            }.idempotent.needs(.user)
        ]
    }

    final class Counter: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    struct Driver: CredentialCheck {
        func caller(of request: Request) async throws -> Caller? {
            Caller(user: 7, role: .user, accessLevel: 0, loginSession: 1)
        }
    }

    /// Keys of one process; the suite's own store is shared by all.
    final class Keys: IdempotencyStore {
        private let known = Mutex<[String: (digest: String, answer: StoredAnswer?)]>([:])

        func begin(_ use: IdempotentUse) async throws -> IdempotentOutcome {
            known.withLock { known in
                guard let (digest, answer) = known["\(use.user) \(use.route) \(use.key)"] else {
                    known["\(use.user) \(use.route) \(use.key)"] = (use.bodyDigest, nil)
                    return .first
                }
                guard digest == use.bodyDigest else { return .other }
                return answer.map(IdempotentOutcome.answered) ?? .running
            }
        }
        func finish(_ use: IdempotentUse, _ answer: StoredAnswer) async throws {
            known.withLock { $0["\(use.user) \(use.route) \(use.key)"]?.answer = answer }
        }
        func abandon(_ use: IdempotentUse) async throws {
            known.withLock { $0["\(use.user) \(use.route) \(use.key)"] = nil }
        }
    }

    private func withClient(_ runs: Counter, _ body: @escaping @Sendable (HTTPClient) async throws -> Void)
        async throws
    {
        let loops = try EventLoops(count: 1)
        var rules = Dispatcher.Rules()
        rules.idempotency = Keys()
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(
            Dispatcher(routes: Self.routes(runs), credentials: Driver(), rules: rules), at: address, on: loops
        )
        let loop = loops.next()
        try await Task(executorPreference: loop) {
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            try await body(client)
            client.close()
        }.value
        await server.stop(within: .seconds(1))
        await loops.stop()
    }

    private static let json = ("Content-Type", "application/json")

    @Test func `asks again and again on one connection`() async throws {
        try await withClient(Counter()) { client in
            for number in 0..<3 {
                let body = Array("{\"one\":1,\"other\":\(number)}".utf8)
                let answer = try await client.send(.post, "/sum", headers: Headers([Self.json]), body: body)
                #expect(answer.status == 201)
                #expect(try JSONReader.decode(Sum.self, from: answer.body) == Sum(total: number + 1))
            }
        }
    }

    @Test func `gets the first answer again for a repeated key, and a conflict for another body`()
        async throws
    {
        let runs = Counter()
        try await withClient(runs) { client in
            let headers = Headers([Self.json, ("Idempotency-Key", "k-1")])
            let body = Array("{\"one\":1,\"other\":2}".utf8)
            let first = try await client.send(.post, "/sum", headers: headers, body: body)
            let again = try await client.send(.post, "/sum", headers: headers, body: body)
            let other = try await client.send(
                .post, "/sum", headers: headers, body: Array("{\"one\":1,\"other\":3}".utf8))
            let bad = try await client.send(
                .post, "/sum", headers: Headers([Self.json, ("Idempotency-Key", "two words")]), body: body)

            #expect(first.body == again.body)
            #expect(first.headers["Idempotency-Replayed"] == nil)
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(other.status == 409)
            #expect(String(decoding: other.body, as: UTF8.self).contains("2050"))
            #expect(bad.status == 400)
        }
        #expect(runs.value == 1)
    }

    @Test func `may repeat a request that was refused`() async throws {
        let runs = Counter()
        try await withClient(runs) { client in
            let headers = Headers([Self.json, ("Idempotency-Key", "k-2")])
            let refused = try await client.send(
                .post, "/sum", headers: headers, body: Array("{\"one\":1}".utf8))
            #expect(refused.status == 400)
            #expect(runs.value == 0)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "hello"
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ])
    func `reads answers whole or in chunks`(text: String, body: String) throws {
        var parser = ResponseParser(limits: .init())
        let (used, response) = try parser.take(Array(text.utf8).span)
        #expect(used == text.utf8.count)
        #expect(try String(decoding: #require(response).body, as: UTF8.self) == body)
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\nX: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    ])
    func `refuses answers that are malformed`(text: String) {
        var parser = ResponseParser(limits: .init())
        #expect(throws: MalformedRequest.self) { try parser.take(Array(text.utf8).span) }
    }
}

@Suite struct `A form with files` {
    private func request(_ body: String, type: String = "multipart/form-data; boundary=\"b o\"") throws
        -> Request
    {
        Request(
            method: .post, path: "/", headers: Headers([("Content-Type", type)]), body: Array(body.utf8),
            peer: try #require(SocketAddress(host: "127.0.0.1", port: 1)), client: "127.0.0.1", id: "1",
            received: .now)
    }

    @Test func `gives its parts with their bytes as they are`() throws {
        let body = """
            --b o\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n\r\n--b o\r
            Content-Disposition: form-data; name="avatar"; filename="a.png"\r\nContent-Type: image/png\r
            \r\n\r\n--b\r\n--b o--\r\nbehind
            """
        let form = try Multipart(request(body))
        #expect(form.parts.map(\.name) == ["note", "avatar"])
        #expect(form.part("note")?.bytes == Array("hello\r\n".utf8))
        #expect(form.part("avatar")?.fileName == "a.png")
        #expect(form.part("avatar")?.type == "image/png")
        #expect(form.part("avatar")?.bytes == Array("\r\n--b".utf8))
    }

    @Test(arguments: [
        "", "--b o", "--b o\r\n", "--b o\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--b o\r\nX: y\r\n\r\nno name\r\n--b o--",
        "--b o\r\nContent-Disposition: form-data; name=\"a\"\r\n--b o--",
        "--b oxx\r\n",
    ])
    func `is refused when it is malformed`(body: String) throws {
        let request = try request(body)
        #expect(throws: Problem(.badRequest, "malformed multipart body")) { try Multipart(request) }
    }

    @Test(arguments: [
        ("application/json", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=", 400),
    ])
    func `is refused when it is no form`(type: String, status: Int) throws {
        let request = try request("", type: type)
        let problem = #expect(throws: Problem.self) { try Multipart(request) }
        #expect(problem?.status.rawValue == status)
    }
}
