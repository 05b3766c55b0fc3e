package import Bus
package import Contracts
package import Core
import FoundationEssentials
package import HTTP
package import Identity
package import Lifecycle
package import Postgres
package import Redis
package import Settings
package import Sockets
import Synchronization
package import Telemetry

/// What every service stands on: loops, database, Redis, bus, the check of callers, log and figures, and the HTTP server
/// in front. A service adds its routes, its consumers and its jobs.
///
///     let host = try Host(.billing, settings.host, readiness: launch.readiness)
///     let billing = Billing(host, settings)
///     return host.assembly(serving: billing.routes, parts: [host.task("intake") { await billing.intake.run() }])
package final class Host: Sendable {
    package let service: Service
    package let settings: HostSettings
    package let clock: Clock
    package let log: Log
    package let metrics: Metrics
    package let database: Database
    package let redis: RedisClient
    package let bus: Bus
    /// What may be read a while late.
    package let cache: ReadCache
    package let callers: CallerCheck
    package let limiter: SharedRateLimiter
    let loops: EventLoops
    /// Nil where the cache lives in the bus' Redis.
    private let cacheRedis: RedisClient?
    let readiness: Readiness
    let looksBeforeFigures = Mutex<[@Sendable () async -> Void]>([])
    let awaited = AwaitedStarts()
    let backLog: BackLog?
    private let telling: @Sendable (RequestEvent) -> Void
    private let server = Mutex<HTTPServer?>(nil)
    private let ownsLoops: Bool

    /// - Parameters:
    ///   - loops: those of a test; a process has its own.
    ///   - noteUse: what is done with a login that is in use; nil tells accounts over the bus.
    ///
    /// Throws: `BadSettings` for an address of Redis or PostgreSQL that cannot be one. Neither has to be there yet.
    package init(
        _ service: Service, _ settings: HostSettings, readiness: Readiness, clock: Clock = .system,
        log: Log? = nil, loops: EventLoops? = nil, noteUse: (@Sendable (ID<LoginSession>) -> Void)? = nil
    ) throws {
        self.service = service
        self.settings = settings
        self.readiness = readiness
        self.clock = clock
        let log =
            log
            ?? Log(
                service: service.rawValue, level: settings.logLevel, format: settings.logFormat, clock: clock)
        self.log = log
        let metrics = Metrics(service: service.rawValue)
        self.metrics = metrics
        ownsLoops = loops == nil
        let loops = try loops ?? EventLoops(count: settings.eventLoops, name: service.rawValue)
        self.loops = loops
        let database = try Database(
            settings.databaseURL.reveal {
                DatabaseSettings(url: $0, name: service.rawValue, poolSize: settings.poolSize)
            }, on: loops)
        self.database = database
        let redis = RedisClient(
            try settings.redisURL.reveal { url in
                var redis = try RedisSettings(url: url)
                redis.name = service.rawValue
                return redis
            }, on: loops)
        self.redis = redis
        let cacheRedis = try settings.cacheURL.map { url in
            RedisClient(
                try url.reveal { url in
                    var redis = try RedisSettings(url: url)
                    redis.name = "\(service.rawValue) cache"
                    return redis
                }, on: loops)
        }
        self.cacheRedis = cacheRedis
        cache = ReadCache(
            on: cacheRedis ?? redis, of: service.rawValue, keeping: settings.cacheLifetimes, log: log,
            metrics: metrics)
        // The gateway's own door has no visitors but probes; what stations do is in its system log.
        let backLog =
            service == .gateway ? nil : BackLog(of: service, into: database, clock: clock, metrics: metrics)
        self.backLog = backLog
        telling = Self.telling(metrics, log, backLog)
        let bus = Bus(redis, as: service, clock: clock, log: log, metrics: metrics)
        self.bus = bus
        callers = CallerCheck(
            database, clock: clock, issuer: settings.jwtIssuer,
            noteUse: noteUse ?? { bus.publish(LoginUsed($0, at: clock.now)) })
        limiter = SharedRateLimiter(redis, clock: clock)
        readiness.add("database") { [awaited] in
            // Without what the first start makes nobody could log in.
            guard awaited.areDone else { return false }
            return await database.isReady()
        }
        readiness.add("redis") { await redis.isReady() }
        registerFigures()
    }

    /// One connection beside the pool whose commits do not wait for the disk: for evidence, never for facts.
    package func evidenceDatabase() throws -> Database {
        try Database(
            settings.databaseURL.reveal {
                DatabaseSettings(
                    url: $0, name: "\(service.rawValue) evidence", poolSize: 1,
                    sessionParameters: ["synchronous_commit": "off"])
            }, on: loops)
    }

    /// Another role's view of the database, for work that ends: whoever asks closes it.
    package func database(at url: Secret, name: String) throws -> Database {
        try Database(url.reveal { DatabaseSettings(url: $0, name: name, poolSize: 1) }, on: loops)
    }

    /// The port that is served, once it is.
    package var port: Int? { server.withLock { $0?.address.port } }

    /// The frame of the process: connections first, then the service's own parts, the door to the outside last; down in
    /// reverse.
    ///
    /// - Parameter limits: what classes of routes are counted by, where the service's settings say other than the contract.
    package func assembly(
        serving routes: [GuardedRoute], upgrading: Upgrading? = nil, limits: [RateClass: RateRule] = [:],
        parts: [Part]
    ) -> Assembly {
        // What looks after the process itself is not forwarded by the proxy, and so not promised.
        let part = OpenAPI.part(of: routes, tag: service.rawValue)
        return Assembly(
            log: log, drain: settings.drain,
            parts: [stores, lagWatch, cacheWatch] + backLogParts + parts + [
                task("api part") { [weak self] in await self?.publish(part) },
                http(serving: routes, upgrading: upgrading, limits: limits),
            ])
    }

    private var backLogParts: [Part] {
        guard let backLog else { return [] }
        return [task("back log") { [self] in await backLog.run(on: self) }]
    }

    /// A part that works until it is stopped; then its task is cancelled and waited for.
    package func task(_ name: String, _ work: @escaping @Sendable () async -> Void) -> Part {
        let running = Mutex<Task<Void, Never>?>(nil)
        let held = Held(running)
        let loop = loops.next()
        return Part(
            name,
            start: {
                held.task.withLock { $0 = Task(executorPreference: loop) { await work() } }
                return nil
            },
            stop: {
                let task = held.task.withLock { $0.take() }
                task?.cancel()
                await task?.value
            })
    }

    /// Waits on a loop, which costs less than anywhere else. Throws: `CancellationError`.
    package func sleep(for duration: Duration) async throws {
        try await (EventLoop.current ?? loops.next()).sleep(for: duration)
    }

    /// Makes one thing for each loop, in the order in which `Host` knows them.
    package var loopCount: Int { loops.all.count }

    /// A loop for what should stay on one.
    package func nextLoop() -> EventLoop { loops.next() }

    private var cacheWatch: Part {
        task("cache") { [self] in await cache.run { try await self.sleep(for: $0) } }
    }

    private var stores: Part {
        Part(
            "stores",
            stop: { [self] in
                await redis.close()
                await cacheRedis?.close()
                await database.close()
                if ownsLoops { await loops.stop() }
            })
    }

    /// A second door on a port of its own, such as the charge points'.
    ///
    /// - Parameter opened: told the port, once it is served.
    package func door(
        _ name: String, port: Int, serving routes: [GuardedRoute] = [], upgrading: @escaping Upgrading,
        opened: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Part {
        let held = HeldServer()
        let drain = settings.drain
        return Part(
            name,
            start: { [self] in
                guard let address = SocketAddress(host: settings.host, port: port) else {
                    throw UnusableAddress(host: settings.host)
                }
                let dispatcher = Dispatcher(
                    routes: routes, credentials: NoCredentials(), rules: rules, finished: telling)
                let started = try await HTTPServer.start(
                    dispatcher, at: address, on: loops, proxies: TrustedProxies(settings.proxies),
                    upgrading: upgrading)
                held.server.withLock { $0 = started }
                opened(started.address.port)
                return "\(name) on \(started.address)"
            },
            stop: {
                let running = held.server.withLock { $0.take() }
                await running?.stop(within: drain / 2)
            })
    }

    /// Whether the process at the other end may say who is behind it.
    package func trusts(proxy address: String) -> Bool { TrustedProxies(settings.proxies).trusts(address) }

    private func http(
        serving routes: [GuardedRoute], upgrading: Upgrading?, limits: [RateClass: RateRule]
    ) -> Part {
        let drain = settings.drain
        return Part(
            "http",
            start: { [self] in
                guard let address = SocketAddress(host: settings.host, port: settings.port) else {
                    throw UnusableAddress(host: settings.host)
                }
                var rules = rules
                rules.classes.merge(limits) { _, own in own }
                let dispatcher = Dispatcher(
                    routes: own.routes + routes, credentials: callers, rules: rules, finished: telling)
                let started = try await HTTPServer.start(
                    dispatcher, at: address, on: loops, proxies: TrustedProxies(settings.proxies),
                    upgrading: upgrading)
                server.withLock { $0 = started }
                return "http://\(started.address)"
            },
            stop: { [self] in
                let running = server.withLock { $0.take() }
                await running?.stop(within: drain / 2)
            })
    }

    /// Alive, ready, measured: the same for every service.
    private var own: ServiceRoutes {
        ServiceRoutes(
            service: service.rawValue, version: Program.version, clock: clock,
            checks: readiness.checks.map { check in .init(check.name, isFine: check.isFine) },
            metrics: { [self] in await figures() })
    }

    private var rules: Dispatcher.Rules {
        var rules = Dispatcher.Rules()
        rules.clock = clock
        rules.cors = CORS(origins: settings.corsOrigins)
        rules.requiresTimestamp = settings.requiresTimestamp
        rules.limiter = limiter
        rules.perAddress = settings.perAddress
        rules.perAccount = settings.perAccount
        rules.limits.answer = settings.requestTimeout
        rules.limits.bodyBytes = settings.bodyBytes
        rules.limits.uploadBytes = settings.uploadBytes
        rules.idempotency = KeptAnswers(database, of: service, clock: clock)
        return rules
    }

    /// Whether a web page from there may open a WebSocket.
    package func allows(origin: String) -> Bool { CORS(origins: settings.corsOrigins).allows(origin) }
}

/// A task that a part starts and stops.
private final class Held: Sendable {
    let task: Mutex<Task<Void, Never>?>

    init(_ task: consuming Mutex<Task<Void, Never>?>) {
        self.task = task
    }
}

/// A server that a part starts and stops.
private final class HeldServer: Sendable {
    let server = Mutex<HTTPServer?>(nil)
}

/// HTTP_HOST is no numeric address.
package struct UnusableAddress: Error, CustomStringConvertible {
    let host: String

    package var description: String { "HTTP_HOST is \(host): expected a numeric address such as 0.0.0.0" }
}
