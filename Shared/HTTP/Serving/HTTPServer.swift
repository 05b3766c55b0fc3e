import Core
import FoundationEssentials
package import Sockets
import Synchronization

/// Serves a service's routes on one address, on every loop.
package final class HTTPServer: Sendable {
    private let core: ServerCore
    private let listener: Listener
    private let loops: EventLoops

    private init(core: ServerCore, listener: Listener, loops: EventLoops) {
        self.core = core
        self.listener = listener
        self.loops = loops
    }

    /// With the port that the kernel chose where 0 was asked for.
    package var address: SocketAddress { listener.address }

    /// - Parameters:
    ///   - proxies: whose forwarded addresses are believed.
    ///   - upgrading: decides about requests that ask for another protocol.
    ///
    /// Throws: `SocketError` when the address cannot be listened on.
    package static func start(
        _ dispatcher: Dispatcher, at address: SocketAddress, on loops: EventLoops,
        proxies: TrustedProxies = .init([]), upgrading: Upgrading? = nil
    ) async throws -> HTTPServer {
        let core = ServerCore(dispatcher, loops: loops, proxies: proxies, upgrading: upgrading)
        var limits = Connection.Limits()
        limits.connectionsPerLoop = dispatcher.rules.limits.connectionsPerLoop
        // An answer is written whole; a report of many megabytes may wait for its reader.
        limits.outputBytes = 64 * 1_024 * 1_024
        let listener = try await Listener.open(address, on: loops, limits: limits) { core.welcome($0) }
        return HTTPServer(core: core, listener: listener, loops: loops)
    }

    /// Stops listening, lets present requests end within `patience`, then ends what is left.
    package func stop(within patience: Duration) async {
        await listener.close()
        for loop in loops.all {
            // Draining does not throw; only the way to the loop is written as if it could.
            try? await loop.run { [core] in core.drain(on: loop) }
        }
        for loop in loops.all { await core.emptied(loop, within: patience) }
    }
}

/// What the connections of one server share.
final class ServerCore: Sendable {
    let dispatcher: Dispatcher
    let upgrading: Upgrading?
    var limits: Limits { dispatcher.rules.limits }
    private let proxies: TrustedProxies
    private let parts: [LoopPart]
    private let nextRequest = Atomic<UInt64>(0)
    private let identity: String

    init(_ dispatcher: Dispatcher, loops: EventLoops, proxies: TrustedProxies, upgrading: Upgrading?) {
        self.dispatcher = dispatcher
        self.proxies = proxies
        self.upgrading = upgrading
        parts = loops.all.map { _ in LoopPart() }
        // Request ids of two processes, or of one process before and after a restart, must not meet.
        identity = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// What belongs to one loop, touched on its thread only.
    private final class LoopPart: @unchecked Sendable {
        var connections: [ObjectIdentifier: HTTPConnection] = [:]
        var dateSecond = -1
        var date = ""
        var whenEmpty: (() -> Void)?
    }

    private func part(of loop: EventLoop) -> LoopPart { parts[loop.index] }

    func welcome(_ connection: Connection) {
        let handler = HTTPConnection(connection, server: self)
        connection.handler = handler
        part(of: connection.loop).connections[ObjectIdentifier(handler)] = handler
        handler.begin()
    }

    func forget(_ connection: HTTPConnection, on loop: EventLoop) {
        let part = part(of: loop)
        part.connections[ObjectIdentifier(connection)] = nil
        guard part.connections.isEmpty, let whenEmpty = part.whenEmpty else { return }
        part.whenEmpty = nil
        whenEmpty()
    }

    func drain(on loop: EventLoop) {
        for connection in part(of: loop).connections.values { connection.drain() }
    }

    /// Returns when the loop has no connection left; after `patience` it sees to that itself.
    func emptied(_ loop: EventLoop, within patience: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute { [self] in
                let part = part(of: loop)
                guard !part.connections.isEmpty else { return continuation.resume() }
                let deadline = loop.schedule(after: patience) {
                    for connection in part.connections.values { connection.abort() }
                }
                part.whenEmpty = {
                    deadline.cancel()
                    continuation.resume()
                }
            }
        }
    }

    func request(from head: RequestHead, body: [UInt8], peer: SocketAddress) -> Request {
        Request(
            method: head.method, path: head.path, query: head.query, headers: head.headers, body: body,
            peer: peer,
            client: proxies.client(of: peer.host, head.headers), id: requestID(head.headers["X-Request-Id"]),
            received: dispatcher.rules.clock.monotonic)
    }

    private func requestID(_ offered: String?) -> String {
        if let offered, (1...64).contains(offered.utf8.count),
            offered.utf8.allSatisfy({ byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                    || "._-".utf8.contains(byte)
            })
        {
            return offered
        }
        return "\(identity)-\(nextRequest.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    func failure(_ problem: Problem, _ exchange: Exchange) -> Response {
        dispatcher.failure(problem, of: exchange.request, exchange.match)
    }

    func marked(_ response: Response, _ request: Request) -> Response {
        var response = response
        AnswerShape.mark(&response, id: request.id)
        return response
    }

    /// Tells of a request for another protocol, which is no route's.
    func tell(upgraded exchange: Exchange, _ status: Status, _ error: (any Error)?) {
        var event = RequestEvent(exchange.request)
        event.route = "upgrade"
        // A refusal is no failure of ours.
        let isOurs = status.rawValue >= 500
        dispatcher.tell(
            .init(response: Response(status), event: event, started: exchange.request.received),
            status: exchange.end?.status ?? status.rawValue, error: isOurs ? error : nil)
    }

    /// The answer to bytes that are no request; it is told of here.
    func response(to malformed: MalformedRequest, from peer: SocketAddress) -> Response {
        let id = requestID(nil)
        let problem = Problem(malformed.status, malformed.reason)
        var response = problem.response(at: dispatcher.rules.clock.now)
        AnswerShape.mark(&response, id: id)
        dispatcher.tell(malformed, from: peer.host, id: id)
        return response
    }

    /// The answer to a request whose body is wrong; it is told of here.
    func response(
        to malformed: MalformedRequest, _ head: RequestHead, _ match: RouteTree.Match,
        from peer: SocketAddress
    ) -> Response {
        let request = request(from: head, body: [], peer: peer)
        dispatcher.tell(malformed, from: request.client, id: request.id)
        return dispatcher.failure(Problem(malformed.status, malformed.reason), of: request, match)
    }

    /// The `Date` field, made once a second.
    func date(on loop: EventLoop) -> String {
        let part = part(of: loop)
        let now = dispatcher.rules.clock.now
        let second = Int(now.timeIntervalSince1970.rounded(.down))
        if second != part.dateSecond {
            part.dateSecond = second
            part.date = HTTPDate.text(now)
        }
        return part.date
    }
}
