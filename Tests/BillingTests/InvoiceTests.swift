import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `An invoice` {
    private static func payment(_ house: BillingHouse, of person: Person, point: String = "CP-1") async throws
        -> Int64
    {
        let number = try await house.store(SampleSession(point: point, driver: person))
        try await house.settled(number)
        return number
    }

    @Test(.house, .fact(77)) func `parts gross into net and VAT`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            let berta = try await house.person("berta")
            try await house.topUp(anna, 108, by: admin)
            let entry = try await house.call(
                .post, "/transactions", as: admin,
                ["user_id": .integer(anna.id), "amount": 108, "type": "Payment", "description": "Lost card"])
            let number = try #require(entry.json["id"]?.number)

            let invoice = try await house.call(
                .post, "/invoices/", as: admin, ["transaction_id": .integer(number)])

            #expect(invoice.status == 201)
            #expect(invoice.json["net"] == 100)
            #expect(invoice.json["vat"] == 8)
            #expect(invoice.json["gross"] == 108)
            #expect(invoice.json["vat_rate"] == "8.00")
            #expect(invoice.json["number"] == "VB2026/000001")
            #expect(invoice.json["buyer"]?["name"] == "anna Tester")
            let path = try #require(invoice.json["pdf_url"]?.text)
            let pdf = try await house.call(.get, path, as: anna)
            #expect(pdf.status == 200)
            #expect(pdf.headers["Content-Type"] == "application/pdf")
            #expect(pdf.bytes.starts(with: Array("%PDF-".utf8)))
            #expect(try await house.call(.get, path, as: anna).bytes == pdf.bytes)
            #expect(try await house.call(.get, path, as: berta).status == 404)
        }
    }

    @Test(.house, .fact(76)) func `has the next number, without a gap, and exists once`()
        async throws
    {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let sessions = [
                try await Self.payment(house, of: anna),
                try await Self.payment(house, of: berta, point: "CP-2"),
            ]
            let people = [anna, berta]

            let failing = try await house.call(.post, "/invoices", as: anna, ["transaction_id": 987_654])
            let numbers = try await withThrowingTaskGroup(of: String?.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        let answer = try await house.call(
                            .post, "/invoices", as: people[index % 2],
                            ["charging_id": .integer(sessions[index % 2])])
                        #expect([200, 201].contains(answer.status))
                        return answer.json["number"]?.text
                    }
                }
                return try await group.reduce(into: Set<String>()) {
                    if let number = $1 { $0.insert(number) }
                }
            }

            #expect(failing.status == 404)
            #expect(numbers == ["VB2026/000001", "VB2026/000002"])
            let again = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(sessions[0])])
            #expect(again.status == 200)
        }
    }

    @Test(.house) func `shows energy and time line by line, adding up to the whole`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await Self.payment(house, of: anna)

            let invoice = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(session)])

            let lines = invoice.json["lines"]?.elements ?? []
            #expect(lines.map { $0["gross"] } == [525, 60])
            #expect(lines.map { $0["quantity"] } == ["15.000", "30"])
            #expect(lines.compactMap { $0["net"]?.number }.reduce(0, +) == invoice.json["net"]?.number)
            #expect(invoice.json["charging_id"] == .integer(session))
        }
    }

    @Test(.house) func `is refused for what is no payment, or not paid yet`() async throws {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            try await house.topUp(anna, 500, by: admin)
            let entry = try await house.call(.get, "/transactions", as: anna).items.first?["id"]
            let unpaid = try await house.store(SampleSession(driver: anna, funding: "card"))
            try await house.settled(unpaid)

            let topUp = try await house.call(
                .post, "/invoices", as: anna, ["transaction_id": try #require(entry)])
            let card = try await house.call(.post, "/invoices", as: anna, ["charging_id": .integer(unpaid)])

            #expect(topUp.status == 400)
            #expect(card.status == 409)
            #expect(card.code == 3008)
        }
    }

    @Test(.house, .fact(76)) func `has no gap before or behind it, whoever issues a hundred at once`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            var sessions: [Int64] = []
            for index in 0..<100 {
                let driver = try await house.person("driver\(index)")
                sessions.append(
                    try await house.store(SampleSession(point: "CP-\(index)", driver: driver, minutes: 10)))
            }
            try await house.caughtUp()

            let issued = sessions
            let numbers = try await withThrowingTaskGroup(of: String?.self) { group in
                for session in issued {
                    group.addTask {
                        let answer = try await house.call(
                            .post, "/invoices", as: admin, ["charging_id": .integer(session)])
                        #expect(answer.status == 201, "\(String(decoding: answer.bytes, as: UTF8.self))")
                        return answer.json["number"]?.text
                    }
                    // Nothing of it, and no number used up by it.
                    group.addTask {
                        try await house.call(.post, "/invoices", as: admin, ["transaction_id": 987_654])
                            .json["number"]?.text
                    }
                }
                return try await group.reduce(into: [String]()) { if let number = $1 { $0.append(number) } }
            }

            let expected = (1...100).map { "VB2026/\(String(repeating: "0", count: 6 - "\($0)".count))\($0)" }
            #expect(numbers.sorted() == expected)
        }
    }

    /// Two processes on one database: each prints with the number that it expects.
    @Test(.house, .fact(76)) func `has no gap either where two instances issue at once`() async throws {
        try await BillingHouse.open { one in
            try await BillingHouse.open { other in
                let admin = try await one.person("admin", role: "admin")
                var sessions: [Int64] = []
                for index in 0..<12 {
                    let driver = try await one.person("driver\(index)")
                    sessions.append(
                        try await one.store(SampleSession(point: "CP-\(index)", driver: driver, minutes: 10)))
                }
                try await one.caughtUp()

                let issued = sessions
                let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                    for (index, session) in (issued + issued).enumerated() {
                        group.addTask {
                            let answer = try await (index.isMultiple(of: 2) ? one : other).call(
                                .post, "/invoices", as: admin, ["charging_id": .integer(session)])
                            return (answer.status, answer.json["number"]?.text ?? "")
                        }
                    }
                    return try await group.reduce(into: [(Int, String)]()) { $0.append($1) }
                }

                let expected = (1...12).map { "VB2026/0000\($0 < 10 ? "0" : "")\($0)" }
                #expect(answers.filter { $0.0 == 201 }.map(\.1).sorted() == expected)
                #expect(answers.filter { $0.0 == 200 }.map(\.1).sorted() == expected)
            }
        }
    }
}
