import BillingService
import Contracts
import Core
import Foundation
import HTTP
import Hosting
import Postgres
import Settings
import Tariff
import TestSupport
import Testing

@Suite struct `Billing's settings` {
    private static let needed = [
        "DATABASE_URL": "postgres://u:p@db/voltbus", "REDIS_URL": "redis://redis",
        "SECRET_KEY": String(repeating: "k", count: 32),
    ]

    @Test func `name every mistake at once`() {
        let wrong = [
            "DEFAULT_PRICE_PER_KWH": "-1", "DEFAULT_PRICE_PER_HOUR": "a lot", "VAT_RATE_PERCENT": "101",
            "HOST_COMMISSION_PERCENT": "8.123", "INVOICE_PREFIX": "VB/", "BALANCE_AUTO_STOP": "perhaps",
            "POINTS_PER_KWH": "1.5", "DISCOUNT_EXCHANGE_DAYS": "0", "PARKING_BILLING": "perhaps",
            "PAYMENT_PROVIDER": "bank", "PAYMENT_RUN_SECONDS": "1", "PAYMENT_RETRY_HOURS": "1,x",
            "CURRENCY_NUMERIC": "EUR", "SECRET_KEY": "short",
        ]

        let error = #expect(throws: BadSettings.self) {
            try BillingSettings(environment: Self.needed.merging(wrong) { $1 })
        }

        for name in wrong.keys { #expect(error?.description.contains(name) == true, "\(name)") }
    }

    @Test func `are in the README, each with its default`() throws {
        let readme = try String(
            contentsOfFile: #filePath.replacing("Tests/BillingTests/SettingTests.swift", with: "")
                + "Services/Billing/README.md", encoding: .utf8)
        var general = SettingsReader([:])
        _ = HostSettings(&general, for: .billing)
        let shared = Set(general.settings.map(\.name))

        for setting in BillingSettings.catalogue where !shared.contains(setting.name) {
            let standard = setting.standard.map { $0.isEmpty ? "empty" : $0 } ?? "required"
            #expect(readme.contains("| `\(setting.name)` | \(standard) |"), "\(setting.name), \(standard)")
        }
    }

    @Test(.house) func `price the first default plan, and no later one`() async throws {
        let prices = ["DEFAULT_PRICE_PER_KWH": "35", "DEFAULT_PRICE_PER_HOUR": "120"]
        try await BillingHouse.open(prices) { house in
            let anna = try await house.person("anna")
            let plan = try await house.call(.get, "/payment-plans", as: anna).items.first
            #expect(plan?["plan_id"] == "default")
            #expect(plan?["price_per_kwh"] == 35)
            #expect(plan?["price_per_hour"] == 120)
        }
        try await BillingHouse.open(["DEFAULT_PRICE_PER_KWH": "99"]) { house in
            let berta = try await house.person("berta")
            let plans = try await house.call(.get, "/payment-plans", as: berta).items
            #expect(plans.map { $0["price_per_kwh"] } == [35])
        }
    }

    @Test(.house) func `say what an invoice says: rate, prefix, year and seller`() async throws {
        let settings = [
            "VAT_RATE_PERCENT": "21", "INVOICE_PREFIX": "CZ", "SELLER_NAME": "Volt s.r.o.",
            "SELLER_ADDRESS": "Hlavní 1, Brno", "SELLER_TAX_ID": "CZ123", "CURRENCY": "CZK",
            "JOBS_TIMEZONE": "Pacific/Kiritimati",
        ]
        try await BillingHouse.open(settings) { house in
            // Half past ten at night of the last day of 2026 in Greenwich is 2027 on Kiritimati.
            house.clock.set(to: Date(timeIntervalSince1970: 1_798_756_200))
            let anna = try await house.person("anna")
            var sample = SampleSession(driver: anna, minutes: 10)
            sample.price = FrozenPrice(
                rule: .none, energyPrice: EnergyPrice(perKilowattHour: 807),
                currency: try #require(Currency(code: "CZK")))
            let number = try await house.store(sample)
            try await house.settled(number)

            let invoice = try await house.call(
                .post, "/invoices", as: anna, ["charging_id": .integer(number)])

            #expect(invoice.json["number"] == "CZ2027/000001")
            #expect(invoice.json["vat_rate"] == "21.00")
            #expect(invoice.json["gross"] == 12_105)
            #expect(invoice.json["net"] == 10_004)
            #expect(invoice.json["vat"] == 2_101)
            #expect(invoice.json["currency"] == "CZK")
            #expect(invoice.json["seller"]?["name"] == "Volt s.r.o.")
            #expect(invoice.json["seller"]?["address"] == "Hlavní 1, Brno")
            #expect(invoice.json["seller"]?["tax_id"] == "CZ123")
        }
    }

    @Test(.house) func `count requests of an address and of an account`() async throws {
        try await BillingHouse.open(["RATE_LIMIT_ACCOUNT": "3"]) { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            for _ in 0..<3 {
                #expect(try await house.call(.get, "/payment/balance", as: anna).status == 200)
            }
            let limited = try await house.call(.get, "/payment/balance", as: anna)
            #expect(limited.status == 429)
            #expect(limited.code == 2017)
            #expect(limited.headers["Retry-After"] != nil)
            #expect(try await house.call(.get, "/payment/balance", as: berta).status == 200)
        }
        try await BillingHouse.open(["RATE_LIMIT_ADDRESS": "2"]) { house in
            let carl = try await house.person("carl")
            var statuses: [Int] = []
            for _ in 0..<3 {
                statuses.append(try await house.call(.get, "/payment/balance", as: carl).status)
            }
            #expect(statuses == [200, 200, 429])
        }
    }

    @Test(.house, arguments: [("0", 0), ("100", 1_500), ("7", 105)] as [(String, Int64)])
    func `say how many points a kilowatt hour earns`(rate: String, points: Int64) async throws {
        try await BillingHouse.open(["POINTS_PER_KWH": rate]) { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna))
            try await house.settled(number)

            let earned: Int32 = try await house.owner.run(
                "SELECT points_earned FROM billing.settled_session WHERE session_id = \(number)")
            let held: Int64 = try await house.owner.run(
                "SELECT coalesce(max(points), 0) FROM billing.points WHERE user_id = \(anna.id)")
            #expect(Int64(earned) == points)
            #expect(held == points)
        }
    }
}
