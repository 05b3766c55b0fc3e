import Contracts
import Core
import Foundation
import Hosting
import OCPP
import Postgres
import Sockets
import Telemetry
import WebSocket

/// One station's socket: its messages in order, one at a time, and our own calls beside them. Confined to its loop, which is
/// what `@unchecked Sendable` stands for.
final class StationLink: WebSocketHandler, @unchecked Sendable {
    private enum Phase {
        /// Connected, but not yet believed: a probe that says nothing takes nobody's place.
        case probing
        case live
        case ended
    }

    let id: ChargePointID
    let version: OCPPVersion
    let generation: Int64
    let socket: WebSocketConnection
    private let gateway: Gateway
    /// As the registry has it; renewed when the entry changes.
    var station: Station
    /// What its connectors said last, so that repeats cost nothing.
    var lastStatus: [Int: StatusEdge] = [:]
    /// Unfinished sessions by connector.
    var sessions: [Int: LiveSession] = [:]
    /// Connectors that the registry has or has been told of.
    var knownConnectors: Set<Int> = []
    /// A boot's follow-up waits or runs; another boot meanwhile begins no second one.
    var isFollowedUp = false
    /// Its list of tags is being brought up to date; what changes meanwhile is looked at once more.
    var isListing = false
    var listIsBehind = false
    /// Seconds between its heartbeats: how long it may be silent hangs on it.
    var interval: Int
    /// When it last sent a message; a pong proves a socket, not a station.
    private(set) var heardAt: Date
    /// When that was last written down.
    var notedAt: Date?
    /// Writes down that the station is here; its end is written after that. Nil when it is done: a finished task that is kept
    /// keeps its stack, which is five kilobytes for each station.
    private(set) var settling: Task<Void, Never>?

    private var phase = Phase.probing
    private var inbox: [OCPPFrame] = []
    private var isBusy = false
    private var isPaused = false
    /// Why it goes once everything is answered.
    private var leaving: (reason: String, code: CloseCode)?
    private var resuming: Deadline?
    private var answered: [Answered] = []
    private var lastHeartbeat: (id: MessageID, at: Date)?
    private var pending: PendingCalls<UInt64>
    private var waiting: [UInt64: CheckedContinuation<CallOutcome, Never>] = [:]
    private var answers: [UInt64: OCPPFrame] = [:]
    private var lastTicket: UInt64 = 0
    private var deadline: Deadline?
    private var bucket: TokenBucket

    /// Messages that wait behind the one in work before reading pauses.
    private static let mostWaiting = 16
    /// Answers that are remembered by message id, for repeats within the connection.
    private static let mostAnswered = 16
    /// A new connection that says nothing takes over after this time (ocpp.md, Endpoint).
    private static let takeover = Duration.seconds(5)

    init(
        _ socket: WebSocketConnection, _ station: Station, _ version: OCPPVersion, generation: Int64,
        gateway: Gateway
    ) {
        self.socket = socket
        self.station = station
        self.version = version
        self.generation = generation
        self.gateway = gateway
        id = station.id
        interval = Int(gateway.settings.heartbeat.components.seconds)
        heardAt = gateway.host.clock.now
        var limits = PendingCalls<UInt64>.Limits()
        limits.answer = gateway.settings.commandTimeout
        pending = PendingCalls(limits: limits)
        bucket = TokenBucket(
            perSecond: gateway.settings.ratePerSecond, burst: gateway.settings.rateBurst, at: .now)
        knownConnectors = Set(station.connectors.map(Int.init))
    }

    var loop: EventLoop { socket.loop }
    var isOpen: Bool { phase != .ended && socket.isOpen }

    /// Without a message for longer it is offline (ocpp.md, Silence).
    var silence: TimeInterval { TimeInterval(interval + 30) }

    func begin() {
        socket.handler = self
        deadline = loop.schedule(after: Self.takeover) { [weak self] in self?.claim() }
    }

