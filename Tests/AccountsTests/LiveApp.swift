import AccountsService
import Core
import HTTP
import Hosting
import Sockets
import TestSupport
import Testing
import WebSocket

/// An app on the client WebSocket. Confined to its loop, which is what `@unchecked Sendable` stands for.
final class LiveApp: @unchecked Sendable {
    let loop: EventLoop
    private let inbox: WebSocketInbox

    private init(_ inbox: WebSocketInbox, on loop: EventLoop) {
        self.inbox = inbox
        self.loop = loop
    }

    /// Connects, and hears the greeting.
    static func open(
        _ path: String = "/ws", as credential: String? = nil, headers: [(String, String)] = [],
        to up: AccountsUp = .current
    ) async throws -> LiveApp {
        let port = try #require(up.accounts.host.port)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        var fields = Headers(headers)
        if let credential { fields.add("Authorization", "Bearer \(credential)") }
        let (loop, sent) = (TestLoops.shared.next(), fields)
        let app = try await Task(executorPreference: loop) {
            let socket = try await WebSocketConnection.open(path, at: address, on: loop, headers: sent)
            return LiveApp(WebSocketInbox(socket), on: loop)
        }.value
        let greeting = try await app.next()
        #expect(greeting == ["status": "ping", "stage": "info", "info": "new connection"])
        return app
    }

    func send(_ frame: JSONValue) async { await send(text: JSONWriter.text(frame)) }

    func send(text: String) async {
        await Task(executorPreference: loop) { self.inbox.socket.send(text: text) }.value
    }

    /// The next frame.
    func next() async throws -> JSONValue {
        let message = await Task(executorPreference: loop) { await self.inbox.next() }.value
        guard case .text(let text) = message else { throw Ended(ending: await ending()) }
        return try JSONReader.decode(JSONValue.self, from: Array(text.utf8))
    }

    /// The next frame of that status, with others that come before it left out.
    func next(_ status: String, stage: String? = nil) async throws -> JSONValue {
        while true {
            let frame = try await next()
            if frame["status"]?.text == status, stage == nil || frame["stage"]?.text == stage { return frame }
        }
    }

    /// The code with which the socket was closed; frames before it are left out.
    func closeCode() async -> UInt16? {
        await Task(executorPreference: loop) {
            while await self.inbox.next() != nil {}
            return self.inbox.ending?.code.rawValue
        }.value
    }

    private func ending() async -> String {
        await Task(executorPreference: loop) { "\(String(describing: self.inbox.ending))" }.value
    }

    func close() async { await Task(executorPreference: loop) { self.inbox.socket.close() }.value }

    /// Ends as a lost connection does.
    func abort() async { await Task(executorPreference: loop) { self.inbox.socket.abort() }.value }

    struct Ended: Error { let ending: String }
}
