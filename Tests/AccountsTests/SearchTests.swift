import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@testable import AccountsService

@Suite(.accountsUp) struct `A search by text` {
    /// Enough rows that reading all of them is dearer than looking them up.
    private static let rows = 20_000

    private func plan(of sql: SQL, in registry: Registry) async throws -> String {
        try await registry.owner.run("EXPLAIN \(sql)" as Query<[String]>).joined(separator: "\n")
    }

    @Test func `asks an index, whatever it looks for`() async throws {
        let (registry, now) = (try Registry(), Date(timeIntervalSince1970: 1_800_000_000))
        let count = Int32(Self.rows)
        try await registry.owner.run(
            """
            INSERT INTO accounts.site (name, latitude, longitude, address, created_at)
            SELECT 'Site ' || number, 50, 14, md5(number::text), now() FROM generate_series(1, \(count)) AS number
            """)
        try await registry.owner.run(
            """
            INSERT INTO accounts.charge_point (charge_point_id, title, created_at)
            SELECT 'CP' || number, md5(number::text), now() FROM generate_series(1, \(count)) AS number
            """)
        try await registry.owner.run(
            """
            INSERT INTO accounts.account (user_hex, username, created_at)
            SELECT md5('hex' || number), md5(number::text), now() FROM generate_series(1, \(count)) AS number
            """)
        try await registry.owner.run(
            """
            INSERT INTO accounts.question (question, created_at, updated_at)
            SELECT md5(number::text), now(), now() FROM generate_series(1, \(count)) AS number
            """)
        try await registry.owner.run(
            "ANALYZE accounts.site, accounts.charge_point, accounts.account, accounts.question")

        var (site, point, person) = (SiteFilter(), ChargePointFilter(), AccountFilter())
        (site.text, point.text, person.text) = ("c4ca42", "c4ca42", "c4ca42")
        var question = QuestionFilter(for: nil)
        question.text = "c4ca42"
        let staff = Viewer(nil)
        for (index, sql) in [
            ("site_text", Query<Int64>.countSites(site, for: staff, at: now).sql),
            ("charge_point_text", Query<Int64>.countChargePoints(point, for: staff, at: now).sql),
            ("account_text", Query<Int64>.countAccounts(person).sql),
            ("question_words", Query<Int64>.countQuestions(question).sql),
        ] {
            let plan = try await plan(of: sql, in: registry)
            #expect(plan.contains("Bitmap Index Scan on \(index)"), "\(plan)")
        }
    }

    @Test func `takes every character for itself, in any case`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        for name in ["100% Renewable", "Back\\slash", "Under_score", "Žižkov"] {
            _ = try await registry.site(name)
        }

        for (text, found) in [
            ("100%25", ["100% Renewable"]), ("0%25r", []), ("%25", ["100% Renewable"]),
            ("k%5Cs", ["Back\\slash"]),
            ("r_s", ["Under_score"]), ("b_ck", []), ("%C5%BDI%C5%BD", ["Žižkov"]),
        ] as [(String, [String])] {
            let answer = try await up.get("/api/v1/stations?order=asc&q=\(text)")
            #expect(answer["items"]?.elements.compactMap { $0["name"]?.text } == found, "\(text): \(answer)")
        }
    }
}
