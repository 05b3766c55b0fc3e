import Bus
import Contracts
import FoundationEssentials
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
