import Contracts
package import Hosting
package import Settings

/// What the service reads from its environment.
package struct AccountsSettings: ReadableSettings, Sendable {
    package let host: HostSettings

    package init(_ read: inout SettingsReader) {
        host = HostSettings(&read, for: .accounts)
    }
}
