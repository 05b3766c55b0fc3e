import Core
import Sockets

/// The commands of one loop, on one connection: pipelined, bounded, each with a deadline.
actor CommandLane {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let limits: RedisSettings.Limits
    private let dialer: Dialer
    /// What came while the connection was being opened.
    private var waiting: [(words: Words, pending: Pending)] = []
    private var inFlight = 0
    private var isClosed = false
    private var absence = RedisError(.unavailable, "Redis is away.")

    init(_ settings: RedisSettings, on loop: EventLoop) {
        self.loop = loop
        limits = settings.limits
        dialer = Dialer(settings, on: loop)
    }

    func start() {
        guard !isClosed, case .idle = dialer.state else { return }
        dialer.onReady = { [weak self] _ in self?.assumeIsolated { $0.sendWaiting() } }
        dialer.onGone = { [weak self] error in self?.assumeIsolated { $0.failWaiting(error) } }
        dialer.start()
    }

    func run(_ words: Words, within patience: Duration?) async throws -> Reply {
        let pending = Pending()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                pending.whenEnded { continuation.resume(with: $0) }
                submit(words, pending, within: patience ?? limits.command)
            }
        } onCancel: {
            loop.execute { pending.fail(CancellationError()) }
        }
    }

    /// Sends without waiting for what comes of it.
    func post(_ words: Words) {
        submit(words, Pending(), within: limits.command)
    }

    private func submit(_ words: Words, _ pending: Pending, within patience: Duration) {
        guard !pending.hasEnded else { return }
        start()
        guard inFlight + waiting.count < limits.inFlight else {
            return pending.fail(RedisError(.overloaded, "Too many commands wait for Redis."))
        }
        switch dialer.state {
        case .ready(let wire): send(words, pending, on: wire)
        case .connecting: waiting.append((words, pending))
        case .idle, .pausing: return pending.fail(absence)
        }
        guard !pending.hasEnded else { return }
        pending.expire(
            by: loop.schedule(after: patience) { [weak self, weak pending] in
                guard let pending else { return }
                self?.assumeIsolated { $0.expired(pending, words.name, after: patience) }
            })
    }

    private func send(_ words: Words, _ pending: Pending, on wire: Wire) {
        inFlight += 1
        wire.send(words, pending) { [weak self] in self?.assumeIsolated { $0.inFlight -= 1 } }
    }

    private func expired(_ pending: Pending, _ name: String, after patience: Duration) {
        pending.fail(RedisError(.deadlineExceeded, "\(name) was not answered in time."))
        guard case .ready(let wire) = dialer.state, let before = pending.arrivalsBefore else { return }
        let rest = limits.command - patience
        let suspect = ObjectIdentifier(wire)
        guard rest > .zero else { return doubt(suspect, since: before) }
        // A caller in a hurry proves nothing about the peer yet.
        _ = loop.schedule(after: rest) { [weak self] in
            self?.assumeIsolated { $0.doubt(suspect, since: before) }
        }
    }

    /// Not one byte since a command was sent: the peer is dead, and so are the commands behind that one.
    private func doubt(_ suspect: ObjectIdentifier, since before: UInt64) {
        guard case .ready(let wire) = dialer.state, ObjectIdentifier(wire) == suspect else { return }
        if wire.arrivals == before { dialer.suspect(wire) }
    }

    private func sendWaiting() {
        guard case .ready(let wire) = dialer.state else { return }
        let ready = waiting
        waiting.removeAll()
        for (words, pending) in ready where !pending.hasEnded { send(words, pending, on: wire) }
    }

    private func failWaiting(_ error: RedisError) {
        absence = error
        let failed = waiting
        waiting.removeAll()
        for (_, pending) in failed { pending.fail(error) }
    }

    var isConnected: Bool {
        if case .ready = dialer.state { true } else { false }
    }

    func close() {
        isClosed = true
        absence = RedisError(.unavailable, "The connection to Redis was closed.")
        dialer.stop()
        failWaiting(absence)
    }
}
