import Core
import FoundationEssentials
import HTTP
import OCPP
import Sockets
import StationSimulator
import Synchronization
import Testing
import WebSocket

/// A central system that answers by a script, on a real WebSocket: it remembers what it heard, frame by frame, and asks
/// stations what a test wants asked.
final class TestCentral: Sendable {
    /// What is done about a call.
    enum Answer: Sendable {
        case result(String)
        case error(String)
        case silence
        case hangUp
    }

    /// A frame as it travelled.
    struct Frame: Equatable, Sendable {
        var opcode: UInt8
        var isFinal: Bool
        var isCompressed: Bool
        var isMasked: Bool
        var length: Int
        /// Whether all of it came.
        var isWhole: Bool
    }

    /// What a station said, in the order of arrival, over all of its connections.
    struct Heard: Sendable {
        var connection: Int
        var text: String
        var kind: OCPPFrame.Kind?
        var id = ""
        var action = ""
        var payload = JSONValue.null
    }

    struct Opening: Sendable {
        var target: String
        var authorization: String?
        var subprotocols: [String]
        var at: MonotonicInstant
    }

    private struct State {
        var script: [String: Answer] = [:]
        var once: [String: [Answer]] = [:]
        var isClosed = false
        var openings: [Opening] = []
        var heard: [Heard] = []
        var binaries = 0
        var wire: [Int: [UInt8]] = [:]
        var endings: [Ending] = []
        var transactions = 100
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let present = Present()
    private let server: HTTPServer
    let loop: EventLoop
    private let loops: EventLoops
    var address: SocketAddress { server.address }
    var url: String { "ws://127.0.0.1:\(server.address.port)/ocpp/" }
    var system: CentralSystem { CentralSystem(address: address, path: "/ocpp/") }

    /// Serves one test.
    static func serve<Result: Sendable>(
        limits: WebSocketLimits = .init(), _ body: @Sendable (TestCentral) async throws -> Result
    ) async throws -> Result {
        let loops = try EventLoops(count: 1, name: "central")
        let central = try await TestCentral(loops, limits)
        do {
            let result = try await body(central)
            await central.stop()
            return result
        } catch {
            await central.stop()
            throw error
        }
    }

    private init(_ loops: EventLoops, _ limits: WebSocketLimits) async throws {
        self.loops = loops
        loop = loops.next()
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let door = Door()
        server = try await HTTPServer.start(
            Dispatcher(routes: [], credentials: NoCredentials()), at: address, on: loops,
            upgrading: { request in
                guard Handshake.isAsked(by: request), let central = door.central else { return nil }
                guard let number = central.opened(request) else {
                    return .refused(Problem(.serviceUnavailable, "not now").response(at: Clock.system.now))
                }
                return Handshake.accept(
                    request, subprotocol: Handshake.subprotocols(of: request).first, limits: limits
                ) { central.begin($0, number) }
            })
        door.open(self)
    }

    private func stop() async {
        await server.stop(within: .seconds(1))
        await loops.stop()
    }

    // The script.

    /// From now on, calls of this action are answered so.
    func answer(_ action: V16.Action, _ answer: Answer) {
        state.withLock { $0.script[action.rawValue] = answer }
    }

    /// The next call of this action is answered so, the one after it by the next of these.
    func answerOnce(_ action: V16.Action, _ answers: Answer...) {
        state.withLock { $0.once[action.rawValue, default: []] += answers }
    }

    /// Lets nobody in, or everybody again.
    func close(_ isClosed: Bool) { state.withLock { $0.isClosed = isClosed } }

    /// Throws out whoever is connected.
    func hangUp() { loop.execute { [self] in present.socket?.abort() } }

    /// Says something to the station, whatever it is.
    func say(_ text: String) { loop.execute { [self] in present.socket?.send(text: text) } }

    func ask(_ id: String, _ action: V16.Action, _ payload: String) {
        say(#"[2,"\#(id)","\#(action.rawValue)",\#(payload)]"#)
    }

    // What was heard.

    var openings: [Opening] { state.withLock { $0.openings } }
    var heard: [Heard] { state.withLock { $0.heard } }
    var binaries: Int { state.withLock { $0.binaries } }
    var endings: [Ending] { state.withLock { $0.endings } }

    func calls(_ action: V16.Action) -> [JSONValue] {
        heard.filter { $0.kind == .call && $0.action == action.rawValue }.map(\.payload)
    }

    var actions: [String] { heard.filter { $0.kind == .call }.map(\.action) }

    /// What the station answered to a question of ours.
    func reply(to id: String) -> JSONValue? {
        heard.first { $0.kind != .call && $0.kind != nil && $0.id == id }?.payload
    }

    /// The frames of a connection, from the first on.
    func frames(of connection: Int = 1) -> [Frame] {
        Self.frames(in: state.withLock { $0.wire[connection] ?? [] })
    }

    /// Waits until something holds; looked at whenever something happened.
    func waits(
        within limit: Duration = .seconds(10), until condition: @escaping @Sendable (TestCentral) -> Bool
    ) async -> Bool {
        if condition(self) { return true }
        let deadline = MonotonicInstant.now + limit
        while MonotonicInstant.now < deadline {
            await happens(within: .milliseconds(100))
            if condition(self) { return true }
        }
        return false
    }

    private func happens(within limit: Duration) async {
        await withCheckedContinuation { continuation in
            let number = state.withLock { state in
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = continuation
                return state.nextWaiter
            }
            loop.execute { [self] in
                loop.schedule(after: limit) {
                    self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
                }
            }
        }
    }

    private func note(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.self)
        }
        for waiter in waiters { waiter.resume() }
    }
}

