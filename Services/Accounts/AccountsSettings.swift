import Contracts
package import Hosting
package import Mail
package import Settings

/// What the service reads from its environment.
package struct AccountsSettings: ReadableSettings, Sendable {
    package let host: HostSettings
    package let secretKey: Secret
    package let tokens: TokenSettings
    package let sites: SiteSettings
    package let limits: LimitSettings
    package let mail: MailSettings
    package let bookings: BookingSettings
    package let ai: AISettings
    let publicConfig: [String]

    package init(_ read: inout SettingsReader) {
        host = HostSettings(&read, for: .accounts)
        secretKey = read.secret(
            "SECRET_KEY", atLeast: 32,
            "encrypts two-factor secrets and signing keys, keys connection passwords; the same in every service"
        )
        tokens = TokenSettings(&read)
        sites = SiteSettings(&read)
        limits = LimitSettings(&read)
        mail = MailSettings(&read)
        bookings = BookingSettings(&read)
        ai = AISettings(&read)
        publicConfig = read.list(
            "PUBLIC_CONFIG", otherwise: ["app", "company", "tariff"], "settings that everybody may read")
    }
}
