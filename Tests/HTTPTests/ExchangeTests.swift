import Core
import HTTP
import Sockets
import Synchronization
import Testing

private struct Word: Codable, Sendable, Equatable { var text: String }
private typealias Plain = Call<None, None, None>

private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}

@Suite struct `A request and its time` {
    @Test func `is not answered by a handler that belongs to another`() async throws {
        let late = Signal()
        let isOver = Signal()
        let routes: [GuardedRoute] = [
            Route(.get, "/stubborn") { (_: Plain) in
                await late.wait()
                isOver.set()
                return OK(Word(text: "too late"))
            }.within(.milliseconds(20)).failing("Failed to wait").open,
            Route(.get, "/next") { (_: Plain) in
                late.set()
                await isOver.wait()
                // The late handler's answer comes up while this one is still under way.
                for _ in 0..<10 { await Task.yield() }
                return OK(Word(text: "next"))
            }.open,
        ]
        try await serving(routes) { server, loop in
            let text = try await RawClient.exchange(
                get("/stubborn") + get("/next", "Connection: close\r\n"), with: server.address, on: loop)
            let answers = Answer.all(in: text)
            #expect(answers.map(\.status) == [504, 200])
            #expect(answers[0].body.contains("Failed to wait: the deadline passed"))
            #expect(answers[1].body == "{\"text\":\"next\"}")
        }
    }

    @Test func `is given up when its client is gone`() async throws {
        let began = Signal()
        let ended = Signal()
        let events = Events()
        var rules = Dispatcher.Rules()
        rules.limits.halfClosed = .milliseconds(20)
        let route = Route(.get, "/wait") { (_: Plain) -> NoContent in
            began.set()
            defer { ended.set() }
            try await EventLoop.current?.sleep(for: .seconds(60))
            return NoContent()
        }.within(.seconds(60)).open
        try await serving([route], rules: rules, finished: { events.add($0) }) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            let answer = Task.immediate(executorPreference: loop) { try await client.send(.get, "/wait") }
            await began.wait()
            client.close()
            await ended.wait()
            _ = await answer.result
            #expect(try await events.first().status == 499)
        }
    }

    @Test(arguments: [
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", 400, "the body took too long"),
        ("GET /echo HTTP/1.1\r\nHo", 400, "the request took too long"),
    ])
    func `must arrive in time`(sent: String, status: Int, reason: String) async throws {
        var rules = Dispatcher.Rules()
        rules.limits.body = .milliseconds(30)
        rules.limits.head = .milliseconds(30)
        try await serving([], rules: rules) { server, loop in
            let answers = Answer.all(
                in: try await RawClient.exchange(sent, with: server.address, on: loop))
            #expect(answers.map(\.status) == [status])
            #expect(answers[0].body.lowercased().contains(reason))
        }
    }

    @Test func `is not waited for longer than a connection may idle`() async throws {
        var rules = Dispatcher.Rules()
        rules.limits.idle = .milliseconds(20)
        try await serving([], rules: rules) { server, loop in
            let heard = try await RawClient.exchange("", with: server.address, on: loop)
            #expect(heard.isEmpty)
        }
    }

    @Test func `is finished before the server stops, and is the last of its connection`() async throws {
        let began = Signal()
        let go = Signal()
        let route = Route(.get, "/wait") { (_: Plain) in
            began.set()
            await go.wait()
            return OK(Word(text: "done"))
        }.open
        let loops = try EventLoops(count: 2)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(
            Dispatcher(routes: [route], credentials: NoCredentials()), at: address, on: loops)
        let loop = loops.next()
        try await Task(executorPreference: loop) {
            async let idle = RawClient.exchange("", with: server.address, on: loop)
            async let conversation = RawClient.exchange(
                get("/wait") + get("/wait"), with: server.address, on: loop)
            await began.wait()
            async let stopped: Void = server.stop(within: .seconds(60))
            // Nothing new is taken; an idle connection ends at once.
            let heard = try await idle
            #expect(heard.isEmpty)
            go.set()
            let answers = Answer.all(in: try await conversation)
            #expect(answers.map(\.status) == [200])
            #expect(answers[0].fields["connection"] == "close")
            await stopped
        }.value
        await loops.stop()
    }
}

@Suite struct `A request for another protocol` {
    /// Speaks after the server has handed over: sends back what it hears in capitals, and ends with a full stop.
    private final class Capitals: ConnectionHandler {
        func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
            let text = String(decoding: bytes, as: UTF8.self)
            connection.write(Array(text.uppercased().utf8))
            if text.hasSuffix(".") { connection.closeAfterFlush() }
            return bytes.count
        }
        func closed(_ connection: Connection, _ reason: CloseReason) {}
    }

    private static let asking = get("/", "Upgrade: capitals\r\nConnection: Upgrade\r\n")

    @Test(arguments: [true, false])
    func `takes the connection with what came behind the request`(isImmediate: Bool) async throws {
        try await serving(
            [],
            upgrading: { request in
                guard request.headers.list("Upgrade").contains("capitals") else { return nil }
                if !isImmediate { for _ in 0..<5 { await Task.yield() } }
                return .accepted(Headers([("Upgrade", "capitals"), ("Connection", "Upgrade")])) {
                    $0.handler = Capitals()
                }
            }
        ) { server, loop in
            let text = try await RawClient.exchange(
                Self.asking + "early words.", with: server.address, on: loop)
            #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(text.hasSuffix("\r\n\r\nEARLY WORDS."))
            #expect(!text.contains("Content-Length"))
        }
    }

    @Test func `is told to the log, and has its number`() async throws {
        let events = Events()
        try await serving(
            [],
            upgrading: { request in
                guard request.headers["Upgrade"] == "capitals" else {
                    throw Problem(.unauthorized, "not authorized")
                }
                return .accepted(Headers([("Upgrade", "capitals"), ("Connection", "Upgrade")])) {
                    $0.handler = Capitals()
                }
            }, finished: { events.add($0) }
        ) { server, loop in
            let text = try await RawClient.exchange(
                get("/", "Upgrade: bell\r\nConnection: Upgrade\r\n")
                    + get("/", "Upgrade: capitals\r\nConnection: Upgrade\r\nX-Request-Id: mine\r\n") + "end.",
                with: server.address, on: loop)
            #expect(Answer.all(in: text).map(\.status) == [401, 101])
            #expect(text.contains("X-Request-Id: mine\r\n"))
        }
        #expect(events.all.map(\.route) == ["upgrade", "upgrade"])
        #expect(events.all.map(\.status) == [401, 101])
        #expect(events.all.allSatisfy { $0.innerError == nil })
    }

    @Test func `may be refused, and the connection goes on`() async throws {
        let route = Route(.get, "/") { (_: Plain) in OK(Word(text: "plain")) }.open
        try await serving(
            [route],
            upgrading: { request in
                switch request.headers["Upgrade"] {
                case "capitals": .refused(Response(.upgradeRequired))
                case "bell": throw Problem(.unauthorized, "not authorized")
                default: nil
                }
            }
        ) { server, loop in
            let text = try await RawClient.exchange(
                Self.asking + get("/", "Upgrade: bell\r\nConnection: Upgrade\r\n")
                    + get("/", "Upgrade: h2c\r\nConnection: Upgrade\r\n")
                    + get("/", "Connection: close\r\n"), with: server.address, on: loop)
            #expect(Answer.all(in: text).map(\.status) == [426, 401, 200, 200])
        }
    }
}
