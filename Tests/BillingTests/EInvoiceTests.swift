import Core
import Foundation
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `An electronic invoice` {
    private static let seller = [
        "SELLER_NAME": "Nabíječky & syn s.r.o.", "SELLER_ADDRESS": "Dlouhá 1, 110 00 Praha, CZ",
        "SELLER_TAX_ID": "CZ12345678", "SELLER_IBAN": "CZ6508000000192000145399",
    ]

    /// A paid session with energy, time and a discount, and its invoice.
    private static func open(
        rate: String = "21", language: String = "cs", funding: String = "balance",
        _ body: @Sendable (BillingHouse, Person, JSONValue) async throws -> Void
    ) async throws {
        try await BillingHouse.open(seller.merging(["VAT_RATE_PERCENT": rate]) { $1 }) { house in
            let anna = try await house.person("anna")
            try await house.owner.run(
                "UPDATE accounts.account SET language = \(language) WHERE id = \(anna.id)" as Query<Void>)
            let price = FrozenPrice(
                rule: .plan("standard"), energyPrice: EnergyPrice(perKilowattHour: 35),
                timePrice: TimePrice(perHour: 120), freeMinutes: 60,
                discount: FrozenDiscount(code: "SUN10", value: .whole(10)), currency: .eur)
            try await house.point("CP-1")
            let session = try await house.store(
                SampleSession(driver: anna, funding: funding, energy: 15_432, minutes: 90, price: price))
            try await house.settled(session)
            if funding == "card" {
                try await house.save("card_1", of: anna)
                try await house.paid(session)
            }
            let invoice = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(session)])
            #expect(invoice.status == 201)
            try await body(house, anna, invoice.json)
        }
    }

    private static func path(_ invoice: JSONValue) throws -> String {
        "/invoices/\(try #require(invoice["id"]?.number))"
    }

    @Test(.house, .judged, arguments: ["0", "8", "21", "23"])
    func `is EN 16931 in both of its languages, at every rate`(rate: String) async throws {
        try await Self.open(rate: rate) { house, anna, invoice in
            let path = try Self.path(invoice)
            let ubl = try await house.call(.get, "\(path)/xml", as: anna)
            let cii = try await house.call(.get, "\(path)/xml?syntax=cii", as: anna)

            #expect(ubl.headers["Content-Type"] == "application/xml")
            #expect(try await Judge.complaints(about: ubl.bytes, as: .ubl) == [])
            #expect(try await Judge.complaints(about: cii.bytes, as: .cii) == [])
            let text = String(decoding: ubl.bytes, as: UTF8.self)
            #expect(text.contains("Nabíječky &amp; syn s.r.o."))
            #expect(text.contains("<cbc:PayableAmount currencyID=\"EUR\">0.00</cbc:PayableAmount>"))
        }
    }

    @Test(.house, .judged) func `with a wrong total is refused by both judges`() async throws {
        try await Self.open { house, anna, invoice in
            let path = try Self.path(invoice)
            let ubl = try await house.call(.get, "\(path)/xml", as: anna)
            let cii = try await house.call(.get, "\(path)/xml?syntax=cii", as: anna)
            let gross = try #require(invoice["gross_decimal"]?.text)

            let wrong = [
                String(decoding: ubl.bytes, as: UTF8.self).replacing(
                    ">\(gross)</cbc:TaxInclusiveAmount>", with: ">99.99</cbc:TaxInclusiveAmount>"),
                String(decoding: cii.bytes, as: UTF8.self).replacing(
                    ">\(gross)</ram:GrandTotalAmount>", with: ">99.99</ram:GrandTotalAmount>"),
            ]

            let first = try await Judge.complaints(about: Array(wrong[0].utf8), as: .ubl)
            let second = try await Judge.complaints(about: Array(wrong[1].utf8), as: .cii)
            #expect(first.contains { $0.contains("BR-CO-15") }, "\(first)")
            #expect(second.contains { $0.contains("BR-CO-15") }, "\(second)")
        }
    }

    @Test(.house, .judged) func `is embedded in the PDF where it is asked for`() async throws {
        try await Self.open { house, anna, invoice in
            let path = try Self.path(invoice)
            let plain = try await house.call(.get, "\(path)/pdf", as: anna)
            let hybrid = try await house.call(.get, "\(path)/pdf?einvoice=true", as: anna)

            #expect(hybrid.bytes.starts(with: plain.bytes))
            #expect(try await house.call(.get, "\(path)/pdf?einvoice=true", as: anna).bytes == hybrid.bytes)
            #expect(try await Judge.complaints(about: hybrid.bytes, as: .facturx) == [])
            #expect(try await Judge.complaints(about: plain.bytes, as: .facturx).isEmpty == false)
            #expect(try await Judge.text(of: hybrid.bytes) == Judge.text(of: plain.bytes))
        }
    }

    @Test(.house, .judged) func `of a refund is a credit note that names the invoice`() async throws {
        try await Self.open(funding: "card") { house, anna, invoice in
            let admin = try await house.person("admin", role: "admin")
            let session = try #require(invoice["charging_id"]?.number)
            let refund = try await house.call(
                .post, "/payment/refund/\(session)", as: admin, ["amount": 100, "reason": "Cable was broken"])
            #expect(refund.status == 200)
            let entries = try await house.call(.get, "/transactions?type=Refund", as: anna)
            let entry = try #require(entries.items.first?["id"]?.number)

            let note = try await house.call(
                .post, "/invoices", as: anna, ["transaction_id": .integer(entry)])

            #expect(note.json["kind"] == "correction")
            #expect(note.json["gross"] == -100)
            #expect(note.json["corrects"] == invoice["number"])
            let path = try Self.path(note.json)
            let ubl = try await house.call(.get, "\(path)/xml", as: anna)
            let cii = try await house.call(.get, "\(path)/xml?syntax=cii", as: anna)
            #expect(try await Judge.complaints(about: ubl.bytes, as: .ubl) == [])
            #expect(try await Judge.complaints(about: cii.bytes, as: .cii) == [])
            let number = try #require(invoice["number"]?.text)
            #expect(String(decoding: ubl.bytes, as: UTF8.self).contains("<cbc:ID>\(number)</cbc:ID>"))
            #expect(String(decoding: ubl.bytes, as: UTF8.self).contains("</CreditNote>"))
        }
    }

    @Test(.house) func `is the buyer's and administrators', in one of two languages`() async throws {
        try await Self.open { house, anna, invoice in
            let berta = try await house.person("berta")
            let admin = try await house.person("admin", role: "admin")
            let path = try Self.path(invoice)

            let answers = try await [
                house.call(.get, "\(path)/xml", as: berta), house.call(.get, "\(path)/xml", as: admin),
                house.call(.get, "\(path)/xml?syntax=edifact", as: anna),
                house.call(.get, "\(path)/pdf?einvoice=true", as: berta),
            ]

            #expect(answers.map(\.status) == [404, 200, 400, 404])
        }
    }
}
