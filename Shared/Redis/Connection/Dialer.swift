import Core
import Sockets

/// Keeps one connection open: resolves, connects, introduces itself, and after a loss does it again with growing pauses.
///
/// Touched on its loop's thread only; this confinement is what `@unchecked Sendable` stands for.
final class Dialer: @unchecked Sendable {
    enum State {
        /// Not started, or stopped.
        case idle
        case connecting
        case ready(Wire)
        /// Away: waiting for the next try.
        case pausing(Deadline)
    }

    private(set) var state = State.idle
    private let settings: RedisSettings
    private let loop: EventLoop
    private var failures = 0
    /// Kept, because it remembers which of them answered.
    private var sentinels: Sentinels?
    private var wire: Wire?
    private var patience: Deadline?
    /// Tells a try from an earlier one whose end comes late.
    private var attempt = 0
    var onReady: ((Wire) -> Void)?
    /// A try has failed, or an open connection has ended.
    var onGone: ((RedisError) -> Void)?

    init(_ settings: RedisSettings, on loop: EventLoop) {
        self.settings = settings
        self.loop = loop
    }

    func start() {
        guard case .idle = state else { return }
        dial()
    }

    func stop() {
        if case .pausing(let deadline) = state { deadline.cancel() }
        state = .idle
        attempt += 1
        patience?.cancel()
        hangUp()
        onReady = nil
        onGone = nil
    }

    private func dial() {
        state = .connecting
        attempt += 1
        let attempt = attempt
        patience = loop.schedule(after: settings.limits.connect) { [weak self] in
            self?.failed("There was no answer in time.", in: attempt)
        }
        Task.immediate(executorPreference: loop) { [self] in
            do {
                let address = try await resolve()
                guard attempt == self.attempt else { return }
                try connect(to: address, attempt)
            } catch {
                failed((error as? RedisError)?.message ?? "\(error)", in: attempt)
            }
        }
    }

    private func resolve() async throws -> WireAddress {
        switch settings.endpoint {
        case .path(let path): return .path(path)
        case .host(let host, let port): return try await .resolving(RedisSettings.Place(host, port: port))
        case .sentinels(let places, let master):
            let sentinels =
                sentinels
                ?? Sentinels(places, master: master, password: settings.sentinelPassword, on: loop)
            self.sentinels = sentinels
            return try await .resolving(sentinels.whereMasterIs())
        }
    }

    private func connect(to address: WireAddress, _ attempt: Int) throws(RedisError) {
        let wire = try Wire(to: address, on: loop)
        self.wire = wire
        wire.onGone = { [weak self] reason in self?.failed(reason, in: attempt) }
        wire.onConnected = { [weak self] in self?.introduce(on: wire, attempt) }
    }

    /// Logs in, and asks for a sign of life: a server that still reads its file says so here.
    private func introduce(on wire: Wire, _ attempt: Int) {
        var greetings: [Words] = []
        if let password = settings.password {
            greetings.append(
                (settings.user.map { Command<Bool>("AUTH", $0, password) } ?? Command("AUTH", password)).words
            )
        }
        if settings.database != 0 { greetings.append(Command<Bool>("SELECT", settings.database).words) }
        greetings.append(Command<Bool>("CLIENT", "SETNAME", settings.name).words)
        greetings.append(Command<String>.ping.words)
        // What sentinels say may be a moment old.
        if sentinels != nil { greetings.append(Command<Reply>("ROLE").words) }
        var missing = greetings.count
        for greeting in greetings {
            let pending = Pending()
            pending.whenEnded { [weak self] answer in
                switch answer {
                case .success(.array(let role)) where role.first?.text != "master":
                    self?.failed("The sentinels named a server that is a replica.", in: attempt)
                case .success:
                    missing -= 1
                    if missing == 0 { self?.opened(wire, attempt) }
                case .failure(let error):
                    self?.failed((error as? RedisError)?.message ?? "\(error)", in: attempt)
                }
            }
            wire.send(greeting, pending)
        }
    }

    private func opened(_ wire: Wire, _ attempt: Int) {
        guard attempt == self.attempt else { return }
        patience?.cancel()
        failures = 0
        state = .ready(wire)
        onReady?(wire)
    }

    /// The connection says nothing any more: gives it up, so that a new one is tried.
    func suspect(_ wire: Wire) {
        guard case .ready(let present) = state, present === wire else { return }
        failed("It stopped answering.", in: attempt)
    }

    private func failed(_ reason: String, in attempt: Int) {
        guard attempt == self.attempt else { return }
        self.attempt += 1
        failures += 1
        patience?.cancel()
        state = .pausing(loop.schedule(after: pause) { [weak self] in self?.dial() })
        hangUp()
        onGone?(RedisError(.unavailable, "Redis is away: \(reason)"))
    }

    private func hangUp() {
        let wire = wire
        self.wire = nil
        wire?.close()
    }

    /// Half to all of the doubled pause, so that a fleet does not come back in step.
    private var pause: Duration {
        let limits = settings.limits
        let doubled = limits.firstReconnect * (1 << min(failures - 1, 16))
        return min(doubled, limits.longestReconnect) * Double.random(in: 0.5...1)
    }
}
