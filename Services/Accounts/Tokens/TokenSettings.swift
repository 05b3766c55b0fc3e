package import Settings

/// How long logins last, and how they are guarded.
package struct TokenSettings: ReadableSettings, Sendable {
    let accessTokenLife: Duration
    let refreshLife: Duration
    let rememberedRefreshLife: Duration
    let deviceTokenIdle: Duration
    let mostFailures: Int
    let lockTime: Duration
    let needsInvite: Bool
    let signingKey: Secret?
    let administrator: Administrator?

    /// Who runs the platform, as the environment names them.
    struct Administrator: Sendable {
        let email: String
        let password: Secret
        let name: String
    }

    private enum Registration: String, CaseIterable {
        case open, invite
    }

    package init(_ read: inout SettingsReader) {
        signingKey = read.fileContents(
            "JWT_PRIVATE_KEY_FILE",
            "Ed25519 key to sign with, as PEM; where not set one is made and kept, sealed, in the database")
        accessTokenLife = read.duration(
            "ACCESS_TOKEN_SECONDS", .seconds, in: 60...86_400, otherwise: 900, "life of an access token")
        refreshLife = read.duration(
            "REFRESH_TOKEN_DAYS", .days, in: 1...365, otherwise: 7, "life of a login")
        rememberedRefreshLife = read.duration(
            "REFRESH_TOKEN_DAYS_REMEMBER", .days, in: 1...365, otherwise: 30, "with remember_me")
        deviceTokenIdle = read.duration(
            "DEVICE_TOKEN_IDLE_DAYS", .days, in: 1...365, otherwise: 30,
            "how long a device token may lie unused")
        mostFailures = read.number(
            "LOGIN_MAX_FAILURES", in: 1...1_000, otherwise: 10, "failures before a name is locked")
        lockTime = read.duration(
            "LOGIN_LOCK_MINUTES", .minutes, in: 1...1_440, otherwise: 15,
            "the first lock; each further one doubles")
        let registration: Registration = read.choice(
            "REGISTRATION", otherwise: .open, "who may register: everybody, or whoever has a code")
        needsInvite = registration == .invite
        let email = read.optionalText(
            "ADMIN_EMAIL", expected: "an e-mail address, or nothing", "the administrator's"
        ) { Names.isEmail($0) }
        let password = read.optionalSecret(
            "ADMIN_PASSWORD", atLeast: 8, "the administrator's; always wins over a changed one")
        let name = read.text("ADMIN_NAME", otherwise: "Administrator", "the administrator's")
        if (email == nil) != (password == nil) {
            read.complain(
                "ADMIN_EMAIL", "is set without ADMIN_PASSWORD, or the other way round",
                expected: "both or none")
        }
        if let email, let password {
            administrator = Administrator(email: email, password: password, name: name)
        } else {
            administrator = nil
        }
    }
}
