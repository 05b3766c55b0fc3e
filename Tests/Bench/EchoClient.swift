import HTTP
import Sockets
import WebSocket

/// `bench echo-client PORT`: walks through the cases of a suite that tests WebSocket clients (Autobahn's fuzzing
/// server), sending back what it hears, and has the suite write its report.
enum EchoClient {
    static func run(port: Int) async throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
            throw EchoMode.BadArguments()
        }
        let loop = try EventLoops(count: 1, name: "echo").next()
        try await Task(executorPreference: loop) {
            let counting = WebSocketInbox(try await open("/getCaseCount", at: address, on: loop))
            guard case .text(let text)? = await counting.next(), let count = Int(text) else {
                throw EchoMode.BadArguments()
            }
            _ = await counting.next()
            for number in 1...max(count, 1) {
                try await repeatMessages("/runCase?case=\(number)&agent=VoltBus", at: address, on: loop)
            }
            try await repeatMessages("/updateReports?agent=VoltBus", at: address, on: loop)
            print("\(count) cases done")
        }.value
    }

    private static func open(
        _ target: String, at address: SocketAddress, on loop: EventLoop
    ) async throws -> WebSocketConnection {
        // Contexts are kept, or the cases of servers that keep theirs could not be answered.
        let policy = DeflatePolicy(keepsOwnContext: true, keepsPeerContext: true, threshold: 0)
        var wire = Connection.Limits()
        wire.outputBytes = EchoMode.limits.messageBytes
        return try await .open(
            target, at: address, on: loop, deflate: policy, limits: EchoMode.limits, wire: wire)
    }

    /// By a handler, since a message must be answered before the frame behind it, which may break the rules, is read.
    private static func repeatMessages(
        _ target: String, at address: SocketAddress, on loop: EventLoop
    ) async throws {
        let socket = try await open(target, at: address, on: loop)
        await withCheckedContinuation { continuation in
            socket.handler = EchoHandler { continuation.resume() }
            socket.resumeReading()
        }
    }
}
