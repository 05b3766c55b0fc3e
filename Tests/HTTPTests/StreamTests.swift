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

@Suite struct `An answer that is made while it is sent` {
    struct Torn: Error {}

    private static let routes: [GuardedRoute] = [
        Route(.get, "/chunks") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    for piece in ["one ", "", "two ", "three"] { try await body.write(Array(piece.utf8)) }
                }, type: "text/plain")
        }.open,
        Route(.get, "/sized") { (_: Plain) in
            Download<CSVFile>(
                BodyStream(length: 3) { try await $0.write(Array("abc".utf8)) }, type: "text/plain")
        }.open,
        Route(.get, "/short") { (_: Plain) in
            Download<CSVFile>(
                BodyStream(length: 4) { try await $0.write(Array("abc".utf8)) }, type: "text/plain")
        }.open,
        Route(.get, "/long") { (_: Plain) in
            Download<CSVFile>(
                BodyStream(length: 2) { body in
                    try await body.write("a")
                    try await body.write("bc")
                }, type: "text/plain")
        }.open,
        Route(.get, "/torn") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    try await body.write(Array("half".utf8))
                    throw Torn()
                }, type: "text/plain")
        }.open,
        Route(.get, "/late") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { _ in throw Problem(.conflict, code: 2031, "in use") }, type: "text/plain")
        }.failing("Failed to export").open,
        Route(.get, "/empty") { (_: Plain) in Download<CSVFile>(BodyStream { _ in }, type: "text/plain") }
            .open,
        Route(.get, "/hanging") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    try await body.write("half")
                    try await EventLoop.current?.sleep(for: .seconds(60))
                }, type: "text/plain")
        }.open,
        Route(.get, "/never") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    try await EventLoop.current?.sleep(for: .seconds(60))
                    try await body.write("late")
                }, type: "text/plain")
        }.within(.milliseconds(20)).open,
        Route(.get, "/large") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    let piece = [UInt8](repeating: 0x61, count: 1_048_576)
                    for _ in 0..<80 { try await body.write(piece) }
                }, type: "application/octet-stream")
        }.open,
    ]

    @Test(arguments: [("/chunks", "one two three"), ("/sized", "abc"), ("/empty", "")])
    func `arrives whole, and the connection goes on`(path: String, body: String) async throws {
        try await serving(Self.routes) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            for _ in 0..<2 {
                let answer = try await client.send(.get, path)
                #expect(String(decoding: answer.body, as: UTF8.self) == body)
                #expect((answer.headers["Transfer-Encoding"] != nil) == (path != "/sized"))
            }
            #expect(try await client.send(.head, path).body.isEmpty)
            client.close()
        }
    }

    @Test func `ends with the connection for who knows no chunks`() async throws {
        try await serving(Self.routes) { server, loop in
            let text = try await RawClient.exchange(
                "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", with: server.address, on: loop)
            #expect(text.hasSuffix("\r\n\r\none two three"))
            #expect(text.contains("Connection: close"))
        }
    }

    @Test func `is not made for HEAD`() async throws {
        let wasMade = Mutex(false)
        let route = Route(.get, "/") { (_: Plain) in
            Download<CSVFile>(BodyStream { _ in wasMade.withLock { $0 = true } }, type: "text/plain")
        }.open
        try await serving([route]) { server, loop in
            let text = try await RawClient.exchange(
                "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", with: server.address, on: loop)
            #expect(text.contains("Transfer-Encoding: chunked"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
        #expect(wasMade.withLock { !$0 })
    }

    @Test func `is refused like any other while its first byte is not there`() async throws {
        try await serving(Self.routes) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            let late = try await client.send(.get, "/late")
            #expect(late.status == 409)
            let envelope = try JSONReader.decode(Problem.Envelope.self, from: late.body)
            #expect(envelope.status_message == "Failed to export: in use")
            #expect(try await client.send(.get, "/never").status == 504)
            #expect(try await client.send(.get, "/sized").status == 200)
            client.close()
        }
    }

    @Test func `is ended where its making stands still`() async throws {
        let events = Events()
        var rules = Dispatcher.Rules()
        rules.limits.stall = .milliseconds(20)
        try await serving(Self.routes, rules: rules, finished: { events.add($0) }) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            await #expect(throws: HTTPClient.Failure.self) { try await client.send(.get, "/hanging") }
        }
        #expect(try await events.first().status == 499)
    }

    @Test(arguments: ["/torn", "/short", "/long"])
    func `breaks off where its making fails, so that nobody takes it for whole`(path: String) async throws {
        let events = Events()
        try await serving(Self.routes, finished: { events.add($0) }) { server, loop in
            let client = try await HTTPClient.connect(to: server.address, on: loop)
            await #expect(throws: HTTPClient.Failure.self) { try await client.send(.get, path) }
        }
        #expect(try await events.first().innerError != nil)
    }

    /// Counts what comes, and reads only when it is told to.
    private final class SlowReader: ConnectionHandler {
        var count = 0
        let done: CheckedContinuation<Int, Never>
        init(_ done: CheckedContinuation<Int, Never>) { self.done = done }

        func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
            count += bytes.count
            connection.pauseReading()
            connection.loop.beforeWaiting { connection.resumeReading() }
            return bytes.count
        }
        func closed(_ connection: Connection, _ reason: CloseReason) { done.resume(returning: count) }
    }

    @Test func `waits for its reader instead of filling the memory`() async throws {
        try await serving(Self.routes) { server, loop in
            // More than a connection may hold: who does not wait is closed long before the end.
            let connection = try await loop.connect(to: server.address, timeout: .seconds(5))
            let count = await withCheckedContinuation { continuation in
                connection.handler = SlowReader(continuation)
                connection.write(Array(get("/large", "Connection: close\r\n").utf8))
            }
            #expect(count > 80 * 1_048_576)
        }
    }
}
