import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A station` {
    private static let input: JSONValue = [
        "name": "Square", "lat": .number(50.08), "lng": .number(14.42), "address": "Long Street 1",
        "city": "Praha",
        "postal_code": "11000", "country": "cz", "opening_time": "22:00", "closing_time": "06:00",
        "price_per_kwh": 40, "power_limit": 100_000, "default_power_limit": 11_000,
    ]

    private func names(_ answer: Answer) -> [String] {
        (answer["items"]?.elements ?? []).compactMap { $0["name"]?.text }
    }

    @Test func `is entered, changed and hidden by staff`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let worker = try await up.rows.person("worker", role: "operator")
        let anna = try await up.rows.person("anna")

        let made = try await up.post("/api/v1/stations/", Self.input, as: worker.token)
        #expect(made.status == 201)
        #expect(
            made["country"] == "CZ" && made["price_per_kwh_decimal"] == "0.40" && made["status"] == "active")
        #expect(made["opening_time"] == "22:00" && made["is_open"] == false && made["roaming"] == false)
        #expect(made["ports"] == [] && made["image_url"] == .null)
        let id = try #require(made["id"]?.number)
        #expect(try await up.post("/api/v1/stations", Self.input, as: anna.token).status == 403)

        let changed = try await up.patch(
            "/api/v1/stations/\(id)", ["price_per_kwh": .null, "closing_time": .null, "opening_time": .null],
            as: worker.token)
        #expect(
            changed["price_per_kwh"] == .null && changed["is_open"] == true && changed["name"] == "Square")
        let put = try await up.put("/api/v1/stations/\(id)", ["name": "Only"], as: worker.token)
        #expect(put["errors"]?.names == ["lat", "lng", "address"])
        let replaced = try await up.put(
            "/api/v1/stations/\(id)", ["name": "Only", "lat": 1, "lng": 2, "address": "Somewhere"],
            as: worker.token)
        #expect(replaced.status == 200 && replaced["city"] == .null)

        try await registry.point("CP1", site: id)
        let full = try await up.delete("/api/v1/stations/\(id)", as: worker.token)
        #expect(full.status == 409 && full.code == 2031)
        try await registry.owner.run("UPDATE accounts.charge_point SET deleted_at = now()")
        #expect(try await up.delete("/api/v1/stations/\(id)", as: worker.token).status == 204)
        #expect(try await up.get("/api/v1/stations/\(id)", as: worker.token).status == 404)
        #expect(
            try await registry.audited(by: worker.id)
                == ["CREATE_STATION", "UPDATE_STATION", "UPDATE_STATION", "DELETE_STATION"])
    }

    @Test func `is told all that is wrong with it at once`() async throws {
        let up = AccountsUp.current
        let worker = try await up.rows.person("worker", role: "operator")

        let unreadable = try await up.post(
            "/api/v1/stations",
            [
                "name": "ab", "lat": "north", "address": "abc", "country": "CZE", "price_per_kwh": -1,
                "opening_time": "25:00", "status": "closed",
            ], as: worker.token)
        #expect(
            unreadable["errors"]?.names == [
                "name", "lat", "address", "country", "price_per_kwh", "opening_time", "status",
            ])
        let outside = try await up.post(
            "/api/v1/stations",
            ["name": "Square", "lat": 91, "lng": 181, "address": "Long Street 1", "opening_time": "08:00"],
            as: worker.token)
        #expect(outside["errors"]?.names == ["lat", "lng", "non_field_errors"])
    }

    @Test func `is shown with a visible charge point, or before it has any`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (owner, top) = (try await up.rows.person("owner"), try await up.rows.person("top", level: 10))
        let open = try await registry.site("Open")
        let home = try await registry.site("Home")
        _ = try await registry.site("Empty")
        _ = try await registry.site("Mine", status: "inactive", owner: owner.id)
        try await registry.point("PUBLIC", site: open)
        try await registry.point("PRIVATE", owner: owner.id, site: home, level: 10)

        let nobody = try await up.get("/api/v1/stations?order=asc")
        #expect(names(nobody) == ["Open", "Empty"])
        #expect(try await up.get("/api/v1/stations/\(home)").status == 404)
        #expect(
            names(try await up.get("/api/v1/stations?order=asc", as: owner.token)) == [
                "Open", "Home", "Empty", "Mine",
            ])
        #expect(names(try await up.get("/api/v1/stations?status=inactive", as: top.token)) == ["Mine"])
        let locations = try await up.get("/api/v1/locations", as: owner.token)
        #expect(try locations.json.elements.map { $0["name"] } == ["Open", "Home", "Empty", "Mine"])
        #expect(
            try locations.json.elements.map { $0["charge_points"]?.elements.count } == [1, 1, 0, 0])
        #expect(try await up.get("/api/v1/locations").status == 401)
    }

    @Test func `is found by what its visitor would pay there`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (host, anna) = (try await up.rows.person("host"), try await up.rows.person("anna"))
        let bob = try await up.rows.person("bob")
        try await registry.plan("green", perKilowattHour: 15)
        try await registry.owner.run(
            "UPDATE accounts.account SET payment_plan = 'green' WHERE id = \(bob.id)")
        let square = try await registry.site("Square", price: 40)
        try await registry.point("CP1", site: square)
        _ = try await registry.connector(of: "CP1", price: 20)
        let park = try await registry.site("Park", price: 30)
        try await registry.point("CP2", site: park)
        _ = try await registry.connector(of: "CP2")
        let home = try await registry.site("Home", price: 50)
        try await registry.point("HOME", owner: host.id, site: home, level: 10)
        _ = try await registry.connector(of: "HOME", price: 10)
        _ = try await registry.site("Bare", price: 12)
        try await registry.share("HOME", with: anna.id, by: host.id)

        for (person, price, found) in [
            (anna, 20, ["Square", "Home", "Bare"]), (bob, 19, ["Park", "Bare"]),
            (bob, 20, ["Square", "Park", "Bare"]), (host, 0, ["Home"]), (anna, 9, []),
        ] as [(AccountsRows.Person, Int, [String])] {
            let list = try await up.get("/api/v1/stations?order=asc&max_price=\(price)", as: person.token)
            #expect(names(list) == found, "\(person.username) \(price)")
        }
    }

    @Test func `is found by where and what it is`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        _ = try await registry.site("Praha", price: 40, at: (50.0755, 14.4378))
        let brno = try await registry.site("Brno", price: 20, at: (49.1951, 16.6068))
        _ = try await registry.site("Night", at: (0, 0), hours: ("22:00", "06:00"))
        try await registry.point("CP1", site: brno)
        _ = try await registry.connector(of: "CP1", type: "Tesla NACS")

        for (query, found) in [
            ("lat=50.0755&lng=14.4378&radius=10", ["Praha"]),
            ("lat=50.0755&lng=14.4378&radius=190", ["Praha", "Brno"]), ("max_price=25", ["Brno"]),
            ("connector_type=tesla_nacs", ["Brno"]), ("connector_type=CCS", []), ("q=bRN", ["Brno"]),
            // The clock stands at half past ten.
            ("open_now=true", ["Praha", "Brno"]),
        ] as [(String, [String])] {
            #expect(names(try await up.get("/api/v1/stations?order=asc&\(query)")) == found, "\(query)")
        }
        for query in ["lat=50&lng=14", "radius=1", "connector_type=none", "order=up", "lat=north"] {
            #expect(try await up.get("/api/v1/stations?\(query)").status == 400, "\(query)")
        }
        up.clock.advance(by: .seconds(13 * 3_600))
        #expect(names(try await up.get("/api/v1/stations?order=asc&open_now=true")).contains("Night"))
    }

    @Test func `as a location has the words of its family`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let worker = try await up.rows.person("worker", role: "operator")
        let made = try await up.post(
            "/api/v1/stations",
            [
                "name": "Square", "lat": .number(50.08), "lng": .number(14.42), "country": "cz",
                "address": "A street whose name is much longer than forty-five characters",
            ], as: worker.token)
        let id = try #require(made["id"]?.number)
        try await registry.point("CP1", site: id)

        let locations = try await up.get("/api/v1/locations", as: worker.token)
        let all = try locations.json.elements
        let location = try #require(all.first)

        #expect(location["id"] == .string("\(id)") && location["station_id"] == .integer(id))
        #expect(location["country"] == "CZE" && location["address"]?.text?.count == 45)
        #expect(location["city"] == "" && location["power_limit"] == 0)
        #expect(location["coordinates"] == ["latitude": .number(50.08), "longitude": .number(14.42)])
        #expect(location["charge_points"]?.elements.first?["location_id"] == .string("\(id)"))
    }
}

@Suite(.accountsUp) struct `A port` {
    @Test(.fact(54)) func `costs what its connector, the plan, the station or the default plan says`()
        async throws
    {
        let (up, registry) = (AccountsUp.current, try Registry())
        try await registry.plan("gold", perKilowattHour: 35)
        try await registry.owner.run(
            "INSERT INTO billing.plan (plan_id, is_default, price_per_kwh) VALUES ('default', true, 9)")
        let (rich, plain) = (
            try await up.rows.person("rich", plan: "gold"), try await up.rows.person("plain")
        )
        let site = try await registry.site("Square", price: 40)
        try await registry.point("SITE", site: site)
        try await registry.point("ALONE")
        try await registry.point("HOST", owner: plain.id)
        let priced = try await registry.connector(1, of: "SITE", price: 50)
        let unpriced = try await registry.connector(2, of: "SITE")
        let alone = try await registry.connector(of: "ALONE")
        let own = try await registry.connector(of: "HOST", price: 70)

        for (port, person, price) in [
            (priced, rich, 50), (priced, plain, 50), (unpriced, rich, 35), (unpriced, plain, 40),
            (alone, plain, 9), (own, plain, 0), (own, rich, 70),
        ] {
            let shown = try await up.get("/api/v1/ports/\(port)", as: person.token)
            #expect(shown["effective_price_per_kwh"] == .integer(Int64(price)))
        }
        let shown = try await up.get("/api/v1/ports/\(priced)")
        #expect(shown["price_per_kwh"] == 50 && shown["effective_price_per_kwh_decimal"] == "0.50")
    }

    @Test func `is entered, changed and hidden by the point's host`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (host, other) = (try await up.rows.person("host"), try await up.rows.person("other"))
        let site = try await registry.site("Square")
        try await registry.point("CP1", owner: host.id, site: site)
        let body: JSONValue = ["charge_point_id": "CP1", "max_power": 22_000, "connector_type": "Type2"]

        let made = try await up.post("/api/v1/ports/", body, as: host.token)
        #expect(made.status == 201 && made["connector_id"] == 1 && made["max_power"] == 22_000)
        let id = try #require(made["id"]?.number)
        #expect(try await up.post("/api/v1/ports", body, as: host.token)["connector_id"] == 2)
        #expect(try await up.post("/api/v1/ports", body, as: other.token).status == 403)
        let taken = try await up.post(
            "/api/v1/ports",
            ["charge_point_id": "CP1", "connector_id": 1, "max_power": 1, "connector_type": "CCS"],
            as: host.token)
        #expect(taken.status == 400 && taken["errors"]?.names == ["connector_id"])
        let missing = try await up.post("/api/v1/ports", [:], as: host.token)
        #expect(missing["errors"]?.names == ["charge_point_id", "max_power", "connector_type"])

        let changed = try await up.patch(
            "/api/v1/ports/\(id)", ["price_per_kwh": 12, "status": "maintenance"], as: host.token)
        #expect(changed["price_per_kwh"] == 12 && changed["status"] == "Maintenance")
        let byHand = try await up.patch("/api/v1/ports/\(id)", ["status": "InUse"], as: host.token)
        #expect(byHand.status == 400 && byHand["errors"]?.names == ["status"])
        let cleared = try await up.patch(
            "/api/v1/ports/\(id)", ["price_per_kwh": .null, "status": "Available"], as: host.token)
        #expect(cleared["price_per_kwh"] == .null)

        let session = try await registry.session(on: "CP1", of: other.id)
        let busy = try await up.delete("/api/v1/ports/\(id)", as: host.token)
        #expect(busy.status == 409 && busy.code == 2031)
        try await registry.owner.run(
            "UPDATE gateway.session SET status = 'done', ended_at = now() WHERE session_id = \(session)")
        #expect(try await up.delete("/api/v1/ports/\(id)", as: other.token).status == 403)
        #expect(try await up.delete("/api/v1/ports/\(id)", as: host.token).status == 204)
        #expect(try await up.get("/api/v1/ports/\(id)").status == 404)
    }

    @Test func `of a station with one charge point needs no name of it`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let worker = try await up.rows.person("worker", role: "operator")
        let site = try await registry.site("Square")
        let body: JSONValue = ["max_power": 22_000, "connector_type": "Type2"]

        let none = try await up.post("/api/v1/stations/\(site)/ports", body, as: worker.token)
        #expect(none.status == 400 && none["errors"]?.names == ["charge_point_id"])
        try await registry.point("CP1", site: site)
        #expect(
            try await up.post("/api/v1/stations/\(site)/ports", body, as: worker.token)["charge_point_id"]
                == "CP1")
        try await registry.point("CP2", site: site)
        #expect(try await up.post("/api/v1/stations/\(site)/ports", body, as: worker.token).status == 400)
        let list = try await up.get("/api/v1/stations/\(site)/ports?connector_type=type2")
        #expect(list["pagination"]?["total_items"] == 1)
        let wrong = try await up.get("/api/v1/ports?status=broken")
        #expect(wrong.status == 400)
    }
}
