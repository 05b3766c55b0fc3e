import Core
import Foundation
import HTTP
import Postgres
import ReportingService
import TestSupport
import Testing

@Suite struct `A report that is asked for` {
    private struct ReportAnswer: Decodable {
        var id: Int64
        var type: String
        var status: String
        var rows: Int64
        var error: String?
        var size: Int64?
        var download_url: String?
    }

    private var up: ReportingUp { .current }
    private var owner: Database {
        get throws { try FreshDatabase.current.database(as: .owner) }
    }

    private func ordered(_ body: String, as token: String) async throws -> ReportAnswer {
        let answer = try await up.send(.post, "/api/v1/reports", body, as: token)
        try #require(answer.status == 202, "\(answer.text)")
        return try JSONReader.decode(ReportAnswer.self, from: answer.body)
    }

    private func show(_ id: Int64, as token: String) async throws -> ReportAnswer {
        let answer = try await up.get("/api/v1/reports/\(id)", as: token)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONReader.decode(ReportAnswer.self, from: answer.body)
    }

    /// Asks for it, waits for it, takes it.
    private func made(_ type: String, _ format: String, scope: String = "self", as token: String) async throws
        -> (report: ReportAnswer, file: Answer)
    {
        let body =
            #"{"type":"\#(type)","from":"2026-10-01","to":"2026-10-31","format":"\#(format)","scope":"\#(scope)"}"#
        let id = try await ordered(body, as: token).id
        try await Wait.until { try await show(id, as: token).status != "pending" }
        let report = try await show(id, as: token)
        try #require(report.status == "ready", "\(report.error ?? "")")
        return (report, try await up.get("/api/v1/reports/\(id)/download", as: token))
    }

    private func charged(_ username: String, named name: String) async throws -> AccountsRows.Person {
        let person = try await up.rows.person(username)
        try await owner.run("UPDATE accounts.account SET name = \(name) WHERE id = \(person.id)")
        try await up.facts.end(Charge(person.id * 10, user: person.id, energy: 12_345, cost: 432))
        try await up.facts.end(
            Charge(person.id * 10 + 1, at: "2026-10-16T12:30:00Z", user: person.id, cost: 350))
        try await up.caughtUp()
        return person
    }

    @Test(.reportingUp, .fact(100)) func `is its owner's alone`() async throws {
        let anna = try await charged("anna", named: "Anna")
        let report = try await made("Usage", "csv", as: anna.token).report
        let bob = try await up.rows.person("bob")

        #expect(try await up.get("/api/v1/reports/\(report.id)", as: bob.token).status == 404)
        #expect(try await up.get("/api/v1/reports/\(report.id)/download", as: bob.token).status == 404)
        #expect(try await up.send(.delete, "/api/v1/reports/\(report.id)", as: bob.token).status == 404)
        #expect(try await up.get("/api/v1/reports/..%2F\(report.id)/download", as: anna.token).status == 404)
    }

    @Test(.reportingUp) func `holds one's own sessions, and no cell that is a formula`() async throws {
        let anna = try await charged("anna", named: "=HYPERLINK(\"http://evil\",\"x\")")
        _ = try await charged("bob", named: "Bob")

        let file = try await made("Usage", "csv", as: anna.token).file

        let lines = file.text.split(separator: "\r\n").map(String.init)
        #expect(file.headers["Content-Type"] == "text/csv; charset=utf-8")
        #expect(lines.first == "Session,Start,End,Charge point,Driver,Energy kWh,Amount EUR")
        #expect(lines.count == 3)
        #expect(
            lines[1] == "\(anna.id * 10),2026-10-15T11:30:00Z,2026-10-15T12:30:00Z,CP1,"
                + #""'=HYPERLINK(""http://evil"",""x"")",12.35,4.32"#)
    }

    @Test(.reportingUp) func `shows money that was paid as a number, also below zero`() async throws {
        let anna = try await up.rows.person("anna")
        try await owner.session { session in
            try await session.runScript(
                """
                -- Reporting reads entries; that they balance is billing's affair.
                ALTER TABLE billing.ledger_entry DISABLE TRIGGER USER;
                INSERT INTO billing.ledger_entry (user_id, amount, currency, type, subject, funding, balance_after, cause,
                    created_at)
                SELECT \(anna.id), -432, 'EUR', 'Payment', 'charging', 'balance', 0, 'test', '2026-10-15T12:30:00Z';
                """, within: .seconds(5))
        }

        let file = try await made("Cost", "csv", as: anna.token).file

        #expect(file.text.contains(",balance,-4.32\r\n"))
    }