    /// Takes the place of an older connection, and writes down that it is here. Messages wait until that is done.
    private func claim() {
        guard phase == .probing else { return }
        phase = .live
        deadline?.cancel()
        isBusy = true
        guard gateway.links.put(self) else { return retire("a newer connection is here") }
        settling = Task(executorPreference: loop) {
            await self.gateway.settle(self)
            self.settling = nil
            self.isBusy = false
            self.workOn()
        }
    }

    /// Another connection of this station is newer, or the registry wants it gone.
    func retire(_ reason: String, _ code: CloseCode = .normal) {
        guard phase != .ended else { return }
        socket.close(code, reason)
    }

    /// Hears nothing more, and goes when what it has heard is answered. The caller's deadline ends what does not end.
    func leave(_ reason: String, _ code: CloseCode) {
        guard phase == .live else { return retire(reason, code) }
        leaving = (reason, code)
        resuming?.cancel()
        socket.pauseReading()
        goWhenDone()
    }

    private func goWhenDone() {
        guard let leaving, !isBusy, inbox.isEmpty else { return }
        retire(leaving.reason, leaving.code)
    }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        let wasLive = phase == .live
        phase = .ended
        deadline?.cancel()
        resuming?.cancel()
        inbox = []
        perform(pending.connectionEnded())
        guard wasLive, gateway.links.remove(self) else { return }
        Task(executorPreference: loop) {
            await self.settling?.value
            await self.gateway.leave(self)
        }
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        if phase == .probing { claim() }
        guard phase == .live else { return }
        heardAt = gateway.host.clock.now
        do throws(FrameMistake) {
            let frame = try gateway.readers.read(text.span, as: version, on: loop)
            switch frame.kind {
            case .call: take(frame)
            case .result, .error: hear(frame)
            case .send, .resultError: break
            }
        } catch {
            refuse(error, text)
        }
        // Whatever it was: answers to nothing and frames that cannot be read take time, too.
        slowDown()
    }

    private func refuse(_ mistake: FrameMistake, _ text: UnsafeBufferPointer<UInt8>) {
        gateway.figures.heardNonsense()
        let raw = String(decoding: text.prefix(Gateway.quarantinedBytes), as: UTF8.self)
        gateway.quarantine(id, raw, "\(mistake.error.code.word(in: version)): \(mistake.error.description)")
        if mistake.wasAnswer {
            // The call will get no other answer.
            perform(pending.received(answerTo: mistake.id, at: .now))
        } else {
            send(mistake.error, to: mistake.id, action: "")
        }
    }

    private func take(_ frame: OCPPFrame) {
        inbox.append(frame)
        workOn()
    }

    private func slowDown() {
        let wait = bucket.take(at: .now)
        guard !isPaused, phase == .live, wait > .zero || inbox.count > Self.mostWaiting else { return }
        isPaused = true
        socket.pauseReading()
        gateway.figures.slowed.add()
        if wait > .zero { resume(after: wait) }
    }

    private func resume(after wait: Duration) {
        resuming?.cancel()
        resuming = loop.schedule(after: wait) { [weak self] in self?.resumeIfReady() }
    }

    private func resumeIfReady() {
        guard isPaused, phase == .live, leaving == nil, inbox.count <= Self.mostWaiting / 4 else { return }
        let wait = bucket.wait(at: .now)
        guard wait <= .zero else { return resume(after: wait) }
        isPaused = false
        socket.resumeReading()
    }

    /// One message is finished before the next begins.
    private func workOn() {
        while !isBusy, phase == .live, !inbox.isEmpty {
            let frame = inbox.removeFirst()
            if answerAtOnce(frame) { continue }
            isBusy = true
            Task.immediate(executorPreference: loop) {
                await self.answer(frame)
                self.isBusy = false
                self.workOn()
            }
        }
        if isPaused { resumeIfReady() }
        goWhenDone()
    }

    /// Heartbeats need nobody: they are answered where they arrive.
    private func answerAtOnce(_ frame: OCPPFrame) -> Bool {
        guard frame.action == V16.Action.heartbeat.rawValue, station.isApproved,
            (try? frame.decode(V16.Heartbeat.Request.self)) != nil
        else { return false }
        let now = lastHeartbeat.flatMap { $0.id == frame.id ? $0.at : nil } ?? heardAt
        lastHeartbeat = (frame.id, now)
        socket.sendText { bytes in
            OCPPFrameWriter.result(
                of: V16.Heartbeat.self, .init(currentTime: now), id: frame.id, into: &bytes)
        }
        gateway.figures.heartbeats.add()
        return true
    }

    private func answer(_ frame: OCPPFrame) async {
        let begin = MonotonicInstant.now
        let received = gateway.host.clock.now
        gateway.frames.note(frame, of: id, at: received)
        let result: String
        if let known = answered.first(where: { $0.isRepeated(by: frame) }) {
            result = "repeated"
            send(payload: known.payload, to: frame.id, action: frame.action)
        } else {
            result = await answerAnew(frame, received)
        }
        gateway.figures.heard(frame.action, result, within: .now - begin)
        guard gateway.host.log.writes(.debug) else { return }
        var event = LogEvent("ocpp.message", .debug, ["charge_point": .text(id.text)])
        event["action"] = .text(frame.action)
        event["message"] = .text(frame.id.text)
        event["outcome"] = .text(result)
        event["ms"] = .milliseconds(MonotonicInstant.now - begin)
        gateway.host.log.write(event)
    }

    /// Answers in a word what became of it.
    private func answerAnew(_ frame: OCPPFrame, _ received: Date) async -> String {
        while true {
            do {
                let action = try V16.Action.read(frame.action, from: .station, offered: Answering.offered)
                guard let answering = Answering.table[action] else {
                    throw CallError(.notSupported, "\(frame.action) is not offered here")
                }
                try mayTalk(action, frame)
                let payload = try await answering.run(gateway, self, frame, received)
                remember(frame, payload)
                send(payload: payload, to: frame.id, action: frame.action)
                return "answered"
            } catch let error as CallError {
                return refuse(frame, error)
            } catch let mistakes as JSONMistakes {
                gateway.quarantine(id, frame, mistakes.description)
                return refuse(frame, CallError(mistakes))
            } catch let error as DatabaseError where error.isUnavailable {
                // Nothing is confirmed before it is stored: the answer waits, and behind it the station.
                guard isOpen else { return "lost" }
                do { try await loop.sleep(for: .milliseconds(500)) } catch { return "lost" }
                guard isOpen else { return "lost" }
            } catch {
                var event = LogEvent("station.answer_failed", .error, ["charge_point": .text(id.text)])
                event["action"] = .text(frame.action)
                event.fail(error)
                gateway.host.log.write(event)
                return refuse(frame, CallError(.internalError, "internal error"))
            }
        }
    }

    /// Until an operator has approved it, a station may only introduce itself.
    private func mayTalk(_ action: V16.Action, _ frame: OCPPFrame) throws(CallError) {
        guard !station.isApproved, action != .bootNotification, action != .heartbeat else { return }
        gateway.quarantine(id, frame, "the charge point is not approved")
        throw CallError(.securityError, "the charge point is not approved")
    }

    private func refuse(_ frame: OCPPFrame, _ error: CallError) -> String {
        send(error, to: frame.id, action: frame.action)
        return error.code.word(in: version)
    }

    private func remember(_ frame: OCPPFrame, _ payload: [UInt8]) {
        if answered.count >= Self.mostAnswered { answered.removeFirst() }
        answered.append(Answered(frame, payload))
    }

    private func send(payload: [UInt8], to id: MessageID, action: String) {
        socket.sendText { OCPPFrameWriter.result(payload: payload, id: id, into: &$0) }
        gateway.frames.noteAnswer(payload, to: id, action: action, of: self.id)
    }

    private func send(_ error: CallError, to id: MessageID, action: String) {
        let version = version
        socket.sendText { OCPPFrameWriter.error(error, id: id, in: version, into: &$0) }
        gateway.frames.noteError(
            error.code.word(in: version), error.description, to: id, action: action, of: self.id)
    }

    /// Asks the station, behind what was asked before. Callable from anywhere.
    func call(
        _ action: V16.Action, _ payload: [UInt8], first: Bool = false
    ) async -> CallOutcome {
        await Task(executorPreference: loop) { await self.callHere(action, payload, first) }.value
    }

    private func callHere(_ action: V16.Action, _ payload: [UInt8], _ first: Bool) async -> CallOutcome {
        guard isOpen else { return .failed(.lost(wasSent: false)) }
        lastTicket += 1
        let ticket = lastTicket
        guard let message = MessageID("\(generation)-\(ticket)") else { return .failed(.neverSent) }
        var frame: [UInt8] = []
        OCPPFrameWriter.call(action: action.rawValue, payload: payload, id: message, into: &frame)
        let submission = PendingCalls<UInt64>.Submission(
            ticket: ticket, id: message, frame: frame, priority: first ? .endsTransaction : .ordinary,
            sendBy: .now + gateway.settings.commandTimeout + .seconds(2))
        gateway.frames.noteCall(payload, id: message, action: action.rawValue, of: id)
        return await withCheckedContinuation { continuation in
            waiting[ticket] = continuation
            perform(pending.submit(submission, at: .now))
        }
    }

    private func hear(_ frame: OCPPFrame) {
        gateway.frames.note(frame, of: id, at: gateway.host.clock.now)
        let actions = pending.received(answerTo: frame.id, at: .now)
        for case .deliver(let ticket) in actions { answers[ticket] = frame }
        perform(actions)
    }

    private func perform(_ actions: [PendingCalls<UInt64>.Action]) {
        for action in actions {
            switch action {
            case .send(let frame): socket.sendText { $0.append(contentsOf: frame) }
            case .deliver(let ticket):
                let outcome = answers.removeValue(forKey: ticket).map(CallOutcome.init) ?? .failed(.noAnswer)
                waiting.removeValue(forKey: ticket)?.resume(returning: outcome)
            case .fail(let ticket, let failure):
                waiting.removeValue(forKey: ticket)?.resume(returning: .failed(failure))
            case .reportStray(let message):
                gateway.log(id, "WebSocket", "an answer to nothing that was asked: \(message)", .warning)
            }
        }
        guard phase == .live, let next = pending.nextDeadline else { return }
        deadline?.cancel()
        deadline = loop.schedule(at: next) { [weak self] in
            guard let self else { return }
            perform(pending.passed(.now))
        }
    }
}

/// A message that was answered. A station that repeats it gets the same answer; one that uses an old number for something
/// new means the new.
private struct Answered {
    let id: MessageID
    let action: String
    let asked: Int
    let payload: [UInt8]

    init(_ frame: OCPPFrame, _ payload: [UInt8]) {
        id = frame.id
        action = frame.action
        asked = Self.digest(of: frame)
        self.payload = payload
    }

    func isRepeated(by frame: OCPPFrame) -> Bool {
        id == frame.id && action == frame.action && asked == Self.digest(of: frame)
    }

    /// Of all bytes at once: byte by byte, hashing took as long as reading the JSON.
    private static func digest(of frame: OCPPFrame) -> Int {
        var hasher = Hasher()
        frame.payloadText.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

/// What came of a call to a station.
enum CallOutcome: Sendable {
    /// The CALLRESULT's payload as JSON text.
    case answered([UInt8])
    case refused(CallError)
    case failed(PendingCalls<UInt64>.Failure)

    init(_ frame: OCPPFrame) {
        if let error = frame.error {
            self = .refused(error)
        } else {
            self = .answered(Array(frame.payloadText))
        }
    }
}
