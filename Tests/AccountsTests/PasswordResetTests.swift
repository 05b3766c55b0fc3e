import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A forgotten password` {
    private let address = "anna@example.org"

    private func ask(_ email: String, language: String? = nil) async throws -> Answer {
        try await AccountsUp.current.post(
            "/api/v1/users/password-reset", ["email": .string(email)],
            headers: language.map { [("Accept-Language", $0)] } ?? [])
    }

    private func confirm(_ code: String, _ password: String = "Kettle-4712", email: String? = nil)
        async throws -> Answer
    {
        try await AccountsUp.current.post(
            "/api/v1/users/password-reset/confirm",
            [
                "email": .string(email ?? address), "code": .string(code), "new_password": .string(password),
            ])
    }

    @Test func `is set anew by the code of a mail, and every login ends`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": .string(address)])
        let access = try await up.logIn("anna", anna.password).access
        #expect(try await ask("Anna@Example.org").status == 202)
        let code = try await up.outbox.code(of: 8, to: address)

        let answer = try await confirm(code)

        #expect(answer.status == 200, "\(answer)")
        for credential in [anna.token, access] {
            let refused = try await up.get("/api/v1/users/me", as: credential)
            #expect(refused.status == 401 && refused.code == 2011)
        }
        #expect(try await up.deviceToken("anna", "Kettle-4712").count == 32)
        let old = try await up.post(
            "/api/v1/users/authenticate", ["username": "anna", "password": .string(anna.password)])
        #expect(old.status == 401)
        let again = try await confirm(code, "Kettle-4713")
        #expect(again.status == 400 && again.code == 2013)
        #expect(try await up.outbox.mails(to: address, count: 2).count == 2)
        let audited = try await Registry().audited(by: anna.id)
        #expect(audited.contains("REQUEST_PASSWORD_RESET") && audited.contains("RESET_PASSWORD"))
    }

    @Test(.fact(28)) func `is answered the same for known and unknown addresses`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])

        let known = try await ask(address)
        let unknown = try await ask("nobody@example.org")

        #expect(known.status == 202)
        #expect(known["message"] == "If the account exists, a code was sent")
        #expect((unknown.status, unknown.body) == (known.status, known.body))
        let refused = try await confirm("12345678", email: "nobody@example.org")
        let wrong = try await confirm("12345678")
        #expect(wrong.status == 400 && wrong.code == 2013)
        #expect(refused["status_message"] == wrong["status_message"] && refused.code == wrong.code)
        _ = try await up.outbox.mails(to: address)
        #expect(try up.outbox.letters(to: "nobody@example.org").isEmpty)
        let waiting: Int64 = try await Registry().owner.run(
            "SELECT count(*) FROM accounts.mail WHERE recipient = 'nobody@example.org'")
        #expect(waiting == 0)
    }

    @Test(.fact(28)) func `is void after five wrong codes`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])
        _ = try await ask(address)
        let code = try await up.outbox.code(of: 8, to: address)
        let wrong = code == "00000000" ? "00000001" : "00000000"

        for _ in 1...5 { #expect(try await confirm(wrong).code == 2013) }

        let right = try await confirm(code)
        #expect(right.status == 400 && right.code == 2013)
        // Another one works.
        _ = try await ask(address)
        let next = try await up.outbox.code(of: 8, to: address, besides: [code])
        #expect(try await confirm(next).status == 200)
    }

    @Test func `takes its code for ten minutes, and only the last one`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])
        _ = try await ask(address)
        let first = try await up.outbox.code(of: 8, to: address)
        _ = try await ask(address)
        let second = try await up.outbox.code(of: 8, to: address, besides: [first])
        #expect(try await confirm(first).code == 2013)

        up.clock.advance(by: .seconds(601))

        #expect(try await confirm(second).code == 2013)
    }

    @Test func `keeps its code while the new password is none`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])
        _ = try await ask(address)
        let code = try await up.outbox.code(of: 8, to: address)

        for bad in ["short", "12345678901", address, "password"] {
            let answer = try await confirm(code, bad)
            #expect(answer.status == 400 && answer.code == 2001, "\(bad)")
            #expect(answer["errors"]?["new_password"] != nil)
        }
        #expect(try await confirm(code).status == 200)
    }

    @Test func `opens a locked account, for whoever has the mailbox is its owner`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])
        let wrong: JSONValue = ["username": "anna", "password": "wrong"]
        for _ in 1...10 { _ = try await up.post("/api/v1/users/authenticate", wrong) }
        #expect(try await up.post("/api/v1/users/authenticate", wrong).code == 2016)
        _ = try await ask(address)

        let code = try await up.outbox.code(of: 8, to: address)
        #expect(try await confirm(code).status == 200)

        up.clock.advance(by: .seconds(61))
        #expect(try await up.deviceToken("anna", "Kettle-4712").count == 32)
    }

    @Test func `fills nobody's mailbox`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": .string(address)])
        for _ in 1...7 { #expect(try await ask(address).status == 202) }
        up.clock.advance(by: .seconds(3_601))
        _ = try await ask(address)

        // The last one comes, so that whatever was to come before it is there.
        #expect(try await up.outbox.mails(to: address, count: 6).count == 6)
        #expect(
            try await Registry().audited(by: anna.id).filter { $0 == "REQUEST_PASSWORD_RESET" }.count == 8)
    }

    @Test func `is nothing for an account that is not active`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.register("anna", ["email": .string(address)])
        _ = try await ask(address)
        let code = try await up.outbox.code(of: 8, to: address)

        _ = try await up.patch("/api/v1/users/\(anna.id)", ["is_active": false], as: boss.token)

        #expect(try await confirm(code).code == 2013)
        #expect(try await ask(address).status == 202)
        let reset: Int64? = try await Registry().owner.run("SELECT user_id FROM accounts.password_reset")
        #expect(reset == nil)
    }

    @Test(arguments: [
        ("pl-PL,pl;q=0.9", "Nowe hasło do VoltBus", "lang=\"pl\""),
        ("de, cs;q=0.8, en;q=0.5", "Nové heslo k VoltBusu", "lang=\"cs\""),
        ("de", "A new password for VoltBus", "lang=\"en\""),
    ]) func `is written of in the language of who registered`(
        accepts: String, heading: String, mark: String
    ) async throws {
        let up = AccountsUp.current
        let body: JSONValue = [
            "username": "anna", "password": "Kettle-4711", "email": .string(address),
        ]
        let registered = try await up.post(
            "/api/v1/users/register", body, headers: [("Accept-Language", accepts)])
        #expect(registered.status == 201)

        _ = try await ask(address)

        let mail = try #require(try await up.outbox.mails(to: address).first)
        // As text and as HTML.
        #expect(mail.contains("\r\n\(heading)\r\n") && mail.contains(">\(heading)</h1>"))
        #expect(mail.contains(mark))
    }

    @Test func `is written of in another language once that was chosen`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna", ["email": .string(address)])
        #expect(try await up.patch("/api/v1/users/me", ["language": "cs"], as: anna.token).status == 200)
        #expect(try await up.patch("/api/v1/users/me", ["language": "xx"], as: anna.token).status == 400)

        _ = try await ask(address)

        #expect(try await up.outbox.mails(to: address).first?.contains("Zadejte tento kód") == true)
    }

    @Test func `leaves no code in the trail and none in the table`() async throws {
        let up = AccountsUp.current
        _ = try await up.register("anna", ["email": .string(address)])
        _ = try await ask(address)
        let code = try await up.outbox.code(of: 8, to: address)
        let owner = try Registry().owner

        // What was sent is deleted behind the sending.
        try await Wait.until {
            let left: Int64 = try await owner.run("SELECT count(*) FROM accounts.mail")
            return left == 0
        }
        let audited: Int64 = try await owner.run(
            "SELECT count(*) FROM accounts.audit_entry WHERE details::text LIKE \("%\(code)%")")
        let stored: Int64 = try await owner.run(
            """
            SELECT count(*) FROM accounts.password_reset AS reset
            WHERE reset::text LIKE \("%\(code)%") OR reset::text LIKE '%example.org%'
            """)
        #expect(audited == 0 && stored == 0)
    }
}
