import Core

/// What a route counts as beside the limits that hold for every request.
package struct RateClass: Hashable, Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// Log-in, registration, reset, checks of codes. The handler counts the account's name: `call.countAttempt(on:)`.
    package static let credentials = RateClass("credentials")
    /// Starts, stops, and commands to charge points.
    package static let commands = RateClass("commands")
    /// Exports, reports and backups.
    package static let exports = RateClass("exports")
}

/// How often a class of routes may be asked for. 0 means as often as you like.
package struct RateRule: Equatable, Sendable {
    package var perAddress: Int
    /// From one address on one account's name, whether the account exists or not.
    package var perAddressAndName: Int
    package var perAccount: Int
    package var perPowerAccount: Int
    package var window: Duration

    package init(
        perAddress: Int = 0, perAddressAndName: Int = 0, perAccount: Int = 0, perPowerAccount: Int? = nil,
        window: Duration = .seconds(60)
    ) {
        self.perAddress = perAddress
        self.perAddressAndName = perAddressAndName
        self.perAccount = perAccount
        self.perPowerAccount = perPowerAccount ?? perAccount
        self.window = window
    }

    /// The contract's own numbers (api.md 1.10).
    package static let contract: [RateClass: RateRule] = [
        .credentials: RateRule(perAddress: 100, perAddressAndName: 10),
        .commands: RateRule(perAccount: 60, perPowerAccount: 600),
        .exports: RateRule(perAccount: 10, window: .seconds(3_600)),
    ]
}

/// Counts one request against the limits that hold for it.
struct RequestCounting: Sendable {
    private let limiter: any RateLimiter
    private let client: String
    private let limit: (name: String, rule: RateRule)?

    init(_ limiter: any RateLimiter, client: String, _ limit: RateClass?, _ table: [RateClass: RateRule]) {
        self.limiter = limiter
        self.client = client
        self.limit = limit.flatMap { limit in table[limit].map { (limit.name, $0) } }
    }

    /// Throws: 429/2017.
    func count(_ key: String, limit: Int, per window: Duration = .seconds(60)) async throws {
        guard limit > 0, let seconds = await limiter.exceeded(key, limit: limit, per: window) else { return }
        throw Problem(
            .tooManyRequests, code: 2017, "rate limit exceeded", headers: ["Retry-After": String(seconds)])
    }

    /// What the route's class asks for as soon as it is known who is calling.
    func countRoute(_ caller: Caller?) async throws {
        guard let (name, rule) = limit else { return }
        try await count("\(name):address:\(client)", limit: rule.perAddress, per: rule.window)
        guard let caller else { return }
        try await count(
            "\(name):account:\(caller.user)", limit: caller.isPower ? rule.perPowerAccount : rule.perAccount,
            per: rule.window)
    }

    func countAttempt(on account: String) async throws {
        guard let (name, rule) = limit else { return }
        try await count(nameKey(name, account), limit: rule.perAddressAndName, per: rule.window)
    }

    /// Names of people, and whatever else is typed into such a field, stay out of the keys.
    private func nameKey(_ name: String, _ account: String) -> String {
        "\(name):name:\(client):\(AnswerShape.tag(of: Array(account.lowercased().utf8)))"
    }
}

extension Call {
    /// Counts one try on an account's name from this address, on routes limited by a class that counts them. Called
    /// behind the check whether the account is locked: a lock is told before a limit.
    ///
    /// Throws: 429/2017.
    package func countAttempt(on account: String) async throws {
        try await context.counting.countAttempt(on: account)
    }
}
