import Core
import Sockets

/// All subscriptions of a process, on one connection: subscribed again by themselves after every loss.
actor SubscriptionLane {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let limits: RedisSettings.Limits
    private let dialer: Dialer
    private var listeners: [Int: Listener] = [:]
    private var numbers: [Topic: [Int]] = [:]
    /// What Redis has confirmed on the present connection.
    private var confirmed: Set<Topic> = []
    private var nextNumber = 1
    private var isClosed = false
    private var heartbeat: Deadline?
    /// Subscribed all the time: asking for it again is the only question that a subscribing connection answers.
    private let pulse = Topic.channel("vb.pulse.\(UInt64.random(in: .min ... .max))")

    private struct Listener {
        let topics: [Topic]
        let deliver: @Sendable (SubscriptionSignal) -> Void
        var isLive = false
    }

    init(_ settings: RedisSettings, on loop: EventLoop) {
        self.loop = loop
        limits = settings.limits
        dialer = Dialer(settings, on: loop)
    }

    func add(_ topics: [Topic], _ deliver: @escaping @Sendable (SubscriptionSignal) -> Void) -> Int {
        let number = nextNumber
        nextNumber += 1
        listeners[number] = Listener(topics: topics, deliver: deliver)
        let new = topics.filter { numbers[$0] == nil }
        for topic in topics { numbers[topic, default: []].append(number) }
        if case .ready(let wire) = dialer.state { subscribe(new, on: wire) } else { start() }
        announceLive([number])
        return number
    }

    func remove(_ number: Int) {
        guard let listener = listeners.removeValue(forKey: number) else { return }
        for topic in listener.topics {
            numbers[topic]?.removeAll { $0 == number }
            guard numbers[topic]?.isEmpty == true else { continue }
            numbers[topic] = nil
            confirmed.remove(topic)
            if case .ready(let wire) = dialer.state { wire.sendSubscription(topic.leaving) }
        }
    }

    private func start() {
        guard !isClosed, case .idle = dialer.state else { return }
        dialer.onReady = { [weak self] wire in self?.assumeIsolated { $0.connected() } }
        dialer.onGone = { [weak self] _ in self?.assumeIsolated { $0.lost() } }
        dialer.start()
    }

    private func connected() {
        guard case .ready(let wire) = dialer.state else { return }
        wire.onMessage = { [weak self] message in self?.assumeIsolated { $0.arrived(message) } }
        subscribe([pulse] + numbers.keys, on: wire)
        listenForPulse(since: wire.arrivals)
    }

    private func subscribe(_ topics: [Topic], on wire: Wire) {
        for topic in topics { wire.sendSubscription(topic.joining) }
    }

    private func lost() {
        heartbeat?.cancel()
        confirmed.removeAll()
        for number in listeners.keys.sorted() where listeners[number]?.isLive == true {
            listeners[number]?.isLive = false
            listeners[number]?.deliver(.lost)
        }
    }

    private func arrived(_ message: [Reply]) {
        guard let kind = message.first?.text else { return }
        switch kind {
        case "message":
            guard message.count == 3, let channel = message[1].text, case .bytes(let bytes) = message[2]
            else {
                return
            }
            deliver(SubscriptionMessage(channel: channel, bytes: bytes), to: .channel(channel))
        case "pmessage":
            guard message.count == 4, let pattern = message[1].text, let channel = message[2].text,
                case .bytes(let bytes) = message[3]
            else { return }
            deliver(SubscriptionMessage(channel: channel, bytes: bytes), to: .pattern(pattern))
        case "subscribe", "psubscribe":
            guard message.count == 3, let name = message[1].text else { return }
            let topic: Topic = kind == "subscribe" ? .channel(name) : .pattern(name)
            // Left again before this came, or the pulse.
            guard let waiting = numbers[topic] else { return }
            confirmed.insert(topic)
            announceLive(waiting)
        default: break
        }
    }

    private func deliver(_ message: SubscriptionMessage, to topic: Topic) {
        for number in numbers[topic] ?? [] { listeners[number]?.deliver(.message(message)) }
    }

    private func announceLive(_ candidates: [Int]) {
        for number in candidates {
            guard let listener = listeners[number], !listener.isLive,
                listener.topics.allSatisfy(confirmed.contains)
            else { continue }
            listeners[number]?.isLive = true
            listener.deliver(.live)
        }
    }

    /// A connection that heard nothing since the last look is asked once, and given up when even that stays unanswered.
    private func listenForPulse(since before: UInt64, hasAsked: Bool = false) {
        heartbeat = loop.schedule(after: hasAsked ? limits.command : limits.keepAlive) { [weak self] in
            self?.assumeIsolated { $0.lookForPulse(since: before, hasAsked: hasAsked) }
        }
    }

    private func lookForPulse(since before: UInt64, hasAsked: Bool) {
        guard case .ready(let wire) = dialer.state else { return }
        if wire.arrivals != before { return listenForPulse(since: wire.arrivals) }
        if hasAsked { return dialer.suspect(wire) }
        wire.sendSubscription(pulse.joining)
        listenForPulse(since: before, hasAsked: true)
    }

    func close() {
        isClosed = true
        heartbeat?.cancel()
        dialer.stop()
        lost()
        listeners.removeAll()
        numbers.removeAll()
    }
}

/// What can be subscribed to.
enum Topic: Hashable, Sendable {
    case channel(String)
    case pattern(String)

    var joining: Words {
        switch self {
        case .channel(let name): Command<Reply>("SUBSCRIBE", name).words
        case .pattern(let name): Command<Reply>("PSUBSCRIBE", name).words
        }
    }

    var leaving: Words {
        switch self {
        case .channel(let name): Command<Reply>("UNSUBSCRIBE", name).words
        case .pattern(let name): Command<Reply>("PUNSUBSCRIBE", name).words
        }
    }
}