    @Test(.reportingUp) func `opens as a spreadsheet elsewhere`() async throws {
        let anna = try await charged("anna", named: "=1+1 & <b>")
        let bytes = try await made("Usage", "xlsx", as: anna.token).file.body
        let path = "\(up.outbox)/sheet.xlsx"
        try Data(bytes).write(to: URL(filePath: path))

        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = [
            "python3", "-c",
            """
            import sys, zipfile
            from xml.etree import ElementTree as tree
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            for name in archive.namelist():
                tree.fromstring(archive.read(name))
            ns = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
            sheet = tree.fromstring(archive.read('xl/worksheets/sheet1.xml'))
            assert not sheet.findall('.//%sf' % ns)
            for row in sheet.iter(ns + 'row'):
                print('|'.join(''.join(cell.itertext()) for cell in row))
            """, path,
        ]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()

        #expect(python.terminationStatus == 0)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last?.hasSuffix("|CP1|=1+1 & <b>|10.00|3.50") == true, "\(text)")
    }

    @Test(.reportingUp, arguments: ["en", "pl", "cs"])
    func `is printed in its reader's language, and told of by mail`(language: String) async throws {
        let anna = try await charged("anna", named: "Anna")
        try await owner.run("UPDATE accounts.account SET language = \(language) WHERE id = \(anna.id)")

        let (report, file) = try await made("Usage", "pdf", as: anna.token)

        #expect(file.headers["Content-Type"] == "application/pdf")
        #expect(file.text.hasPrefix("%PDF-1.4"))
        #expect(Int64(file.body.count) == report.size)
        #expect(report.download_url?.hasSuffix("/api/v1/reports/\(report.id)/download") == true)
        let letters: [String] = try await owner.run("SELECT recipient FROM reporting.mail")
        let sent = try FileManager.default.contentsOfDirectory(atPath: up.outbox).filter {
            $0.hasSuffix(".eml")
        }
        #expect(letters.count + sent.count == 1)
    }

    @Test(.reportingUp, arguments: ["Usage", "Cost", "Statistics", "Invoice"])
    func `is made for the whole network when an administrator asks`(type: String) async throws {
        let anna = try await charged("anna", named: "Anna")
        let chief = try await up.admin()
        for format in ["pdf", "csv", "xlsx"] {
            let file = try await made(type, format, scope: "all", as: chief).file
            #expect(file.status == 200 && !file.body.isEmpty)
            if type == "Usage" && format == "csv" { #expect(file.text.contains("\(anna.id * 10),")) }
        }
    }

    @Test(.reportingUp) func `is refused where it would tell of others, or of too long a time`() async throws
    {
        let anna = try await up.rows.person("anna")
        func status(_ body: String) async throws -> Int {
            try await up.send(.post, "/api/v1/reports", body, as: anna.token).status
        }

        #expect(try await status(#"{"type":"Statistics","from":"2026-10-01","to":"2026-10-02"}"#) == 403)
        #expect(
            try await status(#"{"type":"Usage","scope":"all","from":"2026-10-01","to":"2026-10-02"}"#) == 403)
        #expect(try await status(#"{"type":"Usage","from":"2025-10-01","to":"2026-10-02"}"#) == 400)
        #expect(try await status(#"{"type":"Usage","from":"2026-10-05","to":"2026-10-02"}"#) == 400)
        #expect(try await status(#"{"type":"Gossip","from":"2026-10-01","to":"2026-10-02"}"#) == 400)
        #expect(try await status(#"{"type":"Usage","to":"2026-10-02"}"#) == 400)
    }

    @Test(.reportingUp) func `goes after a week with its file`() async throws {
        let anna = try await charged("anna", named: "Anna")
        let report = try await made("Usage", "csv", as: anna.token).report
        let folder = "\(up.outbox)/files"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report-\(report.id).csv"])

        // The log-in lasts longer than the report.
        up.clock.advance(by: .seconds(8 * 86_400))

        try await Wait.until {
            try await up.get("/api/v1/reports/\(report.id)", as: anna.token).status == 404
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
