import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A car` {
    private static let input: [String: JSONValue] = [
        "plate": "1ab 2345", "name": "BMW i3", "battery_capacity_wh": 42_000, "max_charging_power": 11_000,
        "connector_type": "CCS", "year": 2021, "country_code": "cz",
    ]

    @Test func `belongs to whoever entered it`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let boss = try await up.rows.person("boss", role: "admin")

        let made = try await up.post("/api/v1/cars/", .object(Self.input), as: anna.token)

        #expect(made.status == 201)
        #expect(made["plate"] == "1AB 2345" && made["country_code"] == "CZ")
        #expect(made["owner_id"] == .integer(anna.id) && made["max_charging_power"] == 11_000)
        let id = try #require(made["id"]?.number)
        #expect(try await up.get("/api/v1/cars/\(id)", as: anna.token).json == made.json)
        for answer in [
            try await up.get("/api/v1/cars/\(id)", as: bob.token),
            try await up.get("/api/v1/cars/\(id)/image", as: bob.token),
            try await up.patch("/api/v1/cars/\(id)", ["name": "x"], as: bob.token),
            try await up.delete("/api/v1/cars/\(id)", as: bob.token),
        ] { #expect(answer.status == 404) }
        #expect(try await up.get("/api/v1/cars", as: bob.token)["pagination"]?["total_items"] == 0)
        #expect(try await up.get("/api/v1/cars?owner_id=\(anna.id)", as: bob.token).status == 403)
        #expect(try await up.get("/api/v1/cars", as: boss.token)["pagination"]?["total_items"] == 1)
        let ofBob = try await up.get("/api/v1/cars?owner_id=\(bob.id)", as: boss.token)
        #expect(ofBob["items"] == [])
    }

    @Test func `has one plate, and all that is asked for`() async throws {
        let up = AccountsUp.current
        let anna = try await up.rows.person("anna")
        _ = try await up.post("/api/v1/cars", .object(Self.input), as: anna.token)

        let again = try await up.post("/api/v1/cars", .object(Self.input), as: anna.token)
        #expect(again.status == 400 && again["errors"] == ["plate": ["already exists"]])
        #expect(again["status_message"] == "Failed to create car: plate already exists")
        let empty = try await up.post("/api/v1/cars", [:], as: anna.token)
        #expect(empty["errors"]?.names == Set(Self.input.keys))
        for (field, value) in [
            ("year", 1989), ("year", 2028), ("battery_capacity_wh", 0), ("max_charging_power", 1_000_000),
            ("country_code", "CZE"), ("connector_type", "Schuko"), ("plate", ""),
        ] as [(String, JSONValue)] {
            var input = Self.input
            input["plate"] = "OTHER"
            input[field] = value
            let answer = try await up.post("/api/v1/cars", .object(input), as: anna.token)
            #expect(answer.status == 400 && answer["errors"]?.names == [field], "\(field) \(value)")
        }
    }

    @Test func `is changed, given away and hidden`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let boss = try await up.rows.person("boss", role: "admin")
        let made = try await up.post("/api/v1/cars", .object(Self.input), as: anna.token)
        let id = try #require(made["id"]?.number)

        let changed = try await up.patch(
            "/api/v1/cars/\(id)", ["name": "Audi", "owner_id": .integer(bob.id)], as: anna.token)
        #expect(changed["name"] == "Audi" && changed["owner_id"] == .integer(anna.id))
        #expect(changed["year"] == 2021)
        let put = try await up.put("/api/v1/cars/\(id)", ["name": "x"], as: anna.token)
        #expect(put.status == 400 && put["errors"]?.names.contains("plate") == true)
        let given = try await up.patch(
            "/api/v1/cars/\(id)", ["owner_id": .integer(bob.id)], as: boss.token)
        #expect(given["owner_id"] == .integer(bob.id))
        #expect(
            try await up.patch("/api/v1/cars/\(id)", ["owner_id": 999], as: boss.token).status == 400)

        let session = try await registry.session(on: "CP1", of: bob.id)
        try await registry.owner.run("UPDATE gateway.session SET car_id = \(id)")
        let busy = try await up.delete("/api/v1/cars/\(id)", as: bob.token)
        #expect(busy.status == 409 && busy.code == 2031)
        try await registry.owner.run(
            "UPDATE gateway.session SET status = 'done', ended_at = now() WHERE session_id = \(session)")
        #expect(try await up.delete("/api/v1/cars/\(id)", as: bob.token).status == 204)
        #expect(try await up.get("/api/v1/cars/\(id)", as: bob.token).status == 404)
        #expect(try await up.post("/api/v1/cars", .object(Self.input), as: anna.token).status == 201)
    }

    @Test(arguments: [("My BMW i3", "bmw"), ("Škoda", "car"), ("Ford Focus", "ford"), ("Fordable", "car")])
    func `is drawn by the brand in its name`(name: String, brand: String) async throws {
        let up = AccountsUp.current
        let anna = try await up.rows.person("anna")
        var input = Self.input
        input["name"] = .string(name)
        let made = try await up.post("/api/v1/cars", .object(input), as: anna.token)

        let image = try await up.get("/api/v1/cars/\(try #require(made["id"]?.number))/image", as: anna.token)

        #expect(image.status == 200 && image.headers["Content-Type"] == "image/svg+xml")
        #expect(image.text.contains("aria-label=\"\(brand)\""))
    }
}

@Suite(.accountsUp) struct `A share of a charge point` {
    @Test func `lets somebody see a private point until it is taken back`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (host, guest) = (try await up.rows.person("host"), try await up.rows.person("guest"))
        let (other, worker) = (
            try await up.rows.person("other"), try await up.rows.person("worker", role: "operator")
        )
        try await registry.point("HOME", owner: host.id, level: 10)
        #expect(try await up.get("/api/v1/point/HOME", as: guest.token).status == 404)

        let made = try await up.post(
            "/api/v1/points/access", ["charge_point_id": "HOME", "username": "guest"], as: host.token)

        #expect(made.status == 201)
        #expect(made["username"] == "guest" && made["user_id"] == .integer(guest.id))
        #expect(made["granted_by"] == .integer(host.id) && made["expires_at"] == .null)
        let id = try #require(made["id"]?.number)
        #expect(try await up.get("/api/v1/point/HOME", as: guest.token)["serial_number"] == "")
        let again = try await up.post(
            "/api/v1/points/access", ["charge_point_id": "HOME", "user_id": .integer(guest.id)],
            as: host.token)
        #expect(again.status == 400)
        for caller in [host, worker] {
            let list = try await up.get("/api/v1/points/access?charge_point_id=HOME", as: caller.token)
            #expect(list["items"]?.elements.map { $0["id"] } == [.integer(id)])
        }
        #expect(try await up.get("/api/v1/points/access", as: guest.token).status == 403)
        for caller in [guest, other] {
            #expect(try await up.delete("/api/v1/points/access/\(id)", as: caller.token).status == 404)
            let granted = try await up.post(
                "/api/v1/points/access", ["charge_point_id": "HOME", "username": "other"], as: caller.token)
            #expect(granted.status == 404)
        }

        #expect(try await up.delete("/api/v1/points/access/\(id)", as: host.token).status == 204)
        #expect(try await up.get("/api/v1/point/HOME", as: guest.token).status == 404)
        #expect(try await registry.audited(by: host.id) == ["GRANT_ACCESS", "REVOKE_ACCESS"])
    }

    @Test func `names somebody, and ends by itself`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (host, guest) = (try await up.rows.person("host"), try await up.rows.person("guest"))
        try await registry.point("HOME", owner: host.id, level: 10)
        func grant(_ more: [String: JSONValue]) async throws -> Answer {
            var body = more
            body["charge_point_id"] = "HOME"
            return try await up.post("/api/v1/points/access", .object(body), as: host.token)
        }

        #expect(try await grant([:]).status == 400)
        #expect(try await grant(["username": "nobody"]).status == 404)
        #expect(try await grant(["username": "host"]).status == 400)
        let past = try await grant(["username": "guest", "expires_at": "2026-11-20T10:00:00Z"])
        #expect(past.status == 400 && past["errors"]?.names == ["expires_at"])
        #expect(
            try await grant(["username": "guest", "expires_at": "2026-11-20T11:00:00Z"]).status == 201)
        #expect(try await up.get("/api/v1/point/HOME", as: guest.token).status == 200)

        up.clock.advance(by: .seconds(1_801))
        #expect(try await up.get("/api/v1/point/HOME", as: guest.token).status == 404)
        #expect(try await grant(["username": "guest"]).status == 201)
    }
}