// Hearing and answering, on the loop.
extension TestCentral {
    /// Nil when nobody is let in.
    private func opened(_ request: Request) -> Int? {
        var number: Int?
        note { state in
            state.openings.append(
                Opening(
                    target: request.path, authorization: request.headers["Authorization"],
                    subprotocols: Handshake.subprotocols(of: request), at: .now))
            if !state.isClosed { number = state.openings.count }
        }
        return number
    }

    private func begin(_ socket: WebSocketConnection, _ number: Int) {
        socket.handler = Ears(self, number)
        socket.connection.handler = WireTap(socket) { [self] bytes in
            note { $0.wire[number, default: []] += bytes }
        }
        present.hold(socket)
    }

    fileprivate func heard(_ bytes: [UInt8], on socket: WebSocketConnection, _ connection: Int) {
        var reader = OCPPFrameReader()
        var heard = Heard(connection: connection, text: String(decoding: bytes, as: UTF8.self))
        // What is no frame is heard as text alone.
        if let frame = try? reader.read(bytes, as: .v16) {
            heard.kind = frame.kind
            heard.id = frame.id.text
            heard.action = frame.action
            heard.payload = (try? JSONDocument(Array(frame.payloadText))).map { JSONValue($0) } ?? .null
        }
        // Answered before it is noted, so that whoever waits for it finds the answer on its way.
        if heard.kind == .call { answer(heard, on: socket) }
        note { $0.heard.append(heard) }
    }

    private func answer(_ call: Heard, on socket: WebSocketConnection) {
        let answer = state.withLock { state -> Answer in
            if var queue = state.once[call.action], !queue.isEmpty {
                defer { state.once[call.action] = queue }
                return queue.removeFirst()
            }
            if let answer = state.script[call.action] { return answer }
            if call.action == "StartTransaction" { state.transactions += 1 }
            return .result(Self.usual(call.action, state.transactions))
        }
        switch answer {
        case .result(let payload): socket.send(text: #"[3,"\#(call.id)",\#(payload)]"#)
        case .error(let code): socket.send(text: #"[4,"\#(call.id)","\#(code)","",{}]"#)
        case .silence: break
        case .hangUp: socket.abort()
        }
    }

    private static func usual(_ action: String, _ transaction: Int) -> String {
        let now = Timestamp.text(Clock.system.now)
        return switch action {
        case "BootNotification": #"{"status":"Accepted","currentTime":"\#(now)","interval":300}"#
        case "Heartbeat": #"{"currentTime":"\#(now)"}"#
        case "Authorize", "StopTransaction": #"{"idTagInfo":{"status":"Accepted"}}"#
        case "StartTransaction":
            #"{"idTagInfo":{"status":"Accepted"},"transactionId":\#(transaction)}"#
        default: "{}"
        }
    }

    fileprivate func heardBinary() { note { $0.binaries += 1 } }
    fileprivate func ended(_ ending: Ending) { note { $0.endings.append(ending) } }
}

/// The connection of the moment; touched on the loop only.
private final class Present: @unchecked Sendable {
    private(set) var socket: WebSocketConnection?

    func hold(_ socket: WebSocketConnection) { self.socket = socket }
}

/// Lets a server begin before the one it serves is complete.
private final class Door: Sendable {
    private let opened = Mutex<TestCentral?>(nil)
    var central: TestCentral? { opened.withLock { $0 } }
    func open(_ central: TestCentral) { opened.withLock { $0 = central } }
}

private final class Ears: WebSocketHandler {
    private let central: TestCentral
    private let connection: Int

    init(_ central: TestCentral, _ connection: Int) {
        self.central = central
        self.connection = connection
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        central.heard(Array(text), on: socket, connection)
    }
    func received(binary: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        central.heardBinary()
    }
    func ended(_ socket: WebSocketConnection, _ ending: Ending) { central.ended(ending) }
}
