import HTTP
package import Settings

/// How often people may try to log in and send commands (api.md 1.10), and how long a start or a stop is waited for.
package struct LimitSettings: ReadableSettings, Sendable {
    let logins: RateRule
    let commands: RateRule
    let startTimeout: Duration

    package init(_ read: inout SettingsReader) {
        let most = 0...1_000_000
        logins = RateRule(
            perAddress: read.number(
                "RATE_LIMIT_LOGIN_ADDRESS", in: most, otherwise: 100,
                "log-ins and the like of an address a minute, 0 = off"),
            perAddressAndName: read.number(
                "RATE_LIMIT_LOGIN", in: most, otherwise: 10,
                "log-ins and the like on one name from an address a minute, 0 = off"))
        commands = RateRule(
            perAccount: read.number(
                "RATE_LIMIT_COMMANDS", in: most, otherwise: 60,
                "starts, stops and commands of an account a minute, 0 = off"),
            perPowerAccount: read.number(
                "RATE_LIMIT_COMMANDS_POWER", in: most, otherwise: 600, "the same for staff, 0 = off"))
        startTimeout = read.duration(
            "START_TIMEOUT_SECONDS", .seconds, in: 5...3_600, otherwise: 90,
            "how long a requested start waits for its station")
    }

    var byClass: [RateClass: RateRule] { [.credentials: logins, .commands: commands] }
}
