import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sockets

extension LiveSocket {
    /// A QR start is waited for like any other, until its token ends (api.md 3.3, CheckStatus).
    func follow(_ token: StartTokenRow, _ caller: Caller) {
        sequence?.cancel()
        pending = nil
        sequence = Task(executorPreference: loop) {
            while !Task.isCancelled, !self.isOver {
                if await self.look(token, caller) {
                    if !Task.isCancelled { self.sequence = nil }
                    return
                }
                // Cancelled: the loop ends.
                try? await self.loop.sleep(for: PendingAction.Kind.start.pace)
                guard !Task.isCancelled, self.pending == nil else { return }
                let now = self.accounts.host.clock.now
                if token.expiresAt > now {
                    self.say(.waiting(since: token.createdAt, for: .seconds(StartToken.life), at: now))
                }
            }
        }
    }

    /// True when it is over: its session began, or it ended.
    private func look(_ token: StartTokenRow, _ caller: Caller) async -> Bool {
        let (database, now) = (accounts.host.database, accounts.host.clock.now)
        // A database that is away says nothing: the next look may.
        guard let state = try? await database.run(.startToken(token)) else { return false }
        guard let session = state.session else {
            guard token.expiresAt <= now else { return false }
            if !Task.isCancelled { say(.error("timeout", .start)) }
            return true
        }
        guard !Task.isCancelled else { return true }
        // Said twice is better than never.
        _ = try? await database.run(.told(token, at: now))
        say(PendingAction(.start, ID(session), at: token.createdAt).success)
        return true
    }
}
