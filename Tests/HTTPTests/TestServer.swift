import Core
import HTTP
import Sockets
import Synchronization
import Testing

/// Serves routes on a loop of their own for the time of one test.
func serving(
    _ routes: [GuardedRoute], rules: Dispatcher.Rules = .init(), proxies: TrustedProxies = .init([]),
    credentials: any CredentialCheck = NoCredentials(), upgrading: Upgrading? = nil,
    finished: @escaping @Sendable (RequestEvent) -> Void = { _ in },
    _ body: @escaping @Sendable (HTTPServer, EventLoop) async throws -> Void
) async throws {
    let loops = try EventLoops(count: 1)
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let server = try await HTTPServer.start(
        Dispatcher(routes: routes, credentials: credentials, rules: rules, finished: finished), at: address,
        on: loops, proxies: proxies, upgrading: upgrading)
    let loop = loops.next()
    let result = await Task(executorPreference: loop) { try await body(server, loop) }.result
    await server.stop(within: .milliseconds(200))
    await loops.stop()
    try result.get()
}

/// Something that one task waits for and another brings about; it stays so once it is.
final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func set() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Not ended by cancellation.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiting.append(continuation) }
                return state.isSet
            }
            if isSet { continuation.resume() }
        }
    }
}

/// What a server's requests ended as, in their order.
final class Events: Sendable {
    private let events = Mutex<[RequestEvent]>([])
    private let signal = Signal()

    func add(_ event: RequestEvent) {
        events.withLock { $0.append(event) }
        signal.set()
    }

    /// Waits for the first.
    func first() async throws -> RequestEvent {
        await signal.wait()
        return try #require(events.withLock { $0.first })
    }
    var all: [RequestEvent] { events.withLock { $0 } }
}
