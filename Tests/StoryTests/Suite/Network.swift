import Core
import Foundation
import Testing

/// A driver with a card, a plan and money, and a charge point for them: made through the API, as an operator makes them.
struct Network: Sendable {
    let admin: Caller
    let driver: Caller
    let driverID: Int64
    let point: String
    let password: String
    let card: String
    let plan: String

    /// - Parameter name: tells this story's things from those of others in the same suite.
    static func make(_ name: String, balance: Int64 = 10_000) async throws -> Network {
        let admin = try await Caller.admin()
        let plan = "\(name)-plan"
        try await admin.post(
            "/api/v1/payment-plans",
            [
                "plan_id": .string(plan), "price_per_kwh": 35, "price_per_hour": 120, "free_minutes": 60,
                "description": "the story's",
            ])
        let email = "\(name.lowercased())@stories.example"
        try await admin.post(
            "/api/v1/users/create",
            [
                "username": .string(name), "password": "Story-Driver-1", "name": "Ada Žižka",
                "email": .string(email), "payment_plan": .string(plan),
            ])
        let card = "CARD\(name.uppercased().prefix(12))"
        try await admin.post(
            "/api/v1/user-tags/create", ["username": .string(name), "id_tag": .string(card)])
        let point = "CP-\(name)"
        let password = "point-password-\(name)"
        try await admin.post(
            "/api/v1/charge-points",
            [
                "charge_point_id": .string(point), "title": "The story's", "access_type": "public",
                "access_level": 0, "password_required": true,
                "connectors": [["connector_id": 1, "type": "Type2", "power": 11_000]],
            ])
        try await admin.post(
            "/api/v1/charge-points/\(point)/password", ["password": .string(password)], expecting: 200)
        let driver = try await Caller.loggedIn(email, "Story-Driver-1")
        let id = try #require(try await driver.get("/api/v1/users/me")["id"]?.whole)
        if balance > 0 {
            try await admin.post(
                "/api/v1/transactions/",
                [
                    "user_id": .integer(id), "amount": .integer(balance), "type": "TopUp",
                    "description": "cash",
                ])
        }
        return Network(
            admin: admin, driver: driver, driverID: id, point: point, password: password, card: card,
            plan: plan)
    }

    /// The driver's money, and what was taken from it.
    func balance() async throws -> Int64 {
        try #require(try await driver.get("/api/v1/payment/balance")["balance"]?.whole)
    }

    func payments(of session: Int64) async throws -> [JSONValue] {
        let page = try await driver.get("/api/v1/transactions/?type=Payment&per_page=100")
        return (page["items"]?.list ?? []).filter { $0["charging_id"]?.whole == session }
    }

    /// The session once billing has settled it.
    func settled(_ session: Int64) async throws -> JSONValue {
        try await eventually("the session \(session) is settled", within: .seconds(60)) {
            let answer = try await driver.call("GET", "/api/v1/transactions/info/\(session)")
            // Meanwhile a service may be away.
            guard answer.status == 200 else { return nil }
            let shown = try answer.json
            return shown["is_finished"] == true && shown["payment_billed"] != 0 ? shown : nil
        }
    }
}
