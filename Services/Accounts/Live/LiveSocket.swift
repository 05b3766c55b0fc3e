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
    private let hub: LiveHub
    private let accounts: Accounts
    private let address: String
    private(set) var caller: Caller?
    private(set) var events = Events.none
    /// The session whose samples it hears, and the moment of the last that it was sent.
    private var stream: (session: ID<ChargingSession>, taken: Date, sent: MonotonicInstant?)?
    private var held: LiveFrame?
    private(set) var pending: PendingAction?
    /// The newest look at a token: what is asked after it waits for it.
    private var authentication: Task<Bool, Never>?
    private var sequence: Task<Void, Never>?
    private var queue: [LiveFrame] = []
    private var requests: [MonotonicInstant] = []
    private var deadline: Deadline?
    private var isOver = false

    /// Frames that wait for a slow reader; the oldest are lost.
    private static let mostQueued = 256
    /// Bytes that the kernel has not taken, above which frames wait here.
    private static let slow = 64 * 1_024
    private static let requestsAMinute = 60
    private static let pace = Duration.seconds(1)

    init(_ socket: WebSocketConnection, _ hub: LiveHub, _ accounts: Accounts, from address: String) {
        self.socket = socket
        self.hub = hub
        self.accounts = accounts
        self.address = address
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
        if let token { present(token) }
    }

    /// One token after the other, so that an app may send all it has to say at once.
    private func present(_ token: String) {
        let before = authentication
        authentication = Task(executorPreference: loop) {
            _ = await before?.value
            return await self.authenticate(token)
        }
    }

    func close(_ code: UInt16, _ reason: String) { socket.close(CloseCode(rawValue: code), reason) }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        isOver = true
        deadline?.cancel()
        sequence?.cancel()
        hub.remove(self)
    }

    func say(_ frame: LiveFrame) {
        guard !isOver else { return }
        socket.sendText { JSONWriter.append(frame, to: &$0) }
    }

    /// For what may be lost: a slow reader gets the newest.
    private func tell(_ frame: LiveFrame) {
        guard socket.pendingOutput > Self.slow || !queue.isEmpty else { return say(frame) }
        if queue.count >= Self.mostQueued { queue.removeFirst() }
        queue.append(frame)
    }

    func drained(_ socket: WebSocketConnection) {
        while !queue.isEmpty, socket.pendingOutput <= Self.slow { say(queue.removeFirst()) }
    }

    /// The first valid token binds the socket to its user for life.
    private func authenticate(_ token: String) async -> Bool {
        do {
            let found = try await accounts.host.callers.caller(presenting: token)
            if let caller, caller.user != found.user { return false }
            let isNew = caller == nil
            caller = found
            if isNew {
                events = .chargePoints
                hub.bind(self, to: found)
            }
            return true
        } catch { return false }
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        let now = MonotonicInstant.now
        requests.removeAll { now - $0 > .seconds(60) }
        guard requests.count < Self.requestsAMinute else { return say(.error("rate limit", code: 2017)) }
        requests.append(now)
        if text.elementsEqual("ping".utf8) {
            let authentication = authentication
            Task(executorPreference: loop) {
                _ = await authentication?.value
                await self.pong(self.caller)
            }
            return
        }
        guard let request = try? JSONReader.decode(LiveRequest.self, from: Array(text), rules: .api) else {
            return say(.error("invalid request"))
        }
        if let token = request.token, !token.isEmpty { present(token) }
        let authentication = authentication
        Task(executorPreference: loop) { await self.take(request, after: authentication) }
    }

    private func pong(_ caller: Caller?) async {
        guard let caller else { return say(LiveFrame(status: .ping, stage: .info, info: "pong")) }
        let tag = try? await accounts.tagForStart(of: ID(caller.user))
        say(LiveFrame(status: .ping, stage: .info, info: "pong \(tag ?? "")"))
    }

    private func take(_ request: LiveRequest, after authentication: Task<Bool, Never>?) async {
        let isAuthentic = await authentication?.value ?? false
        if request.token?.isEmpty == false, !isAuthentic {
            return say(.error("check token: token check failed", code: 2001))
        }
        guard let command = request.command.flatMap(LiveCommand.init) else {
            return say(.error("validation: Command ws_command"))
        }
        guard let caller else { return say(.error("check token: token check failed", code: 2001)) }
        switch command {
        case .startTransaction: await start(request, caller)
        case .stopTransaction: await stop(request, caller)
        case .checkStatus: await checkStatus(caller)
        case .listenTransaction: await listen(request, caller)
        case .stopListenTransaction: stream = nil
        case .listenChargePoints: events = .chargePoints
        case .stopListenChargePoints: if events == .chargePoints { events = .none }
        case .listenLog:
            guard caller.isPower else { return say(.error("access denied", code: 2001)) }
            events = .log
        case .stopListenLog: if events == .log { events = .none }
        case .pingConnection: await pong(caller)
        }
    }

    private func start(_ request: LiveRequest, _ caller: Caller) async {
        guard let point = request.charge_point_id, let connector = request.connector_id?.number else {
            return say(.error("validation: ChargePointId, ConnectorId required", .start, code: 2001))
        }
        var wish = StartWish(point: point, connector: connector)
        wish.car = request.car_id.flatMap { $0 > 0 ? ID($0) : nil }
        wish.target = request.target_wh.map { Energy(wattHours: Int64($0.number)) }
        wish.discount = request.discount_code
        wish.method = request.payment_method_id.flatMap { $0.isEmpty ? nil : $0 }
        do {
            let begin = BeginCharging(accounts: accounts, caller: caller, door: .socket, request: nil)
            let session = try await begin.run(wish)
            try await wait(for: PendingAction(.start, session, at: accounts.host.clock.now), caller)
        } catch {
            say(refusal(error, .start))
        }
    }

    private func stop(_ request: LiveRequest, _ caller: Caller) async {
        let number = request.transaction_id ?? 0
        do {
            let end = EndCharging(accounts: accounts, caller: caller, door: .socket, request: nil)
            let session = try await end.run(number)
            try await wait(for: PendingAction(.stop, session.number, at: accounts.host.clock.now), caller)
        } catch ChargingRefusal.noSuchSession {
            say(.error("no transaction data: \(number)", .stop, code: 2001))
        } catch {
            say(refusal(error, .stop))
        }
    }

    private func refusal(_ error: any Error, _ stage: LiveFrame.Stage) -> LiveFrame {
        let problem = (error as? any Refusal)?.problem ?? error as? Problem
        if problem == nil {
            accounts.host.log.warning("live.command_failed", ["error": .text("\(error)")])
        }
        return .error(problem?.reason ?? "service unavailable", stage, code: problem?.code ?? 2001)
    }

    private func checkStatus(_ caller: Caller) async {
        do {
            if let action = try await accounts.host.database.run(.pendingAction(of: caller.user)) {
                guard !action.isOver(at: accounts.host.clock.now) else {
                    try await accounts.host.database.run(.endAction(action, of: caller.user))
                    return say(action.timeout)
                }
                return follow(action, caller)
            }
            if stream == nil { say(.idle) }
        } catch {
            say(.error("service unavailable", code: 2001))
        }
    }

    private func wait(for action: PendingAction, _ caller: Caller) async throws {
        try await accounts.host.database.run(.keep(action, of: caller.user))
        follow(action, caller)
    }

    /// Says how long it has been, until the session says more or the time is over.
    private func follow(_ action: PendingAction, _ caller: Caller) {
        sequence?.cancel()
        pending = action
        sequence = Task(executorPreference: loop) {
            while !Task.isCancelled, !self.isOver {
                if await self.look(action, caller) { return }
                // Cancelled: the loop ends.
                try? await self.loop.sleep(for: action.kind.pace)
                guard !Task.isCancelled, self.pending == action else { return }
                if !action.isOver(at: self.accounts.host.clock.now) {
                    self.say(action.waiting(at: self.accounts.host.clock.now))
                }
            }
        }
    }

    /// True when it is over, one way or the other.
    private func look(_ action: PendingAction, _ caller: Caller) async -> Bool {
        let now = accounts.host.clock.now
        // A database that is away says nothing: the next look may.
        guard let state = try? await accounts.host.database.run(.watchedSession(action.session.number)) else {
            return false
        }
        guard let outcome = action.outcome(state) ?? (action.isOver(at: now) ? action.timeout : nil) else {
            return false
        }
        guard pending == action else { return true }
        pending = nil
        // What is left behind runs out by itself.
        _ = try? await accounts.host.database.run(.endAction(action, of: caller.user))
        say(outcome)
        return true
    }

    /// The session of the pending action has moved on.
    func moved(_ session: ID<ChargingSession>) {
        guard let pending, pending.session == session, let caller else { return }
        Task(executorPreference: loop) { _ = await self.look(pending, caller) }
    }

    private func listen(_ request: LiveRequest, _ caller: Caller) async {
        let number = request.transaction_id ?? 0
        do {
            guard let session = try await accounts.host.database.run(.watchedSession(number)),
                session.isFor(caller)
            else { return say(.error("no transaction data: \(number)", .info, code: 2001)) }
            if stream?.session == session.number { return }
            guard !session.isFinished else { return say(Self.stopped(session.number)) }
            stream = (session.number, .distantPast, nil)
            hub.watch(session.number, self)
        } catch {
            say(.error("service unavailable", code: 2001))
        }
    }

    private static func stopped(_ session: ID<ChargingSession>) -> LiveFrame {
        LiveFrame(status: .success, stage: .stop, info: "Transaction stopped: \(session)", id: session.number)
    }

    /// Each sample once, at least a second apart; of those in between the newest is sent when the second is over.
    func hear(_ reading: ReadingsStored.Reading) {
        guard var stream, stream.session == reading.session, reading.takenAt > stream.taken else { return }
        stream.taken = reading.takenAt
        let frame = Self.value(reading)
        let now = MonotonicInstant.now
        if let sent = stream.sent, now - sent < Self.pace {
            if held == nil {
                loop.schedule(after: Self.pace - (now - sent)) { [weak self] in self?.sendHeld() }
            }
            held = frame
        } else {
            stream.sent = now
            tell(frame)
        }
        self.stream = stream
    }

    private func sendHeld() {
        guard let frame = held else { return }
        held = nil
        stream?.sent = .now
        tell(frame)
    }

    private static func value(_ reading: ReadingsStored.Reading) -> LiveFrame {
        let status = reading.status?.word ?? "Charging"
        var frame = LiveFrame(status: .value, stage: .info, info: "Energy.Active.Import.Register")
        frame.id = reading.session.number
        frame.power = reading.energy.wattHours
        frame.power_rate = reading.powerW ?? 0
        frame.soc = reading.stateOfCharge
        frame.price = reading.price.minorUnits
        frame.minute = reading.minute
        frame.connector_id = reading.place.number
        frame.connector_status = status
        frame.meter_value = LiveSample(
            transaction_id: reading.session.number, value: reading.register.wattHours,
            power_rate: reading.powerW ?? 0, battery_level: reading.stateOfCharge ?? 0,
            consumed_energy: reading.energy.wattHours, price: reading.price.minorUnits, time: reading.takenAt,
            timestamp: Int64(reading.takenAt.timeIntervalSince1970), minute: reading.minute, unit: "Wh",
            measurand: "Energy.Active.Import.Register", connector_id: reading.place.number,
            connector_status: status)
        return frame
    }

    /// The session that it watches is over.
    func over(_ session: ID<ChargingSession>) {
        moved(session)
        guard stream?.session == session else { return }
        sendHeld()
        stream = nil
        say(Self.stopped(session))
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
