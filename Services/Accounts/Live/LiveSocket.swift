import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Identity
import Postgres
import Sockets
import Telemetry
import WebSocket

/// One app's socket (api.md 3). Confined to its loop, which is what `@unchecked Sendable` stands for.
final class LiveSocket: WebSocketHandler, @unchecked Sendable {
    /// What an authenticated socket hears without having asked for it.
    enum Events: Sendable {
        case none, chargePoints, log
    }

    let socket: WebSocketConnection
    let hub: LiveHub
    let accounts: Accounts
    private(set) var caller: Caller?
    var events = Events.none
    /// The sessions whose samples it hears.
    private(set) var streams: [ID<ChargingSession>: MeterStream] = [:]
    var pending: PendingAction?
    var sequence: Task<Void, Never>?
    private(set) var isOver = false
    private var queue: [LiveFrame] = []
    private var requests: [MonotonicInstant] = []
    private var deadline: Deadline?
    /// The check of the last token that was sent; what is asked behind it waits for it. Like `working`, nil when it is done: a
    /// finished task that is kept keeps its stack.
    private var knowing: Task<Bool, Never>?
    private var tokensInCheck = 0
    /// What was asked last, and is done before what is asked next.
    private var working: Task<Void, Never>?
    private var requestsInWork = 0

    /// Frames that wait for a slow reader; the oldest are lost.
    private static let mostQueued = 256
    /// Bytes that the kernel has not taken, above which frames wait here: the connection's own mark, so that it tells
    /// when there is room again.
    private static let slow = Connection.Limits().highWater
    private static let requestsAMinute = 60
    /// Sessions that one socket listens to at a time.
    static let mostStreams = 10

    init(_ socket: WebSocketConnection, _ hub: LiveHub, _ accounts: Accounts) {
        self.socket = socket
        self.hub = hub
        self.accounts = accounts
    }

    var loop: EventLoop { socket.loop }

    func begin(token: String?) {
        socket.handler = self
        hub.add(self)
        say(.greeting)
        deadline = loop.schedule(after: .seconds(30)) { [weak self] in
            guard let self, caller == nil else { return }
            close(4_401, "not authenticated")
        }
        if let token { know(token) }
    }

