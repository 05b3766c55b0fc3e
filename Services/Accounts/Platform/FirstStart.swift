import Contracts
import Core
import Crypto
import Hosting
import Lifecycle
import Postgres
import Settings
import Telemetry

/// What must be there before anybody can log in: the administrator of the environment, the settings that apps ask for.
struct FirstStart {
    let accounts: Accounts

    func run() async throws {
        try await offerSettings()
        try await putAdministratorRight()
    }

    private func offerSettings() async throws {
        let host = accounts.host
        let currency = JSONValue.string(host.settings.currency.code)
        let offers: [(String, JSONValue)] = [
            ("app", ["name": "app", "version": .string(Program.version), "currency": currency]),
            ("company", ["name": .string("VoltBus"), "address": "", "tax_id": ""]),
            ("tariff", ["plan_id": "default", "currency": currency]),
        ]
        for (name, value) in offers {
            try await host.database.run(.offer(setting: name, value, at: host.clock.now))
        }
    }

    private func putAdministratorRight() async throws {
        guard let administrator = accounts.settings.tokens.administrator else { return }
        let host = accounts.host
        let hash = try await accounts.hasher.hash(administrator.password.reveal { $0 })
        _ = try await host.database.run(
            .administrator(
                email: administrator.email, name: administrator.name, passwordHash: hash,
                hex: RandomText.deviceToken(), at: host.clock.now))
    }
}
