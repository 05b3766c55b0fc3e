import Core
import Foundation
import TestSupport
import Testing

/// What operators and drivers read and take away, through the proxy.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `Reports, logs and exports` {
    @Test(.fact(98, 99)) func `are for those who run the network, and say what is wrong with a question`()
        async throws
    {
        let network = try await Network.make("Reader")
        let (admin, driver) = (network.admin, network.driver)

        for path in ["report/month?from=2026-10-01&to=2026-10-31", "log/sys", "reports/dashboard"] {
            #expect(try await driver.call("GET", "/api/v1/\(path)").status == 403)
            #expect(try await admin.call("GET", "/api/v1/\(path)").status == 200)
        }
        let open = try await admin.call("GET", "/api/v1/report/month?from=2026-10-01")
        #expect(open.status == 400)
        #expect(
            try open.json["status_message"]?.text == "Failed to get report: parameter 'to' is missing")
        let unknown = try await admin.call("GET", "/api/v1/log/foo")
        #expect(unknown.status == 404)
        #expect(try unknown.json["status_message"]?.text == "Failed to get log: unknown log name")
        try await eventually("the log tells of requests that were refused") {
            let lines = try await admin.get("/api/v1/log/back?limit=1000").list
            return lines.contains {
                $0["text"]?.text?.hasPrefix("GET /api/v1/log/:name 403 user \(network.driverID) ") == true
            }
                ? true : nil
        }
    }

    @Test(.fact(101)) func `show a person's own acts, and no secret of anybody`() async throws {
        let network = try await Network.make("Audited")
        let rival = try await Network.make("Rival")

        let own = try await network.driver.get("/api/v1/auditLogs/?per_page=100")
        let entries = own["items"]?.list ?? []
        #expect(!entries.isEmpty)
        #expect(entries.allSatisfy { $0["user_id"] == .integer(network.driverID) })
        let foreign = try await network.driver.call("GET", "/api/v1/auditLogs/?user_id=\(rival.driverID)")
        #expect(foreign.status == 403)
        let all = try await network.admin.call("GET", "/api/v1/auditLogs/?per_page=100")
        #expect(all.status == 200)
        let secrets = ["Story-Driver-1", network.password, rival.password, network.driver.token ?? "none"]
        for secret in secrets { #expect(!all.text.contains(secret)) }
    }

    @Test(.fact(100)) func `are taken away by their owner alone`() async throws {
        let network = try await Network.make("Taker")
        let rival = try await Network.make("Thief")
        let (admin, driver) = (network.admin, network.driver)
        let lot = try await admin.post(
            "/api/admin/pkl/create",
            [
                "prime_location_name": "Harbour", "address": "=Long Street 12", "pin_code": "123456",
                "price": 250, "number_of_spots": 2,
            ])
        let id = try #require(lot["id"]?.whole)
        _ = try await driver.post("/api/user/pkl/book/\(id)", ["vehicle_number": "ABC123"])

        let task = try await driver.post("/api/user/export-csv", [:], expecting: 202)["task_id"]?.text
        let asked = "/api/user/export-status/\(try #require(task))"
        let result = try await eventually("the export is made") {
            let status = try await driver.get(asked)
            return status["state"] == "SUCCESS" ? status["result"] : nil
        }
        let file = "/api/user/download-csv/\(try #require(result["filename"]?.text))"

        let csv = try await driver.call("GET", file)
        #expect(csv.status == 200)
        #expect(csv.headers["content-disposition"]?.hasPrefix("attachment") == true)
        let lines = csv.text.components(separatedBy: "\r\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains(",Harbour,'=Long Street 12,"))
        #expect(lines[1].contains(",Still Parked,N/A,"))
        #expect(try await rival.driver.call("GET", asked).status == 404)
        #expect(try await rival.driver.call("GET", file).status == 404)
        let upwards = file.replacing("download-csv/", with: "download-csv/..%2F")
        #expect(try await driver.call("GET", upwards).status == 404)
    }
}
