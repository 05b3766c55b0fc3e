package import Contracts
package import Core
package import FoundationEssentials
import HTTP
package import Settings
import Telemetry

/// What every service reads from its environment: the settings of the contract's chapter 6 that all use.
package struct HostSettings: Sendable {
    package let databaseURL: Secret
    package let poolSize: Int
    package let redisURL: Secret
    /// The cache may have a Redis of its own; nil: the bus' one.
    package let cacheURL: Secret?
    package let cacheLifetimes: CacheLifetimes
    package let eventLoops: Int
    package let host: String
    package let port: Int
    /// Public base of links, without a slash at its end.
    package let backendURL: String
    package let jwtIssuer: String
    package let currency: Currency
    package let tariffZone: TimeZone
    package let jobsZone: TimeZone
    package let logRetention: Duration
    package let eventLogRetention: Duration
    package let drain: Duration

    let proxies: [TrustedProxies.Network]
    let corsOrigins: [String]
    let logLevel: LogLevel
    let logFormat: LogFormat
    let requestTimeout: Duration
    let bodyBytes: Int
    let uploadBytes: Int
    let requiresTimestamp: Bool
    let perAddress: Int
    let perAccount: Int

    /// What EVENT_LOOPS is where it is not set.
    package static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    private enum TimestampRule: String, CaseIterable {
        case optional, required
    }

    /// - Parameters:
    ///   - service: decides the port that HTTP_PORT has where it is not set.
    ///   - cores: what EVENT_LOOPS is where it is not set.
    package init(_ read: inout SettingsReader, for service: Service, cores: Int = HostSettings.cores) {
        databaseURL = read.databaseURL(
            "DATABASE_URL", password: "DATABASE_PASSWORD", "PostgreSQL, with the service's own role")
        poolSize = read.number(
            "DATABASE_POOL_SIZE", in: 1...1_000, otherwise: 10, "connections, shared out to the loops")
        let redisSchemes = ["redis", "unix", "redis+unix", "redis+sentinel"]
        redisURL = read.secretURL("REDIS_URL", schemes: redisSchemes, "Redis: bus, limits, live state")
        cacheURL = read.optionalSecretURL(
            "REDIS_CACHE_URL", schemes: redisSchemes, "Redis for the cache; REDIS_URL where not set")
        cacheLifetimes = CacheLifetimes(&read)
        let loops: Int? = read.optional(
            "EVENT_LOOPS", expected: "a whole number from 1 to 256, or nothing",
            meaning: "threads that serve sockets; the cores where not set, at most DATABASE_POOL_SIZE"
        ) { text in Int(text).flatMap { (1...256).contains($0) ? $0 : nil } }
        eventLoops = min(loops ?? cores, poolSize)
        host = read.text("HTTP_HOST", otherwise: "0.0.0.0", "the address to listen on")
        port = read.number("HTTP_PORT", in: 0...65_535, otherwise: Self.port(of: service), "own port")
        let base = read.url("BACKEND_URL", otherwise: "http://localhost", "public base of links")
            .absoluteString
        backendURL = base.hasSuffix("/") ? String(base.dropLast()) : base
        proxies = read.values(
            "TRUSTED_PROXIES", otherwise: ["127.0.0.1/32"],
            expected: "networks such as 10.0.0.0/8", "whose forwarded address counts"
        ) { TrustedProxies.Network($0) }
        corsOrigins = read.list("CORS_ORIGINS", otherwise: ["*"], "web pages that may call, * for all")
        logLevel = read.choice("LOG_LEVEL", otherwise: .info, "the least that is told")
        logFormat = read.choice("LOG_FORMAT", otherwise: .json, "lines for machines or for people")
        drain = read.duration(
            "SHUTDOWN_SECONDS", .seconds, in: 1...600, otherwise: 20, "how long a stop may take")
        requestTimeout = read.duration(
            "REQUEST_TIMEOUT_SECONDS", .seconds, in: 1...300, otherwise: 5, "deadline of a request")
        bodyBytes = read.number(
            "MAX_BODY_BYTES", in: 1_024...67_108_864, otherwise: 1_048_576, "largest JSON body")
        uploadBytes = read.number(
            "MAX_UPLOAD_BYTES", in: 1_024...67_108_864, otherwise: 5_242_880, "largest picture")
        let rule: TimestampRule = read.choice(
            "REQUEST_TIMESTAMP", otherwise: .optional, "whether authenticated calls carry the timestamp")
        requiresTimestamp = rule == .required
        perAddress = read.number(
            "RATE_LIMIT_ADDRESS", in: 0...1_000_000, otherwise: 600,
            "requests a minute of an address, 0 = off")
        perAccount = read.number(
            "RATE_LIMIT_ACCOUNT", in: 0...1_000_000, otherwise: 1_200,
            "requests a minute of an account, 0 = off")
        jwtIssuer = read.text("JWT_ISSUER", otherwise: "voltbus", "claim of access tokens")
        currency = read.value(
            "CURRENCY", otherwise: "EUR", expected: "an ISO 4217 code such as EUR",
            "the one currency of the platform"
        ) { Currency(code: $0) }
        tariffZone = read.timeZone("TARIFF_TIMEZONE", otherwise: "UTC", "of the windows of plans")
        jobsZone = read.timeZone("JOBS_TIMEZONE", otherwise: "UTC", "of jobs, opening hours and log times")
        logRetention = read.duration(
            "LOG_RETENTION_DAYS", .days, in: 1...3_650, otherwise: 90, "how long log rows are kept")
        eventLogRetention = read.duration(
            "EVENT_LOG_RETENTION_DAYS", .days, in: 1...3_650, otherwise: 30, "how long read events are kept")
    }

    private static func port(of service: Service) -> Int {
        switch service {
        case .gateway: 8_080
        case .accounts: 8_081
        case .billing: 8_082
        case .reporting: 8_083
        }
    }
}