    func close(_ code: UInt16, _ reason: String) { socket.close(CloseCode(rawValue: code), reason) }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        isOver = true
        deadline?.cancel()
        sequence?.cancel()
        hub.remove(self)
    }

    // Saying.

    func say(_ frame: LiveFrame) {
        socket.sendText { JSONWriter.append(frame, to: &$0) }
    }

    /// For what may be lost: a slow reader gets the newest.
    func tell(_ frame: LiveFrame) {
        guard socket.pendingOutput > Self.slow || !queue.isEmpty else { return say(frame) }
        if queue.count >= Self.mostQueued { queue.removeFirst() }
        queue.append(frame)
    }

    func drained(_ socket: WebSocketConnection) {
        while !queue.isEmpty, socket.pendingOutput <= Self.slow { say(queue.removeFirst()) }
    }

    // Hearing from the app.

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        let now = MonotonicInstant.now
        requests.removeAll { now - $0 > .seconds(60) }
        guard requests.count < Self.requestsAMinute else { return say(.error("rate limit", code: 2017)) }
        requests.append(now)
        if text.elementsEqual("ping".utf8) {
            let knowing = knowing
            Task(executorPreference: loop) {
                _ = await knowing?.value
                await self.pong()
            }
            return
        }
        guard let request = try? JSONReader.decode(LiveRequest.self, from: Array(text), rules: .api) else {
            return say(.error("invalid request"))
        }
        let mistakes = request.mistakes
        guard mistakes.isEmpty, let command = request.command.flatMap(LiveCommand.init) else {
            return say(.error("validation: \(mistakes.joined(separator: "; "))"))
        }
        let hasToken = request.token?.isEmpty == false
        if let token = request.token, hasToken { know(token) }
        let (knowing, before) = (knowing, working)
        // In the order in which they were asked; but nobody waits for a charger's answer to another question.
        let isWaitedFor = command != .startTransaction && command != .stopTransaction
        let work = Task(executorPreference: loop) {
            await before?.value
            // A wrong token costs the frame that carried it; the socket stays whose it was.
            let isRight = await knowing?.value ?? false
            if isRight || !hasToken, let caller = self.caller, !self.isOver {
                await self.take(command, request, caller)
            } else {
                self.say(.error("check token: token check failed", code: 2001))
            }
            guard isWaitedFor else { return }
            self.requestsInWork -= 1
            if self.requestsInWork == 0 { self.working = nil }
        }
        guard isWaitedFor else { return }
        requestsInWork += 1
        working = work
    }

    /// The first valid token binds the socket to its user for life.
    private func know(_ token: String) {
        let before = knowing
        tokensInCheck += 1
        knowing = Task(executorPreference: loop) {
            _ = await before?.value
            let isRight = await self.authenticate(token)
            self.tokensInCheck -= 1
            if self.tokensInCheck == 0 { self.knowing = nil }
            return isRight
        }
    }

    private func authenticate(_ token: String) async -> Bool {
        do {
            let found = try await accounts.host.callers.caller(presenting: token)
            guard !isOver else { return false }
            if let caller { return caller.user == found.user }
            caller = found
            events = .chargePoints
            hub.bind(self, to: found)
            // Whoever comes with an app can start with it (api.md 5.3); a start makes up for one that fails now.
            _ = try? await accounts.tagForStart(of: ID(found.user))
            return true
        } catch { return false }
    }

    func pong() async {
        guard let caller else { return say(LiveFrame(status: .ping, stage: .info, info: "pong")) }
        // Without the database the answer is still a sign of life.
        let tag = try? await accounts.tagForStart(of: ID(caller.user))
        say(LiveFrame(status: .ping, stage: .info, info: "pong \(tag ?? "")"))
    }

    // Hearing from the bus.

    /// Nothing, where it listens to the session already.
    func openStream(of session: ID<ChargingSession>) {
        guard streams[session] == nil else { return }
        streams[session] = MeterStream()
        hub.watch(session, self)
    }

    func closeStream(of session: ID<ChargingSession>) {
        streams[session] = nil
        hub.unwatch(session, self)
    }

    func hear(_ reading: ReadingsStored.Reading) {
        let session = reading.session
        switch streams[session]?.hear(reading, at: .now) ?? .nothing {
        case .nothing: break
        case .send(let frame): tell(frame)
        case .wait(let time): loop.schedule(after: time) { [weak self] in self?.release(session) }
        }
    }

    private func release(_ session: ID<ChargingSession>) {
        if let frame = streams[session]?.release(at: .now) { tell(frame) }
    }

    /// The session that it watches is over.
    func over(_ session: ID<ChargingSession>) {
        moved(session)
        guard streams[session] != nil else { return }
        release(session)
        closeStream(of: session)
        say(.stopped(session))
        guard let caller else { return }
        Task(executorPreference: loop) {
            // What is left behind names a session that is over, which says nothing any more.
            _ = try? await self.accounts.host.database.run(.endStream(session, of: caller.user))
        }
    }

    /// The session of the pending action has moved on.
    func moved(_ session: ID<ChargingSession>) {
        guard let pending, pending.session == session, let caller else { return }
        Task(executorPreference: loop) { _ = await self.look(pending, caller) }
    }

    func hear(point: String, _ info: String) {
        guard events == .chargePoints else { return }
        tell(LiveFrame(status: .event, stage: .pointEvent, info: info, data: point))
    }

    func hear(log line: String, _ text: String) {
        guard events == .log else { return }
        tell(LiveFrame(status: .event, stage: .logEvent, info: text, data: line))
    }
}
