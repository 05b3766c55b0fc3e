import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A copy of everything about oneself` {
    /// The files of an archive, unpacked by a program that others wrote.
    private func files(in archive: Answer) throws -> [String: String] {
        let folder = try FileFolder()
        let zip = "\(folder.path)/export.zip"
        try Data(archive.body).write(to: URL(filePath: zip))
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-m", "zipfile", "-e", zip, "\(folder.path)/out"]
        try python.run()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0)
        var found: [String: String] = [:]
        let base = URL(filePath: "\(folder.path)/out")
        let names = try #require(FileManager.default.enumerator(atPath: base.path()))
        for case let name as String in names {
            guard let data = FileManager.default.contents(atPath: base.appending(path: name).path()) else {
                continue
            }
            found[name] = String(decoding: data, as: UTF8.self)
        }
        return found
    }

    @Test func `holds one's own rows and invoices, and nobody else's`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.register("anna", ["email": "anna@example.org"])
        let bob = try await up.register("bob", ["email": "bob@example.org"])
        for (person, tag) in [(anna, "ANNASTAG"), (bob, "BOBSTAG")] {
            try await up.rows.tag(tag, of: person.id)
            try await invoice("VB2026/00000\(person.id)", of: person.id, "%PDF of \(person.username)")
        }
        _ = try await registry.site("Square")
        try await registry.point("P1")
        _ = try await registry.session(on: "P1", of: anna.id)

        let answer = try await up.get("/api/v1/users/me/export", as: anna.token)

        #expect(answer.status == 200, "\(answer.status)")
        #expect(answer.headers["Content-Type"] == "application/zip")
        let files = try files(in: answer)
        let account = try JSONReader.decode(JSONValue.self, from: Array((files["account.json"] ?? "").utf8))
        #expect(account.elements.map { $0["username"] } == ["anna"])
        #expect(files["tags.json"]?.contains("ANNASTAG") == true)
        #expect(files["invoices/VB2026-00000\(anna.id).pdf"] == "%PDF of anna")
        #expect(files["sessions.json"]?.contains("P1") == true)
        #expect(files["logins.json"] != "[]" && files["login-history.json"] != "[]")
        let all = files.values.joined()
        for foreign in ["bob", "BOBSTAG"] { #expect(!all.contains(foreign)) }
        for secret in ["password_hash", "scrypt", "digest", "sealed", anna.token] {
            #expect(!all.contains(secret))
        }
        for (name, text) in files where name.hasSuffix(".json") {
            let read = try JSONReader.decode(JSONValue.self, from: Array(text.utf8))
            guard case .array = read else { Issue.record("\(name) is no list"); continue }
        }
    }

    private func invoice(_ number: String, of user: Int64, _ pdf: String) async throws {
        let owner = try Registry().owner
        // How it was booked is billing's own matter; here it only has to be there.
        try await owner.run("ALTER TABLE billing.ledger_entry DISABLE TRIGGER ledger_entry_balanced")
        let entry: Int64 = try await owner.run(
            """
            INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, balance_after, cause, created_at)
            VALUES (\(user), -585, 'EUR', 'Payment', 'charging', 'balance', -585, \(number), now())
            RETURNING id
            """)
        try await owner.run(
            """
            INSERT INTO billing.invoice (number, kind, issued_at, user_id, ledger_entry_id, seller, buyer, lines, net, vat,
                vat_hundredths, gross, currency, pdf)
            VALUES (\(number), 'invoice', now(), \(user), \(entry), '{}', '{}', '[]', 542, 43, 800, 585, 'EUR',
                \(pdf)::bytea)
            """)
    }

    @Test(.accountsUp(["REQUEST_TIMEOUT_SECONDS": "30"]))
    func `is made ten times an hour`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")

        for _ in 1...10 { #expect(try await up.get("/api/v1/users/me/export", as: anna.token).status == 200) }
        let next = try await up.get("/api/v1/users/me/export", as: anna.token)

        #expect(next.status == 429 && next.code == 2017)
    }
}

@Suite(.accountsUp) struct `Erasing oneself` {
    @Test func `leaves nothing that tells who it was, and keeps what is money`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.register("anna", ["email": "anna@example.org", "name": "Anna Nowak"])
        _ = try await up.patch(
            "/api/v1/users/me", ["first_name": "Anna", "phone": "+420601234567", "city": "Brno"],
            as: anna.token)
        try await up.rows.tag("ANNASTAG", of: anna.id)
        let offer = try await up.post(
            "/api/v1/users/me/two-factor", ["method": "totp", "password": .string(anna.password)],
            as: anna.token)
        #expect(offer.status == 202)
        try await registry.owner.run(
            """
            INSERT INTO accounts.notification (user_id, title, message, type, created_at)
            VALUES (\(anna.id), 'Hello Anna', 'Anna Nowak charged', 'system', now())
            """)

        #expect(try await up.delete("/api/v1/users/\(anna.id)", as: anna.token).status == 204)

        #expect(try await up.get("/api/v1/users/me", as: anna.token).status == 401)
        let tables: [StaticString] = [
            "account", "login_session", "login_event", "tag", "two_factor", "notification", "password_reset",
            "avatar",
        ]
        for table in tables {
            let rows = try await registry.text(of: table)
            for trace in ["anna", "Anna", "Nowak", "601234567", "Brno", "127.0.0.1"] {
                #expect(!rows.contains(trace), "\(table) holds \(trace)")
            }
        }
        // The name is free again.
        #expect(try await up.register("anna", ["email": "anna@example.org"]).id != anna.id)
    }

    @Test func `waits until the meetings that one gives are over`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (tutor, student) = (try await up.register("tutor"), try await up.register("student"))
        try await registry.owner.run(
            """
            WITH slot AS (
                INSERT INTO accounts.time_slot (tutor_id, start_time, end_time, is_available, created_at)
                VALUES (\(tutor.id), now() + interval '1 day', now() + interval '25 hours', false, now())
                RETURNING id
            )
            INSERT INTO accounts.meeting (slot_id, tutor_id, student_id, subject, created_at)
            SELECT id, \(tutor.id), \(student.id), 'Charging', now() FROM slot
            """)

        let refused = try await up.delete("/api/v1/users/\(tutor.id)", as: tutor.token)
        #expect(refused.status == 409 && refused.code == 2031)

        try await registry.owner.run("UPDATE accounts.meeting SET status = 'completed'")
        #expect(try await up.delete("/api/v1/users/\(tutor.id)", as: tutor.token).status == 204)
    }
}
