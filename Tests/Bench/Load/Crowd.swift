import Core
import Foundation
import HTTP
import Sockets
import StationSimulator
import WebSocket

/// All stations of a load run: how they come, what they say, and what that took. Nothing of it is touched off its loop.
final class Crowd: @unchecked Sendable {
    private let options: LoadOptions
    private let central: CentralSystem
    private let loop: EventLoop
    private var words = Words()
    private var talkers: [Talker] = []
    /// The next to connect.
    private var coming = 0
    private var isTalking = false
    private var isLeaving = false
    private(set) var messageBytes = 0
    private(set) var latencies = Latencies()
    /// What went wrong, and how often.
    private(set) var failures: [String: Int] = [:]

    init(_ options: LoadOptions, _ central: CentralSystem, on loop: EventLoop) {
        self.options = options
        self.central = central
        self.loop = loop
    }

    var connected: Int { talkers.count(where: \.isOpen) }

    func failed(_ what: String) {
        guard failures.count < 100 || failures[what] != nil else {
            return failures["others", default: 0] += 1
        }
        failures[what, default: 0] += 1
    }

    func left(_ ending: Ending) {
        if !isLeaving { failed("the connection ended: \(ending)") }
    }

    // Coming.

    /// Connects, boots and, where it takes that, begins a transaction.
    func arrive() async {
        talkers = (1...options.stations).map { Talker($0, options.ids[$0], in: self) }
        let began = MonotonicInstant.now
        await withCheckedContinuation { done in
            let countdown = Countdown(from: talkers.count, then: done)
            // As many handshakes at once as no backlog minds.
            for _ in 0..<64 { next(of: countdown, since: began) }
        }
    }

    private func next(of countdown: Countdown, since began: MonotonicInstant) {
        guard coming < talkers.count else { return }
        let talker = talkers[coming]
        coming += 1
        let wait = options.ramp > 0 ? Duration.seconds(1) * coming / options.ramp : .zero
        loop.schedule(at: began + wait) { [self] in
            Task.immediate(executorPreference: loop) {
                await self.arrive(talker)
                countdown.step()
                self.next(of: countdown, since: began)
            }
        }
    }

    /// A central system that all ask at once may say: later. A station comes later, a few times.
    private func connection(as identity: String) async throws -> WebSocketConnection {
        var headers = Headers()
        if let password = options.password {
            let credentials = Data("\(identity):\(password)".utf8).base64EncodedString()
            headers.add("Authorization", "Basic \(credentials)")
        }
        var limits = WebSocketLimits()
        // The gateway's own pings are traffic enough.
        limits.pingInterval = nil
        var attempt = 1
        while true {
            do {
                return try await .open(
                    central.target(of: identity), at: central.address, on: loop, headers: headers,
                    subprotocols: central.subprotocols, limits: limits)
            } catch HandshakeFailure.refused(let answer)
                where attempt < 5 && (answer.status == 503 || answer.status == 504)
            {
                try await loop.sleep(for: .seconds(attempt))
                attempt += 1
            }
        }
    }

    private func arrive(_ talker: Talker) async {
        do {
            talker.begin(try await connection(as: talker.identity))
        } catch HandshakeFailure.refused(let answer) {
            return failed("refused with \(answer.status)")
        } catch {
            return failed("\(error)")
        }
        guard let answer = await talker.ask({ words.boot($0, talker.identity, to: &$1) }),
            answer.contains("Accepted")
        else { return failed("not accepted") }
        guard options.kind == .meter || options.kind == .mix else { return }
        let started = await talker.ask { words.start($0, tag: options.tag, to: &$1) }
        guard let started, started.contains("Accepted"), let number = started.number(behind: "transactionId")
        else {
            return failed(started.map { String(decoding: $0, as: UTF8.self) } ?? "no transaction")
        }
        talker.transaction = number
        talker.transactionBegan = loop.now
    }

    // Talking.

