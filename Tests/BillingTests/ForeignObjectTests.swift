import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `Every route of billing` {
    /// Shown to everybody who is logged in, or named by nobody's object.
    private static let exempt: Set = [
        "GET /api/v1/payment-plans/:id", "GET /api/v1/points/thresholds/:id",
        "GET /api/v1/transactions/list/:period",
        // The pages of the sandbox stand for a bank's: whoever has the address of an order decides about it.
        "GET /api/v1/payment/sandbox/:order", "POST /api/v1/payment/sandbox/:order",
    ]

    /// What is somebody's, by the beginning of the paths that lead to it.
    private func objects(of anna: Person, by admin: Person, in house: BillingHouse) async throws -> [(
        prefix: String, id: Int64
    )] {
        func made(_ path: String, as person: Person, _ body: JSONValue) async throws -> Int64 {
            let answer = try await house.call(.post, path, as: person, body)
            #expect([200, 201].contains(answer.status), "\(path): \(answer)")
            return try #require(answer.json["id"]?.number ?? answer.json["order"]?.number)
        }
        let driver = try await house.person("driver")
        try await house.point("CP-A", owner: anna)
        let earned = try await house.store(
            SampleSession(point: "CP-A", driver: driver, host: anna, energy: 28_572, minutes: 50))
        try await house.settled(earned)
        let account = try await house.call(
            .put, "/payouts/account", as: anna,
            ["holder": "Anna", "iban": "DE89 3704 0044 0532 0130 00", "address": "Dlouhá 7, 110 00 Praha"])
        #expect(account.status == 200)
        house.clock.advance(by: .seconds(40 * 86_400))
        let month = String(Timestamp.text(house.clock.now - 40 * 86_400).prefix(7))
        let drafts = try await house.call(.post, "/payouts", as: admin, ["month": .string(month)])
        #expect(drafts.json["created"] == 1)
        let payouts = try await house.call(.get, "/payouts", as: anna).items

        try await house.topUp(anna, 108, by: admin)
        let entry = try await made(
            "/transactions", as: admin, ["user_id": .integer(anna.id), "amount": 108, "type": "Payment"])
        let invoice = try await made("/invoices", as: admin, ["transaction_id": .integer(entry)])
        let session = try await house.unpaidSession(of: anna)
        let order = try await made("/payment/order", as: anna, ["transaction_id": .integer(session)])
        _ = try await house.call(
            .post, "/points", as: admin,
            ["user_id": .integer(anna.id), "points": 10, "description": "By hand"])
        let points = try await house.call(.get, "/points", as: anna).items
        let discount = try await made("/discounts", as: admin, ["code": "MOON", "value": 1])
        return [
            ("/api/v1/payment/orders/", order), ("/api/v1/payment/refund/order/", order),
            ("/api/v1/payment/", session), ("/api/v1/transactions/info/", session),
            ("/api/v1/transactions/", entry), ("/api/v1/invoices/", invoice),
            ("/api/v1/payouts/", try #require(payouts.first?["id"]?.number)),
            ("/api/v1/points/thresholds/", 1), ("/api/v1/points/", try #require(points.first?["id"]?.number)),
            ("/api/v1/discounts/", discount), ("/api/v1/payment-plans/", 1),
        ]
    }

    @Test(.house) func `about one thing keeps it from whom it does not belong to`() async throws {
        let seller = [
            "HOST_COMMISSION_PERCENT": "10", "SELLER_NAME": "Nabíječky s.r.o.",
            "SELLER_IBAN": "CZ65 0800 0000 1920 0014 5399",
        ]
        try await BillingHouse.open(seller) { house in
            let admin = try await house.person("admin", role: "admin")
            let (anna, thief) = (try await house.person("anna"), try await house.person("thief"))
            let objects = try await objects(of: anna, by: admin, in: house)
            // Whatever a route asks for, so that nothing but the right stands in the way.
            let body: JSONValue = [
                "amount": 1, "email": "thief@example.org", "plan_id": "x", "code": "X", "value": 1,
                "points_required": 1, "discount_value": "1", "description": "x",
            ]
            var asked = 0
            for guarded in house.routes where guarded.route.pattern.description.contains("/:") {
                let (method, pattern) = (guarded.route.method, guarded.route.pattern.description)
                let name = "\(method.rawValue) \(pattern)"
                guard !Self.exempt.contains(name) else { continue }
                let id = try #require(
                    objects.first { pattern.hasPrefix($0.prefix) }?.id, "\(pattern): what is foreign there?")
                let target = pattern.split(separator: "/", omittingEmptySubsequences: false)
                    .map { $0.hasPrefix(":") ? "\(id)" : String($0) }.joined(separator: "/")

                let answer = try await house.call(
                    method, target, as: thief, [.get, .delete].contains(method) ? nil : body)

                #expect([403, 404].contains(answer.status), "\(name) as \(target): \(answer)")
                asked += 1
            }
            #expect(asked > 25)
        }
    }
}
