import Core
package import FoundationEssentials
import HTTP
package import OCPP
package import Sockets
package import WebSocket

/// A charge point of OCPP 1.6 on a real WebSocket: it boots, keeps its own time, charges, obeys, remembers what it has
/// to say while it is offline, and forgets its manners on request. Everything that passes is in its `log`.
///
///     let station = try await Simulator.boot("CP1", at: .at("ws://127.0.0.1:9001/"), on: loop)
///     try await station.charge(tag: "04A1B2", energy: Energy(wattHours: 15_000), over: .seconds(5_400))
///     #expect(station.log.answers(to: V16.StopTransaction.self).count == 1)
package actor Simulator {
    package nonisolated let identity: String
    package nonisolated let loop: EventLoop
    package nonisolated let log: WireLog
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let central: CentralSystem
    let profile: StationProfile
    var clock: StationClock
    var manners: Manners
    var configuration: ConfigurationKeys
    var outlets: [Outlet]
    /// Nil for a station that keeps no list of tags.
    package var tags: TagList?
    /// What it says to calls that a test has words for.
    var scripts: [V16.Action: [String]] = [:]
    /// The last answer to BootNotification; nil before the first.
    package private(set) var registration: V16.RegistrationStatus?
    /// How the last connection ended.
    package private(set) var lastEnding: Ending?

    var outbox: [TransactionMessage] = []
    private var isTelling = false
    private var outboxWaiters: [CheckedContinuation<Void, Never>] = []

    private var socket: WebSocketConnection?
    /// Which of the station's connections is the present one, counted from 1.
    package private(set) var connectionNumber = 0
    private var pending: PendingCalls<Int>
    private var waiting: [Int: CheckedContinuation<OCPPFrame, any Error>] = [:]
    private var lastTicket = 0
    private var lastMessage: UInt64 = 0
    private var lastCall: (action: String, payload: [UInt8], id: MessageID)?
    private var reader = OCPPFrameReader()
    private var pendingDeadline: Deadline?
    private var isWanted = false
    private var isComingBack = false
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0
    private var heartbeats: Int?

    package init(
        _ identity: String, at central: CentralSystem, profile: StationProfile = .init(), on loop: EventLoop
    ) {
        self.identity = identity
        self.central = central
        self.profile = profile
        self.loop = loop
        log = WireLog(loop: loop, capacity: profile.loggedFrames, observer: profile.onFrame)
        clock = StationClock(profile.pace, world: profile.world)
        manners = profile.manners
        configuration = ConfigurationKeys(
            connectors: profile.connectors, sampleInterval: profile.sampleInterval,
            authorizationKey: central.password, tagsInMessage: profile.tagsInMessage)
        tags = profile.tagsInMessage.map { TagList(longestMessage: $0) }
        let start = clock.now
        outlets = (1...max(profile.connectors, 1)).map {
            Outlet(
                number: $0, meter: EnergyMeter(register: profile.register, power: profile.power),
                countedUntil: start)
        }
        var limits = PendingCalls<Int>.Limits()
        limits.waiting = 1_000
        limits.answer = profile.patience
        pending = PendingCalls(limits: limits)
    }

    /// A station that is connected, accepted and has reported its connectors.
    package static func boot(
        _ identity: String, at central: CentralSystem, profile: StationProfile = .init(), on loop: EventLoop
    ) async throws -> Simulator {
        let station = Simulator(identity, at: central, profile: profile, on: loop)
        try await station.connect()
        try await station.boot()
        return station
    }

    // The connection.

    package var isConnected: Bool { socket?.isOpen ?? false }

    /// Opens the connection. Throws what the handshake throws: `HandshakeFailure` when it is refused.
    package func connect() async throws {
        isWanted = true
        if manners.allow(.restartsMessageIDs) { lastMessage = 0 }
        var headers = Headers()
        if let password = central.password {
            let credentials = Data("\(identity):\(password)".utf8).base64EncodedString()
            headers.add("Authorization", "Basic \(credentials)")
        }
        var limits = WebSocketLimits()
        limits.pingInterval = pingInterval
        let opened = try await WebSocketConnection.open(
            central.target(of: identity), at: central.address, on: loop, headers: headers,
            subprotocols: central.subprotocols, limits: limits)
        // Asked to go while the handshake was under way.
        guard isWanted else { return opened.abort() }
        connectionNumber += 1
        opened.handler = Listener(self, connectionNumber)
        socket = opened
        profile.onConnection?(.opened)
        opened.resumeReading()
    }

    private var pingInterval: Duration? {
        let seconds = configuration.whole("WebSocketPingInterval")
        return seconds > 0 ? .seconds(seconds) : nil
    }

    /// Says goodbye and stays away.
    package func disconnect(_ code: CloseCode = .normal) {
        isWanted = false
        socket?.close(code)
    }

    /// Loses the connection as a broken cable does; comes back by itself when the profile says so.
    package func loseConnection() {
        socket?.abort()
    }

    /// Loses it and stays away: what happens meanwhile is told after `connect`.
    package func goOffline() {
        isWanted = false
        socket?.abort()
    }

    /// As a repaired board does: its list of tags is empty again.
    package func forgetTags() { tags?.forget() }

    /// Ends everything.
    package func shutDown() {
        isWanted = false
        for task in tasks.values { task.cancel() }
        tasks = [:]
        letGo()
        finishOutboxWaiters()
    }

    fileprivate func ended(_ number: Int, _ ending: Ending) {
        // The end of an older connection says nothing about the present one.
        guard number == connectionNumber, socket != nil else { return }
        lastEnding = ending
        socket = nil
        if let heartbeats { tasks.removeValue(forKey: heartbeats)?.cancel() }
        heartbeats = nil
        perform(pending.connectionEnded(), received: nil)
        profile.onConnection?(.lost("\(ending)"))
        guard isWanted, profile.reconnects, registration != nil else { return }
        spawn { [delay = profile.reconnectDelay] in await $0.comeBack(after: delay) }
    }

    /// Connects and boots, however long it takes.
    func beginLife() async {
        isWanted = true
        await comeBack(after: .zero)
    }

    /// Tries until it is connected and accepted, or no longer wanted. One tries at a time.
    private func comeBack(after first: Duration) async {
        guard !isComingBack else { return }
        isComingBack = true
        defer { isComingBack = false }
        var delay = first
        while isWanted, !isConnected, !Task.isCancelled {
            guard (try? await loop.sleep(for: delay)) != nil else { return }
            delay = min(max(delay * 2, profile.reconnectDelay), profile.reconnectDelay * 60)
            do { try await connect() } catch {
                // Refused or unreachable: tried again after a longer wait.
                profile.onConnection?(.failed("\(error)", nextIn: delay))
                continue
            }
            await resume()
            if registration == .accepted { delay = profile.reconnectDelay }
        }
    }

    /// After a lost connection: what was not told is told now. A station that was never accepted boots first.
    private func resume() async {
        if registration == .accepted {
            beginHeartbeats(every: configuration.whole("HeartbeatInterval"))
        } else {
            while isConnected, (try? await introduce()) == nil {
                // Refused, or left without an answer.
                guard (try? await loop.sleep(for: profile.reconnectDelay * 5)) != nil else { return }
            }
        }
        await reportStatus()
        // Beside everything else: between its attempts it waits for minutes, and a lost connection must not.
        spawn { await $0.tellWhatWaits() }
    }

    // Booting.

    /// Asks to be accepted, as often as it takes; then reports every connector and tells what waits.
    package func boot() async throws {
        try await introduce()
        guard registration == .accepted else { return }
        await reportStatus()
        await tellWhatWaits()
    }

    /// Asks to be accepted until it is; by a clock that moves by hand only once.
    private func introduce() async throws {
        while true {
            let answer = try await announceBoot()
            guard answer.status != .accepted else { return }
            guard let wait = clock.worldTime(for: .seconds(max(answer.interval, 1))) else { return }
            try await loop.sleep(for: wait)
        }
    }

    /// Asks once.
    @discardableResult
    package func announceBoot() async throws -> V16.BootNotification.Response {
        let answer = try await call(
            V16.BootNotification.self,
            .init(
                chargePointVendor: .init(cutting: profile.vendor),
                chargePointModel: .init(cutting: profile.model),
                chargePointSerialNumber: .init(cutting: profile.serialNumber ?? identity),
                firmwareVersion: .init(cutting: profile.firmware)))
        registration = answer.status
        if answer.status == .accepted {
            _ = configuration.change("HeartbeatInterval", to: "\(answer.interval)")
            beginHeartbeats(every: answer.interval)
        }
        return answer
    }

    private func beginHeartbeats(every seconds: Int) {
        if let heartbeats { tasks.removeValue(forKey: heartbeats)?.cancel() }
        guard seconds > 0, let wait = clock.worldTime(for: .seconds(seconds)) else { return }
        heartbeats = spawn { station in
            while (try? await station.loop.sleep(for: wait)) != nil {
                // One that is not answered is followed by the next.
                _ = try? await station.call(V16.Heartbeat.self, NoFields())
            }
        }
    }

    /// The interval changed: it counts from now on.
    func heartbeatIntervalChanged() {
        beginHeartbeats(every: configuration.whole("HeartbeatInterval"))
    }

    /// Starts anew: the connection is dropped, and the station asks to be accepted again.
    func reboot() async {
        registration = nil
        letGo()
        await beginLife()
    }

    private func letGo() {
        socket?.close(.goingAway)
        ended(connectionNumber, Ending(.goingAway, by: .ours))
    }

    // Calling.

    /// Asks the central system and waits for its answer. One call at a time is on the wire, the others wait in order.
    package func call<Call: OCPPCall>(
        _ call: Call.Type, _ request: Call.Request
    ) async throws(CallFailure) -> Call.Response {
        var payload: [UInt8] = []
        Call.write(request, into: &payload)
        let action = Call.action.rawValue
        payload = manners.spoil(payload, of: action)
        let frame = try await self.call(action, payload: payload)
        do {
            return try frame.decode(Call.Response.self)
        } catch {
            throw .unreadable(error)
        }
    }

    /// Asks with a payload as it is, right or wrong.
    @discardableResult
    package func call(
        _ action: String, payload: [UInt8], id: MessageID? = nil
    ) async throws(CallFailure) -> OCPPFrame {
        guard isConnected else { throw .disconnected }
        lastMessage += 1
        let id = id ?? MessageID(number: lastMessage)
        lastCall = (action, payload, id)
        var bytes: [UInt8] = []
        OCPPFrameWriter.call(action: action, payload: payload, id: id, into: &bytes)
        lastTicket += 1
        let ticket = lastTicket
        let submission = PendingCalls<Int>.Submission(
            ticket: ticket, id: id, frame: bytes, sendBy: .now + .seconds(86_400))
        let frame: OCPPFrame
        do {
            frame = try await withCheckedThrowingContinuation { continuation in
                waiting[ticket] = continuation
                perform(pending.submit(submission, at: .now), received: nil)
            }
        } catch {
            throw error as? CallFailure ?? .disconnected
        }
        if let error = frame.error { throw .refused(error) }
        return frame
    }

    /// Says the last call again.
    ///
    /// - Parameter newMessageID: as most stations do; without it the very same frame.
    @discardableResult
    package func repeatLastCall(newMessageID: Bool = true) async throws(CallFailure) -> OCPPFrame {
        guard let lastCall else { throw .noAnswer }
        return try await call(
            lastCall.action, payload: lastCall.payload, id: newMessageID ? nil : lastCall.id)
    }

    private func perform(_ actions: [PendingCalls<Int>.Action], received frame: OCPPFrame?) {
        for action in actions {
            switch action {
            case .send(let bytes): send(bytes)
            case .deliver(let ticket):
                if let frame { waiting.removeValue(forKey: ticket)?.resume(returning: frame) }
            case .fail(let ticket, let failure):
                let reason: CallFailure =
                    switch failure {
                    case .noAnswer, .neverSent, .queueFull: .noAnswer
                    case .lost: .disconnected
                    }
                waiting.removeValue(forKey: ticket)?.resume(throwing: reason)
            // Seen in the log; an answer to nothing is nobody's.
            case .reportStray: break
            }
        }
        pendingDeadline?.cancel()
        pendingDeadline = pending.nextDeadline.map { instant in
            loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated { $0.perform($0.pending.passed(.now), received: nil) }
            }
        }
    }

    /// Sends bytes as a text message, whatever they are.
    package func send(_ bytes: [UInt8]) {
        guard let socket, socket.isOpen else { return }
        log.record(.sent, bytes, at: .now)
        if manners.areGood {
            socket.send(.text, bytes)
        } else {
            manners.send(bytes, on: socket)
        }
    }

    package func send(text: String) { send(Array(text.utf8)) }

    // Hearing.

    fileprivate func received(_ bytes: [UInt8]) {
        log.record(.received, bytes, at: .now)
        let frame: OCPPFrame
        do {
            frame = try reader.read(bytes, as: .v16)
        } catch {
            refuse(error.error, error.id)
            return
        }
        switch frame.kind {
        case .call: answer(frame)
        case .result, .error: perform(pending.received(answerTo: frame.id, at: .now), received: frame)
        case .send, .resultError: break
        }
    }

    func refuse(_ error: CallError, _ id: MessageID) {
        var bytes: [UInt8] = []
        OCPPFrameWriter.error(error, id: id, in: .v16, into: &bytes)
        reply(bytes)
    }

    /// Sends an answer: at once, late, or never.
    func reply(_ bytes: [UInt8]) {
        if manners.allow(.neverAnswers) { return }
        guard manners.allow(.answersLate) else { return send(bytes) }
        // Later than anybody waits.
        spawn { station in
            try? await station.loop.sleep(for: .seconds(15))
            station.send(bytes)
        }
    }

    // The outbox.

    /// Tells in order what must be told, until nothing is left or the connection is away.
    package func tellWhatWaits() async {
        guard !isTelling else {
            return await withCheckedContinuation { outboxWaiters.append($0) }
        }
        isTelling = true
        var attempts = 0
        while let message = outbox.first, isConnected, registration == .accepted {
            do {
                try await tell(message)
                outbox.removeFirst()
                attempts = 0
            } catch .disconnected {
                break
            } catch {
                attempts += 1
                guard attempts < configuration.whole("TransactionMessageAttempts") else {
                    // Given up, as the specification has it; the log knows.
                    outbox.removeFirst()
                    attempts = 0
                    continue
                }
                let wait = clock.worldTime(
                    for: .seconds(configuration.whole("TransactionMessageRetryInterval") * attempts))
                guard let wait, (try? await loop.sleep(for: wait)) != nil else { continue }
            }
        }
        isTelling = false
        finishOutboxWaiters()
    }

    private func finishOutboxWaiters() {
        let waiters = outboxWaiters
        outboxWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    // Tasks.

    /// Runs `work` beside everything else until it ends or the station is shut down.
    @discardableResult
    func spawn(_ work: @escaping @Sendable (isolated Simulator) async -> Void) -> Int {
        lastTask += 1
        let number = lastTask
        tasks[number] = Task(executorPreference: loop) { await self.run(work, number) }
        return number
    }

    private func run(_ work: @Sendable (isolated Simulator) async -> Void, _ number: Int) async {
        await work(self)
        tasks[number] = nil
    }

    // Time.

    package var now: Date { clock.now }

    package func advance(by duration: Duration) { clock.advance(by: duration) }

    /// Sets the station's clock wrong by so many seconds.
    package func setClockError(_ seconds: TimeInterval) { clock.error = seconds }

    package func setManners(_ manners: Manners) { self.manners = manners }

    package func configurationValue(_ key: String) -> String? { configuration[key] }
}

/// Hears the socket for the station. Lives on the station's loop.
private final class Listener: WebSocketHandler {
    private weak var station: Simulator?
    private let number: Int

    init(_ station: Simulator, _ number: Int) {
        self.station = station
        self.number = number
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        let bytes = Array(text)
        station?.assumeIsolated { $0.received(bytes) }
    }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        let number = number
        station?.assumeIsolated { $0.ended(number, ending) }
    }
}
