import Bus
import Contracts
import Core
import Hosting
import Lifecycle
import Postgres
import Redis
import Telemetry

/// Moves the last use of logins that services saw at work, and with it the end of device tokens.
struct LoginUse {
    let host: Host
    let deviceIdle: Duration

    var part: Part {
        host.task("login use") {
            let (host, idle) = (host, deviceIdle)
            let listening = await host.bus.listen([
                .to(LoginUsed.self) { used in
                    // Told about once an hour for each login: a write each is no load.
                    Task(executorPreference: host.bus.loop) { await Self.note(used, host, idle) }
                }
            ])
            // Until it is cancelled.
            try? await host.sleep(for: .seconds(1_000_000_000))
            listening.cancel()
        }
    }

    private static func note(_ used: LoginUsed, _ host: Host, _ idle: Duration) async {
        do {
            try await host.database.run(.noteUse(of: used.login, at: used.at, deviceIdle: idle))
        } catch {
            host.log.warning("login.use_unnoted", ["error": .text("\(error)")])
        }
    }
}
