import Core
import HTTP
import Sockets
import WebSocket

/// `bench echo PORT`: an endpoint that sends back every message, for suites that test WebSocket endpoints from outside.
/// It is no part of the product and is not named in the help.
enum EchoMode {
    /// The suites send messages of 16 MiB, whole and in many thousand fragments, and pause as they please.
    static let limits = {
        var limits = WebSocketLimits()
        limits.messageBytes = 64 * 1_024 * 1_024
        limits.fragments = 1_000_000
        limits.pingInterval = nil
        return limits
    }()

    static func run(port: Int) async throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else { throw BadArguments() }
        let loops = try EventLoops(count: 2, name: "echo")
        var rules = Dispatcher.Rules()
        rules.perAddress = 0
        let server = try await HTTPServer.start(
            Dispatcher(routes: [], credentials: NoCredentials(), rules: rules), at: address, on: loops,
            upgrading: { request in
                guard Handshake.isAsked(by: request) else { return nil }
                var policy = DeflatePolicy()
                policy.threshold = 0
                return Handshake.accept(request, deflate: policy, limits: limits) {
                    $0.handler = EchoHandler()
                }
            })
        print("echo on ws://\(server.address)")
        try await Task.sleep(for: .seconds(365 * 86_400))
    }

    struct BadArguments: Error {}
}

/// Sends back what it hears.
final class EchoHandler: WebSocketHandler {
    private let whenEnded: () -> Void

    init(whenEnded: @escaping () -> Void = {}) {
        self.whenEnded = whenEnded
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        socket.send(.text, text.span)
    }
    func received(binary: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        socket.send(.binary, binary.span)
    }
    func ended(_ socket: WebSocketConnection, _ ending: Ending) { whenEnded() }
}
