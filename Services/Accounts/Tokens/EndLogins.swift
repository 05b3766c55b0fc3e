import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

extension Transaction {
    /// Ends logins and announces it, so that their sockets are closed; the events are published once this has committed.
    func endLogins(_ selection: LoginSelection, at now: Date) async throws -> [LoginRevoked] {
        let events = try await run(.endLogins(selection, at: now)).map { ended in
            LoginRevoked(ended.login, of: ended.user, at: now)
        }
        if !events.isEmpty { try await run(.announce(each: events)) }
        return events
    }
}

extension Accounts {
    /// Behind the commit: sockets are closed, and lists of logins are read anew.
    func tell(_ ended: [LoginRevoked]) async {
        for event in ended { host.bus.publish(event) }
        for user in Set(ended.map(\.user)) { await loginsChanged(of: user) }
    }

    func loginsChanged(of user: ID<User>) async { await host.cache.changed(.sessionData, about: user.number) }

    /// Of a person, by whoever changes one (api.md 5.13).
    func peopleChanged() async { await host.cache.changed(.userList) }
}
