import Core
import FoundationEssentials
import HTTP
import Postgres
import ReportingService
import TestSupport
import Testing

@Suite struct `A line of CSV` {
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("he said \"no\"", "\"he said \"\"no\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        ("=1+2", "'=1+2"), ("+49", "'+49"), ("-5", "'-5"), ("@cmd", "'@cmd"),
        ("=A1,\"x\"", "\"'=A1,\"\"x\"\"\""),
        ("\t=1", "'\t=1"), ("", ""), ("č=1", "č=1"),
    ])
    func `holds any text, and no formula`(cell: String, written: String) {
        var line = CSVLine()

        line.add(cell)
        line.add("x")
        line.end()

        #expect(String(decoding: line.take(), as: UTF8.self) == "\(written),x\r\n")
        #expect(line.bytes.isEmpty)
    }
}

private struct ExportState: Decodable {
    struct Result: Decodable {
        var status: String
        var filename: String
        var download_url: String
    }
    var state: String
    var result: Result?
}

@Suite(.reportingUp) struct `An export of the parking history` {
    private func finished(_ task: String, as token: String) async throws -> ExportState {
        let up = ReportingUp.current
        var state: ExportState?
        try await Wait.until {
            let answer = try await up.get("/api/user/export-status/\(task)", as: token)
            guard answer.status == 200 else { return false }
            state = try JSONReader.decode(ExportState.self, from: answer.body)
            return state?.state == "SUCCESS"
        }
        return try #require(state)
    }

    private func ask(_ body: String, as token: String) async throws -> String {
        let answer = try await ReportingUp.current.send(.post, "/api/user/export-csv", body, as: token)
        try #require(answer.status == 202, "\(answer.text)")
        struct Asked: Decodable { var task_id: String }
        return try JSONReader.decode(Asked.self, from: answer.body).task_id
    }

    @Test func `is made in the background, mailed, and downloaded by its owner`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let begin = try NetworkRows.at("2026-11-10T12:00:00Z")
        let rows = try NetworkRows()
        try await rows.park(anna.id, in: "Harbour, north", from: begin, to: begin + 5_400, cost: 450)
        try await rows.park(anna.id, in: "=Forest", from: begin + 9_000, to: nil, cost: 0)

        let done = try await finished(try await ask("{}", as: anna.token), as: anna.token)

        let result = try #require(done.result)
        #expect(result.status == "completed")
        #expect(result.filename.hasPrefix("parking_history_anna_20"))
        #expect(result.download_url.hasSuffix("/api/user/download-csv/\(result.filename)"))
        let file = try await up.get("/api/user/download-csv/\(result.filename)", as: anna.token)
        #expect(file.headers["Content-Type"] == "text/csv; charset=utf-8")
        let lines = file.text.split(separator: "\r\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("reservation_id,slot_id,spot_id,parking_lot_name"))
        #expect(lines[1].contains(",'=Forest,"))
        #expect(lines[1].contains(",Still Parked,N/A,0.00,EUR,Active,"))
        #expect(lines[2].contains(",\"Harbour, north\","))
        #expect(lines[2].contains(",2026-11-10T13:30:00Z,1.50,4.50,EUR,Completed,"))
        try await Wait.until { try up.mails().count == 1 }
        #expect(try up.mails()["anna@example.org"] != nil)
    }

    @Test(.fact(100)) func `is unknown to everybody else, and its name leads nowhere else`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let bert = try await up.rows.person("bert")
        let task = try await ask("{}", as: anna.token)
        let name = try #require(try await finished(task, as: anna.token).result).filename

        #expect(try await up.get("/api/user/export-status/\(task)", as: bert.token).status == 404)
        #expect(try await up.get("/api/user/export-status/nothing", as: anna.token).status == 404)
        #expect(try await up.get("/api/user/download-csv/\(name)", as: bert.token).status == 404)
        for wrong in ["..%2F\(name)", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "..", "\(task).csv"] {
            #expect(
                try await up.get("/api/user/download-csv/\(wrong)", as: anna.token).status == 404, "\(wrong)")
        }
        #expect(try await up.get("/api/user/download-csv/\(name)").status == 401)
    }

    @Test func `goes to another address when it is one`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let nobody = try await up.rows.person("nobody", email: "")

        _ = try await finished(
            try await ask(#"{"email":"other@example.org"}"#, as: anna.token), as: anna.token)
        try await Wait.until { try up.mails()["other@example.org"] != nil }

        let wrong = try await up.send(.post, "/api/user/export-csv", #"{"email":"nowhere"}"#, as: anna.token)
        #expect(wrong.status == 400)
        #expect(try await up.send(.post, "/api/user/export-csv", "{}", as: nobody.token).status == 400)
    }

    @Test func `goes when its time is over`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let name = try #require(
            try await finished(try await ask("{}", as: anna.token), as: anna.token).result
        ).filename

        up.clock.advance(by: .seconds(8 * 86_400))

        try await Wait.until {
            try await up.get("/api/user/download-csv/\(name)", as: anna.token).status == 404
        }
        #expect(try up.exports() == [])
    }
}
