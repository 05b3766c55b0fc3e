import Core
import Foundation
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `A printed invoice` {
    private static let words: [String: [String]] = [
        "en": [
            "Invoice", "Energy at", "Time beyond 60 free minutes", "Discount SUN10, 10 %", "20 November 2026",
            "5.40",
        ],
        "pl": [
            "Faktura", "Energia,", "powyżej 60 bezpłatnych minut", "Rabat SUN10, 10 %", "20.11.2026", "5,40",
        ],
        "cs": [
            "daňový doklad", "Energie,", "nad 60 minut zdarma", "Sleva SUN10, 10 %", "20. 11. 2026", "5,40",
        ],
    ]

    @Test(.house, .judged, arguments: ["en", "pl", "cs"])
    func `says in the buyer's language what was bought, how it was paid, and repeats it for machines`(
        language: String
    ) async throws {
        try await BillingHouse.open([
            "SELLER_NAME": "Nabíječky s.r.o.", "SELLER_ADDRESS": "Dlouhá 1, 110 00 Praha, CZ",
            "SELLER_TAX_ID": "CZ12345678", "SELLER_IBAN": "CZ6508000000192000145399",
            "VAT_RATE_PERCENT": "21",
        ]) { house in
            let anna = try await house.person("anna")
            try await house.owner.run(
                """
                UPDATE accounts.account SET language = \(language), first_name = 'Zażółć', last_name = 'Gęślą-Jaźň'
                WHERE id = \(anna.id)
                """ as Query<Void>)
            try await house.point("CP-1")
            let price = FrozenPrice(
                rule: .plan("standard"), energyPrice: EnergyPrice(perKilowattHour: 35),
                timePrice: TimePrice(perHour: 120), freeMinutes: 60,
                discount: FrozenDiscount(code: "SUN10", value: .whole(10)), currency: .eur)
            let session = try await house.store(
                SampleSession(driver: anna, energy: 15_432, minutes: 90, price: price))
            try await house.settled(session)

            let invoice = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(session)])
            let pdf = try await house.call(.get, try #require(invoice.json["pdf_url"]?.text), as: anna)

            let text = try await Judge.text(of: pdf.bytes).replacing("\u{A0}", with: " ")
            for part in (Self.words[language] ?? []) + [
                "VB2026/000001", "Zażółć Gęślą-Jaźň", "Nabíječky s.r.o.", "Point CP-1, Square 7",
                "CZ65 0800 0000 1920 0014 5399", "21 %",
            ] {
                #expect(text.contains(part), "\(part) is not in \(text)")
            }
            let codes = try await Judge.complaints(about: pdf.bytes, as: .codes)
            #expect(codes.count == 1)
            #expect(codes.first?.hasPrefix("SID*1.0*ID:VB2026/000001*DD:20261120*AM:5.40*CC:EUR") == true)
        }
    }

    /// As it is when the process ends between the number and the paper.
    @Test(.house) func `is printed a minute later where nobody printed it, and stays as it is`() async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            var sessions: [Int64] = []
            for point in ["CP-1", "CP-2"] {
                sessions.append(try await house.store(SampleSession(point: point, driver: anna)))
            }
            try await house.caughtUp()
            let printed = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(sessions[0])])
            #expect(printed.status == 201)
            let owner = house.owner
            let unprinted: Int64 = try await owner.run(
                """
                INSERT INTO billing.invoice (number, kind, issued_at, user_id, ledger_entry_id, charging_id, seller, buyer,
                    lines, net, vat, vat_hundredths, gross, currency, supplied_at, language, funding, paper)
                SELECT 'VB2026/000002', 'invoice', issued_at, invoice.user_id, entry.id, entry.charging_id, seller, buyer,
                    lines, net, vat, vat_hundredths, gross, invoice.currency, supplied_at, language, invoice.funding, paper
                FROM billing.invoice AS invoice
                JOIN billing.ledger_entry AS entry ON entry.charging_id = \(sessions[1]) AND entry.type = 'Payment'
                WHERE invoice.charging_id = \(sessions[0])
                RETURNING id
                """)

            house.clock.advance(by: .seconds(61))

            try await BillingHouse.eventually("both are printed") {
                try await owner.run("SELECT count(*) FROM billing.invoice_document" as Query<Int64>) == 2
            }
            let kept: Octets = try await owner.run(
                "SELECT pdf FROM billing.invoice_document WHERE invoice_id = \(unprinted)")
            let shown = try await house.call(.get, "/invoices/\(unprinted)/pdf", as: anna)
            #expect(shown.bytes == kept.bytes)
            #expect(shown.bytes.starts(with: Array("%PDF-".utf8)))
            await #expect(throws: (any Error).self) {
                try await owner.run("UPDATE billing.invoice_document SET pdf = ''" as Query<Void>)
            }
        }
    }
}
