import AccountsService
import Bus
import Contracts
import Core
import HTTP
import Hosting
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `What accounts keeps in the cache` {
    private let up = AccountsUp.current

    /// How often the cache had what was asked for.
    private func hits(_ entry: String) async throws -> Int {
        let figures = try await up.get("/metrics").text
        let line = figures.split(separator: "\n").first {
            $0.hasPrefix("voltbus_cache_reads_total{") && $0.contains("\"\(entry)\"")
                && $0.contains("\"hit\"")
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? 0
    }

    private func lot(by boss: AccountsRows.Person, _ more: [String: JSONValue] = [:]) async throws -> Int64 {
        let body: [String: JSONValue] = [
            "prime_location_name": "Central Square", "address": "Long Street 1, Prague", "pin_code": "110001",
            "number_of_spots": 2, "price": 250,
        ]
        let made = try await up.post(
            "/api/admin/pkl/create", .object(body.merging(more) { $1 }), as: boss.token)
        return try #require(made["id"]?.number, "\(made)")
    }

    private func free(as person: AccountsRows.Person) async throws -> Int64? {
        let list = try await up.get("/api/user/pkl/list", as: person.token)
        return list["items"]?.elements.first?["available_spots"]?.number
    }

    @Test func `of lots is read anew once somebody parks, leaves or changes them`() async throws {
        let (boss, anna) = (try await up.rows.person("boss", role: "admin"), try await up.rows.person("anna"))
        let id = try await lot(by: boss)
        func seen() async throws -> (Int64?, Int64?) {
            let one = try await up.get("/api/admin/pkl/\(id)", as: boss.token)
            return (try await free(as: anna), one["available_spots"]?.number)
        }
        #expect(try await seen() == (2, 2))
        let before = try await hits("parking_lots")
        #expect(try await seen() == (2, 2))
        #expect(try await hits("parking_lots") > before)
        #expect(try await hits("parking_spots") > 0)

        _ = try await up.post("/api/user/pkl/book/\(id)", ["vehicle_number": "1A"], as: anna.token)
        #expect(try await seen() == (1, 1))
        _ = try await up.post("/api/user/pkl/release", [:], as: anna.token)
        #expect(try await seen() == (2, 2))
        _ = try await up.patch("/api/admin/pkl/update/\(id)", ["number_of_spots": 5], as: boss.token)
        #expect(try await seen() == (5, 5))
        _ = try await up.delete("/api/admin/pkl/delete/\(id)", as: boss.token)
        #expect(try await free(as: anna) == nil)
    }

    @Test func `of lots is read anew when a car comes to a connector of one`() async throws {
        let registry = try Registry()
        let (boss, anna) = (try await up.rows.person("boss", role: "admin"), try await up.rows.person("anna"))
        try await registry.point("CP1")
        _ = try await registry.connector(of: "CP1")
        _ = try await lot(by: boss, ["spots": [["number": 1, "charge_point_id": "CP1", "connector_id": 1]]])
        #expect(try await free(as: anna) == 2)

        try await registry.says("Charging", of: "CP1")
        let place = ConnectorPlace(try #require(ChargePointID("CP1")), 1)
        let state = ConnectorState(status: .known(.charging), since: up.clock.now)
        try await Wait.until {
            up.accounts.host.bus.publish(ConnectorChanged(place, state))
            return try await free(as: anna) == 1
        }
    }

    @Test func `of people and logins is read anew once one changes`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        func names() async throws -> Set<String> {
            let list = try await up.get("/api/v1/users/list", as: boss.token)
            return Set(try list.json.elements.compactMap { $0["name"]?.text })
        }
        _ = try await names()
        #expect(try await names().contains("Anna") == false)
        #expect(try await hits("user_list") > 0)
        let anna = try await up.register("anna", ["name": "Anna"])
        #expect(try await names().contains("Anna"))
        _ = try await up.patch("/api/v1/users/\(anna.id)", ["first_name": "Ann"], as: boss.token)
        _ = try await up.put("/api/v1/users/update/anna", ["name": "Annie"], as: boss.token)
        #expect(try await names().contains("Annie"))

        func logins() async throws -> Int64? {
            try await up.get("/api/v1/users/me/sessions", as: anna.token)["pagination"]?["total_items"]?
                .number
        }
        #expect(try await logins() == 1)
        #expect(try await logins() == 1)
        #expect(try await hits("session_data") > 0)
        let second = try await up.deviceToken("anna", anna.password)
        #expect(try await logins() == 2)
        _ = try await up.post("/api/auth/logout", [:], as: second)
        #expect(try await logins() == 1)
    }

    @Test(.fact(104)) func `is nobody else's, and a changed profile is seen at the next read`() async throws {
        let (anna, bob) = (try await up.register("anna"), try await up.register("bob"))
        for _ in 1...3 {
            for person in [bob, anna] {
                for path in ["/api/v1/users/me", "/api/v1/users/info/me", "/api/user/profile"] {
                    let shown = try await up.get(path, as: person.token)
                    #expect(shown["username"] == .string(person.username), "\(path)")
                }
                let logins = try await up.get("/api/v1/users/me/sessions", as: person.token)
                #expect(logins["items"]?.elements.count == 1)
            }
        }

        _ = try await up.patch("/api/v1/users/me", ["city": "Brno"], as: anna.token)
        #expect(try await up.get("/api/v1/users/me", as: anna.token)["city"] == "Brno")
        #expect(try await up.get("/api/v1/users/me", as: bob.token)["city"] == .null)
    }
}
