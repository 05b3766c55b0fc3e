package import Contracts
package import Core
package import Redis
package import Sockets
package import Telemetry

/// What one process says to the others and hears from them, over Redis.
///
/// Redis is the fast way, never the only way: telling costs nothing while it is away, and whatever must not be lost is a
/// row of an event log as well.
package final class Bus: Sendable {
    package let service: Service
    package let instance: InstanceName
    package let redis: RedisClient
    package let clock: Clock
    package let log: Log
    let metrics: BusMetrics

    package init(
        _ redis: RedisClient, as service: Service, instance: InstanceName? = nil, clock: Clock = .system,
        log: Log, metrics: Metrics
    ) {
        self.redis = redis
        self.service = service
        self.instance = instance ?? .random(service)
        self.clock = clock
        self.log = log
        self.metrics = BusMetrics(metrics)
    }

    /// Where messages are delivered; tasks that handle them do best to prefer it.
    package var loop: EventLoop { redis.loop }

    /// Tells an event. What one turn of a loop tells leaves in one write; while Redis is away it is told to nobody.
    ///
    /// A `LoggedEvent` is announced in the transaction of its fact first, and told when that has committed.
    package func publish<Payload: Event>(_ event: Payload) {
        let envelope = EventEnvelope(event, at: clock.now)
        redis.post(.publish(JSONWriter.encode(envelope), to: Payload.channel.name))
        metrics.told.with(Payload.kind).add()
    }

    /// Hears events of some kinds until it is cancelled. Handlers are called on `loop`, one after the other, and must be
    /// quick. `onLive` is called when hearing begins and after each loss of Redis: what was told in between is missed.
    package func listen(
        _ listeners: [Listener], onLive: @escaping @Sendable () -> Void = {}
    ) async -> Subscription {
        let byKind = Dictionary(grouping: listeners, by: \.kind)
        let channels = Set(listeners.map(\.channel)).sorted()
        return await redis.subscribe(to: channels) { [log, metrics] signal in
            switch signal {
            case .live: onLive()
            case .lost: break
            case .message(let message):
                do {
                    let document = try Core.JSONDocument(message.bytes)
                    let head = try JSONReader.decode(EnvelopeHead.self, from: document)
                    guard head.v <= EnvelopeHead.newest, let listeners = byKind[head.kind] else { return }
                    for listener in listeners { try listener.hear(document) }
                } catch {
                    metrics.unreadable.with(message.channel).add()
                    log.warning(
                        "bus.message_unreadable",
                        ["channel": .text(message.channel), "error": .text("\(error)")])
                }
            }
        }
    }
}

/// Who hears one kind of event.
package struct Listener: Sendable {
    let kind: String
    let channel: String
    let hear: @Sendable (borrowing Core.JSONDocument) throws -> Void

    package static func to<Payload: Event>(
        _ type: Payload.Type, _ handler: @escaping @Sendable (Payload) -> Void
    ) -> Listener {
        Listener(kind: Payload.kind, channel: Payload.channel.name) { document in
            handler(try JSONReader.decode(EventEnvelope<Payload>.self, from: document).payload)
        }
    }
}