    func beginTalking() {
        isTalking = true
        let now = loop.now
        let open = talkers.filter(\.isOpen)
        guard let rate = options.rate else {
            for talker in open { talker.say(dueAt: now) }
            return
        }
        guard !open.isEmpty else { return }
        var said = 0
        func goOn() {
            guard isTalking else { return }
            let due = Int(Double((loop.now - now).wholeNanoseconds) / 1e9 * Double(rate))
            while said < due {
                said += 1
                open[said % open.count].say(dueAt: now + .seconds(1) * said / rate)
            }
            loop.schedule(after: .milliseconds(1)) { goOn() }
        }
        goOn()
    }

    func resetFigures() {
        latencies = Latencies()
        failures = [:]
    }

    /// Says no more, and waits a while for what is under way.
    func endTalking() async {
        isTalking = false
        for talker in talkers { talker.forgetWhatWaits() }
        let patience = loop.now + .seconds(10)
        while talkers.contains(where: \.isWaiting), MonotonicInstant.now < patience {
            // Nobody cancels this.
            try? await loop.sleep(for: .milliseconds(10))
        }
        let unanswered = talkers.count(where: \.isWaiting)
        if unanswered > 0 { failures["not answered", default: 0] += unanswered }
    }

    func write(_ id: Int, for talker: Talker, to bytes: inout [UInt8]) {
        let start = bytes.count
        switch kind(of: id) {
        case .status: words.status(id, to: &bytes)
        case .meter:
            words.meter(
                id, transaction: talker.transaction, seconds: seconds(of: talker), to: &bytes)
        default: words.heartbeat(id, to: &bytes)
        }
        messageBytes = max(messageBytes, bytes.count - start)
    }

    private func kind(of id: Int) -> LoadOptions.Kind {
        guard options.kind == .mix else { return options.kind }
        return switch id % 10 {
        case 0: .status
        case 1...3: .heartbeat
        default: .meter
        }
    }

    private func seconds(of talker: Talker) -> Double {
        Double((loop.now - talker.transactionBegan).wholeNanoseconds) / 1e9
    }

    func answered(_ talker: Talker, _ due: MonotonicInstant) {
        let now = loop.now
        latencies.add(now - due)
        if isTalking, options.rate == nil { talker.say(dueAt: now) }
    }

    // Leaving.

    func leave() async {
        let waiting = talkers.filter { $0.transaction > 0 && $0.isOpen && !$0.isWaiting }
        if !waiting.isEmpty {
            await withCheckedContinuation { done in
                let countdown = Countdown(from: waiting.count, then: done)
                for talker in waiting {
                    Task.immediate(executorPreference: loop) {
                        let began = self.seconds(of: talker)
                        _ = await talker.ask {
                            self.words.stop($0, transaction: talker.transaction, seconds: began, to: &$1)
                        }
                        countdown.step()
                    }
                }
            }
        }
        isLeaving = true
        for talker in talkers { talker.socket?.close() }
        let patience = MonotonicInstant.now + .seconds(5)
        while connected > 0, MonotonicInstant.now < patience {
            // Nobody cancels this.
            try? await loop.sleep(for: .milliseconds(10))
        }
    }
}

/// Goes on when all have come; touched on the crowd's loop only.
private final class Countdown: @unchecked Sendable {
    private var left: Int
    private let done: CheckedContinuation<Void, Never>

    init(from count: Int, then done: CheckedContinuation<Void, Never>) {
        left = count
        self.done = done
    }

    func step() {
        left -= 1
        if left == 0 { done.resume() }
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: StaticString) -> Bool {
        String(decoding: self, as: UTF8.self).contains("\(text)")
    }

    /// `"name":17`
    fileprivate func number(behind name: String) -> Int? {
        let text = String(decoding: self, as: UTF8.self)
        guard let name = text.range(of: "\"\(name)\"") else { return nil }
        return Int(text[name.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber })
    }
}
