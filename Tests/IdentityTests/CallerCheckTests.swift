import Crypto
import FoundationEssentials
import HTTP
import Identity
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite(.freshDatabase(try SampleLogins.list(), as: .billing)) struct `Who is calling` {
    private func caller(_ login: Int64, role: Role = .operator, level: Int = 3) -> Household.Answer {
        .caller(Caller(user: Household.user, role: role, accessLevel: level, loginSession: login))
    }

    @Test func `is nobody without a credential`() async throws {
        #expect(try await Household().answer() == .nobody)
    }

    @Test func `is told by a device token`() async throws {
        let household = try await Household()

        #expect(
            try await household.answer(to: "Bearer \(household.deviceToken)") == caller(Household.deviceLogin)
        )
        #expect(try await household.check.caller(presenting: household.deviceToken).isPower)
    }

    @Test func `is told by an access token, whatever role it claims`() async throws {
        let household = try await Household()
        let token = try household.accessToken()

        #expect(try await household.answer(to: "bearer  \(token)") == caller(Household.refreshLogin))
        #expect(try await household.answer(to: "Bearer \(token)") == caller(Household.refreshLogin))
    }

    @Test func `is refused for a credential of no form`() async throws {
        let household = try await Household()
        let token = household.deviceToken

        for value in [
            "Bearer", "Bearer ", "Basic \(token)", token, "Bearer \(token)0", "Bearer \(token.dropLast())",
            "Bearer \(token.uppercased())g", "Bearer \(RandomText.opaqueToken())", "Bearer a.b",
        ] {
            #expect(try await household.answer(to: value) == .refused(2001), "\(value)")
        }
        #expect(try await household.answer(to: "Bearer \(token)", "Bearer \(token)") == .refused(2001))
    }

    @Test func `is refused for what was never issued or is signed by another`() async throws {
        let household = try await Household()
        let stranger = try SigningKey.generate()

        #expect(try await household.answer(to: "Bearer \(RandomText.deviceToken())") == .refused(2001))
        for token in [
            try household.accessToken(by: stranger), try household.accessToken(by: stranger, kid: "k2"),
            try household.accessToken(issuer: "other"), try household.accessToken(user: 13),
            try household.accessToken() + "A",
        ] {
            #expect(try await household.answer(to: "Bearer \(token)") == .refused(2001))
        }
    }

    @Test func `is told to refresh a token that is past its time`() async throws {
        let household = try await Household()
        let token = try household.accessToken()
        let remembered = try household.accessToken()
        _ = try await household.answer(to: "Bearer \(remembered)")

        household.clock.advance(by: .seconds(900))

        #expect(try await household.answer(to: "Bearer \(token)") == .refused(2010))
        #expect(try await household.answer(to: "Bearer \(remembered)") == .refused(2010))
    }

    private enum Loss: CaseIterable {
        case revocation, expiry, deactivation
    }

    @Test(arguments: Loss.allCases) private func `is refused from the very next request on`(loss: Loss)
        async throws
    {
        let household = try await Household()
        let credentials = ["Bearer \(try household.accessToken())", "Bearer \(household.deviceToken)"]
        for credential in credentials { _ = try await household.answer(to: credential) }

        switch loss {
        case .revocation:
            try await household.owner.run("UPDATE accounts.login_session SET revoked_at = now()")
        case .expiry:
            try await household.owner.run(
                "UPDATE accounts.login_session SET expires_at = \(household.clock.now)")
        case .deactivation: try await household.owner.run("UPDATE accounts.person SET is_active = false")
        }

        for credential in credentials {
            #expect(try await household.answer(to: credential) == .refused(2011))
        }
    }

    @Test func `is refused when the login is gone`() async throws {
        let household = try await Household()
        let token = try household.accessToken()
        _ = try await household.answer(to: "Bearer \(token)")

        try await household.owner.run("DELETE FROM accounts.login_session")

        #expect(try await household.answer(to: "Bearer \(token)") == .refused(2011))
        #expect(try await household.answer(to: "Bearer \(household.deviceToken)") == .refused(2001))
    }

    @Test func `has the role of this moment`() async throws {
        let household = try await Household()
        let token = try household.accessToken()
        _ = try await household.answer(to: "Bearer \(token)")

        try await household.owner.run("UPDATE accounts.person SET role = 'user', access_level = 0")

        #expect(
            try await household.answer(to: "Bearer \(token)")
                == caller(Household.refreshLogin, role: .user, level: 0))
    }

    @Test func `is told by a new key at once, and not by one withdrawn a minute ago`() async throws {
        let household = try await Household()
        let old = try household.accessToken()
        #expect(try await household.answer(to: "Bearer \(old)") == caller(Household.refreshLogin))
        let next = try SigningKey.generate()
        try await household.publish(next, as: "k2")
        household.clock.advance(by: .seconds(1))

        let new = try household.accessToken(by: next, kid: "k2")
        #expect(try await household.answer(to: "Bearer \(new)") == caller(Household.refreshLogin))

        try await household.owner.run("DELETE FROM accounts.signing_key WHERE kid = 'k1'")
        household.clock.advance(by: .seconds(60))
        #expect(try await household.answer(to: "Bearer \(old)") == .refused(2001))
        #expect(try await household.answer(to: "Bearer \(new)") == caller(Household.refreshLogin))
    }

    @Test func `is noted when the last note is an hour old`() async throws {
        let noted = Noted()
        let household = try await Household(noteUse: noted.note)
        _ = try await household.answer(to: "Bearer \(household.deviceToken)")
        #expect(noted.all == [])

        household.clock.advance(by: .seconds(3_601))
        _ = try await household.answer(to: "Bearer \(household.deviceToken)")

        #expect(noted.all == [Household.deviceLogin])
    }

    @Test func `cannot be told when the database is away`() async throws {
        let household = try await Household()
        try await FreshDatabase.current.database(as: .billing).close()

        let failure = await #expect(throws: LoginsUnavailable.self) {
            try await household.answer(to: "Bearer \(household.deviceToken)")
        }

        #expect(failure?.retryAfterSeconds == 1)
    }
}

private final class Noted: Sendable {
    private let logins = Mutex<[Int64]>([])

    var all: [Int64] { logins.withLock { $0 } }

    func note(_ login: Int64) {
        logins.withLock { $0.append(login) }
    }
}
