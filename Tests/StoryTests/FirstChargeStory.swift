import Core
import Foundation
import TestSupport
import Testing

/// The main job, seen from outside: a charge point that is nobody's here, an app, an operator, and the real proxy between.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `The first charge` {
    @Test(.fact(52, 93, 95), .covers("TC_010", "TC_086"))
    func `comes over TLS, is watched live, priced, invoiced and reported`() async throws {
        // A suite that runs already may have told the story before, with other people.
        let name = ProcessInfo.processInfo.environment["STORY_NAME"] ?? "Ada"
        let network = try await Network.make(name)
        let suite = SuiteUp.current

        let told = try await Python.run(
            "first_charge.py",
            [
                "station_url": .string("wss://localhost:\(suite.stationTLSPort)/"),
                "app_url": .string("wss://localhost:\(suite.httpsPort)/ws"),
                "certificate": .string(suite.certificate), "point": .string(network.point),
                "password": .string(network.password), "token": .string(network.driver.token ?? ""),
            ])

        #expect(told["subprotocol"] == "ocpp1.6")
        #expect(told["boot"] == "Accepted")
        #expect(told["started"] == "Accepted")
        let session = try #require(told["transaction"]?.whole)
        let heard = told["heard"]?.list ?? []
        #expect(heard.contains { $0["status"] == "waiting" && $0["stage"] == "start" && $0["id"] == -1 })
        #expect(told["told"]?["info"] == .string("Transaction started: \(session)"))
        #expect(told["told"]?["progress"] == 100)
        #expect(heard.filter { $0["status"] == "value" }.map { $0["power"] } == [5_000, 10_000])
        #expect(heard.filter { $0["status"] == "value" }.map { $0["price"] } == [175, 350])
        #expect(heard.last?["info"] == .string("Transaction stopped: \(session)"))

        let shown = try await network.settled(session)
        #expect(shown["consumed"] == 15_000)
        #expect(shown["duration"] == 5_400)
        #expect(shown["payment_amount"] == 585)
        #expect(shown["price"] == 585)
        #expect(try await network.balance() == 10_000 - 585)

        try await expectInvoice(of: session, network)
        try await expectReport(network)
    }

    /// 585 gross at 8 %: net 542, VAT 43.
    private func expectInvoice(of session: Int64, _ network: Network) async throws {
        let invoice = try await network.driver.post("/api/v1/invoices/", ["charging_id": .integer(session)])
        let id = try #require(invoice["id"]?.whole)
        let pdf = try await network.driver.call("GET", "/api/v1/invoices/\(id)/pdf")
        #expect(pdf.status == 200)
        #expect(pdf.headers["content-type"] == "application/pdf")
        let file = SuiteUp.current.home.appending(path: "invoice.pdf")
        try pdf.body.write(to: file)
        let read = try await Tool.run("/usr/bin/pdftotext", ["-layout", file.path(), "-"])
        #expect(read.status == 0)
        let text = String(decoding: read.output, as: UTF8.self)
        let number = try #require(invoice["number"]?.text)
        for word in ["Nabíječky s.r.o.", "CZ12345678", "Ada Žižka", number, "5.42", "0.43", "5.85"] {
            #expect(text.contains(word), "the invoice says \(word)")
        }
    }

    private func expectReport(_ network: Network) async throws {
        let today = Clock.system.now
        let (from, to) = (Self.day(today - 2 * 86_400), Self.day(today + 86_400))
        let row = try await eventually("the report has the session") {
            let months = try await network.admin.get("/api/v1/report/charger?from=\(from)&to=\(to)")
            return months.list.first { $0["charge_point_id"] == .string(network.point) }
        }
        #expect(row["total"] == 15_000)
        #expect(row["count"] == 1)
        #expect(row["amount"] == 585)
        let months = try await network.admin.get("/api/v1/report/month?from=\(from)&to=\(to)")
        #expect(months.list.compactMap { $0["amount"]?.whole }.reduce(0, +) >= 585)
    }

    private static func day(_ date: Date) -> String {
        String(date.formatted(.iso8601).prefix(10))
    }
}
