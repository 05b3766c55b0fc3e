import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `A charge point` {
    private static let hardware = ["serial_number", "vendor", "firmware_version"]

    private func ids(_ answer: Answer) throws -> [String] {
        try answer.json.elements.compactMap { $0["charge_point_id"]?.text }
    }

    @Test(.fact(45)) func `is seen by level, by its owner, and by those it is shared with`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let owner = try await up.rows.person("owner")
        let (five, zero) = (try await up.rows.person("five", level: 5), try await up.rows.person("zero"))
        let (top, worker) = (
            try await up.rows.person("top", level: 10), try await up.rows.person("worker", role: "operator")
        )
        for (id, level) in [("L0", 0), ("L5", 5), ("L6", 6), ("OWN", 10), ("SHARED", 10)] {
            let host = id == "OWN" || id == "SHARED" ? owner.id : nil
            try await registry.point(id, owner: host, level: level)
            try await registry.booted(id)
        }
        try await registry.share("SHARED", with: five.id, by: owner.id)
        let everything = ["L0", "L5", "L6", "OWN", "SHARED"]

        for (person, seen, knows) in [
            (zero, ["L0"], []), (five, ["L0", "L5", "SHARED"], []),
            (owner, ["L0", "OWN", "SHARED"], ["OWN", "SHARED"]), (top, everything, everything),
            (worker, everything, everything),
        ] as [(AccountsRows.Person, [String], [String])] {
            let list = try await up.get("/api/v1/chp", as: person.token)
            #expect(try ids(list) == seen, "\(person.username)")
            for point in try list.json.elements {
                let shows = knows.contains(point["charge_point_id"]?.text ?? "")
                for field in Self.hardware {
                    #expect((point[field] == "") == !shows, "\(field) for \(person.username)")
                }
            }
            for id in everything {
                let isSeen = seen.contains(id)
                let one = try await up.get("/api/v1/point/\(id)", as: person.token)
                #expect(one.status == (isSeen ? 200 : 404), "\(id) for \(person.username)")
                let open = try await up.get("/api/v1/charge-points/\(id)", as: person.token)
                #expect(open.status == (isSeen ? 200 : 404))
            }
        }
        let open = try await up.get("/api/v1/charge-points")
        #expect(open["items"]?.elements.map { $0["charge_point_id"] } == ["L0"])
        #expect(try await up.get("/api/v1/chp").status == 401)
    }

    @Test func `is no longer seen once a share is over`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (owner, guest) = (try await up.rows.person("owner"), try await up.rows.person("guest"))
        try await registry.point("OWN", owner: owner.id, level: 10)
        try await registry.share("OWN", with: guest.id, by: owner.id)
        #expect(try await up.get("/api/v1/point/OWN", as: guest.token).status == 200)

        try await registry.owner.run("UPDATE accounts.access_grant SET expires_at = \(up.clock.now)")

        #expect(try await up.get("/api/v1/point/OWN", as: guest.token).status == 404)
    }

    @Test(.fact(44), arguments: ["never there", "gone", "Unavailable", "Faulted"])
    func `that cannot be used shows all its connectors unavailable`(cause: String) async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.rows.person("anna")
        let site = try await registry.site("Square")
        try await registry.point("CP1", site: site)
        let port = try await registry.connector(of: "CP1")
        try await registry.says("Available", of: "CP1")
        switch cause {
        case "never there": break
        case "gone": try await registry.booted("CP1", isOnline: false)
        default:
            try await registry.booted("CP1")
            try await registry.says(cause, 0, of: "CP1")
        }

        let chp = try #require(try await up.get("/api/v1/chp", as: anna.token).json.elements.first)
        let point = try await up.get("/api/v1/point/CP1", as: anna.token).json
        let location = try #require(try await up.get("/api/v1/locations", as: anna.token).json.elements.first)
        for shown in [chp, point, try #require(location["charge_points"]?.elements.first)] {
            #expect(shown["status"] == "Unavailable")
            let connector = try #require(shown["connectors"]?.elements.first)
            #expect(connector["status"] == "Unavailable" && connector["state"] == "unavailable")
            #expect(connector["current_transaction_id"] == 0)
        }
        let shownPort = try await up.get("/api/v1/ports/\(port)")
        #expect(shownPort["status"] == "Maintenance" && shownPort["state"] == "unavailable")
        let station = try await up.get("/api/v1/stations/\(site)")
        #expect(station["ports_total"] == 1 && station["ports"]?.elements.first?["state"] == "unavailable")
    }

    @Test(arguments: [
        ("Available", "available", "Available"), ("Preparing", "occupied", "InUse"),
        ("Charging", "occupied", "InUse"), ("SuspendedEV", "occupied", "InUse"),
        ("SuspendedEVSE", "occupied", "InUse"), ("Finishing", "occupied", "InUse"),
        ("Reserved", "occupied", "InUse"), ("Unavailable", "unavailable", "Maintenance"),
        ("Faulted", "unavailable", "Faulty"),
    ]) func `shows what its connector says`(status: String, state: String, port word: String) async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.rows.person("anna")
        try await registry.point("CP1")
        let port = try await registry.connector(of: "CP1")
        try await registry.booted("CP1")
        try await registry.says(status, of: "CP1")

        let point = try await up.get("/api/v1/point/CP1", as: anna.token)
        let connector = try #require(point["connectors"]?.elements.first)
        #expect(connector["status"] == .string(status) && connector["state"] == .string(state))
        let live = try await up.get("/api/v1/ports/\(port)/status")
        #expect(live["status"] == .string(word) && live["state"] == .string(state))
        #expect(live["ocpp_status"] == .string(status) && live["is_online"] == true)
    }

    @Test(.fact(51)) func `that is switched off says so even while it is connected`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.rows.person("anna")
        for (id, isEnabled, isOnline) in [("OFF", false, true), ("ON", true, true), ("GONE", true, false)] {
            try await registry.point(id, isEnabled: isEnabled)
            try await registry.booted(id, isOnline: isOnline)
        }

        let list = try await up.get("/api/v1/chp", as: anna.token)

        #expect(
            try list.json.elements.map { $0["connection_status"] } == [
                "Disconnected", "Disabled", "Connected",
            ])
        for word in ["Disabled", "Connected", "Disconnected"] {
            let found = try await up.get("/api/v1/charge-points?connection_status=\(word)")
            #expect(found["pagination"]?["total_items"] == 1)
        }
    }

    @Test(.fact(46)) func `is changed by those who look after it, and only where it is sent`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (owner, other) = (try await up.rows.person("owner", level: 2), try await up.rows.person("other"))
        try await registry.point("OWN", title: "Old", owner: owner.id, level: 1, address: "Long Street 1")
        try await registry.point("PUBLIC", owner: owner.id)
        _ = try await registry.connector(of: "OWN", price: 40)
        let before = try await up.get("/api/v1/point/OWN", as: owner.token).json

        let changed = try await up.post("/api/v1/point/OWN", ["title": "New"], as: owner.token)

        #expect(changed.status == 200)
        guard case .object(var expected) = before else { return }
        expected["title"] = "New"
        #expect(try changed.json == .object(expected))
        let mismatch = try await up.post(
            "/api/v1/point/OWN", ["charge_point_id": "OTHER", "title": "x"], as: owner.token)
        #expect(mismatch.status == 400 && mismatch["errors"]?.names == ["charge_point_id"])
        #expect(
            try await up.post("/api/v1/point/OWN", ["access_level": 3], as: owner.token).status == 403)
        #expect(try await up.post("/api/v1/point/OWN", ["title": "x"], as: other.token).status == 404)
        #expect(try await up.post("/api/v1/point/PUBLIC", ["title": "x"], as: other.token).status == 403)
        #expect(try await up.get("/api/v1/point/NONE", as: owner.token).status == 404)
    }

    @Test func `is public at level 0 and private above`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let owner = try await up.rows.person("owner", level: 4)
        try await registry.point("OWN", owner: owner.id, level: 10)

        let open = try await up.post("/api/v1/point/OWN", ["access_type": "public"], as: owner.token)
        #expect(open["access_type"] == "public" && open["access_level"] == 0)
        let levelled = try await up.post("/api/v1/point/OWN", ["access_level": 3], as: owner.token)
        #expect(levelled["access_type"] == "private" && levelled["access_level"] == 3)
        for contradiction in [
            ["access_type": "public", "access_level": 2], ["access_type": "private", "access_level": 0],
        ] as [JSONValue] {
            let answer = try await up.post("/api/v1/point/OWN", contradiction, as: owner.token)
            #expect(answer.status == 400 && answer["errors"]?.names == ["non_field_errors"])
        }
        let closed = try await up.post(
            "/api/v1/point/OWN", ["access_type": "private", "access_level": 10], as: owner.token)
        #expect(closed.status == 200 && closed["access_level"] == 10)
    }

    @Test func `and its connectors are changed together or not at all`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let worker = try await up.rows.person("worker", role: "operator")
        try await registry.point("CP1")
        _ = try await registry.connector(of: "CP1", price: 40)

        let changed = try await up.post(
            "/api/v1/point/CP1",
            [
                "connectors": [
                    ["connector_id": 1, "power": 22_000, "connector_id_name": "Left"],
                    ["connector_id": 2, "type": "Tesla", "price_per_kwh": 0, "current_type": "DC"],
                ]
            ], as: worker.token)
        let connectors = changed["connectors"]?.elements ?? []
        #expect(connectors.map { $0["power"] } == [22_000, 0])
        #expect(connectors.map { $0["price_per_kwh"] } == [40, 0])
        #expect(connectors.map { $0["type"] } == ["Type2", "Tesla NACS"])
        #expect(connectors.map { $0["connector_id_name"] } == ["Left", ""])

        let refused = try await up.post(
            "/api/v1/point/CP1",
            ["title": "x", "connectors": [["connector_id": 0], ["connector_id": 1, "power": 0], [:]]],
            as: worker.token)
        #expect(refused.status == 400)
        #expect(
            refused["errors"]?.names == [
                "connectors.0.connector_id", "connectors.1.power", "connectors.2.connector_id",
            ])
        let twice = try await up.post(
            "/api/v1/point/CP1",
            ["title": "x", "connectors": [["connector_id": 1], ["connector_id": 1]]], as: worker.token)
        #expect(twice.status == 400)
        #expect(try await up.get("/api/v1/point/CP1", as: worker.token)["title"] == "CP1")
    }

    @Test(.fact(47)) func `is found by a text, taken literally`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.rows.person("anna")
        try await registry.point("CP-77", title: "abc", address: "Náměstí 100% 4_")
        try await registry.point("CP-78", title: "a.c")

        for (text, found) in [
            ("a.c", ["CP-78"]), ("ABC", ["CP-77"]), ("p-7", ["CP-77", "CP-78"]), ("100%25", ["CP-77"]),
            ("4_", ["CP-77"]), ("n%C3%A1m%C4%9Bst%C3%AD", ["CP-77"]), ("nothing", []),
        ] as [(String, [String])] {
            let answer = try await up.get("/api/v1/chp/\(text)", as: anna.token)
            #expect(answer.status == 200)
            #expect(try ids(answer) == found, "\(text)")
        }
        #expect(try await up.get("/api/v1/chp/nothing", as: anna.token).text == "[]")
    }

    @Test(.fact(37)) func `of a host gets a number and a password that is shown once`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))

        let made = try await up.post(
            "/api/v1/charge-points",
            [
                "title": "Home", "access_level": 0,
                "connectors": [["connector_id": 1, "type": "CCS", "power": 50_000, "price_per_kwh": 30]],
            ], as: anna.token)

        #expect(made.status == 201)
        #expect(made["charge_point_id"] == "VB-000001")
        #expect(made["connection"]?["url"] == "wss://localhost:9000/VB-000001")
        #expect(made["connection"]?["username"] == "VB-000001")
        let password = try #require(made["connection"]?["password"]?.text)
        #expect(password.count == 24)
        #expect(made["owner_id"] == .integer(anna.id) && made["password_required"] == true)
        let again = try await up.get("/api/v1/charge-points/VB-000001", as: anna.token)
        #expect(again["connection"] == nil && !again.text.contains(password))
        let second = try await up.post("/api/v1/charge-points", ["title": "Work"], as: anna.token)
        #expect(second["charge_point_id"] == "VB-000002")
        #expect(second["access_type"] == "private" && second["access_level"] == 10)
        let mine = try await up.get("/api/v1/charge-points?mine=true&order=asc", as: anna.token)
        #expect(mine["items"]?.elements.count == 2)
        #expect(try await up.get("/api/v1/charge-points?mine=true").status == 401)
        #expect(
            try await up.get("/api/v1/charge-points?show_deleted=true", as: anna.token).status == 403)

        let named = try await up.post(
            "/api/v1/charge-points", ["title": "x", "charge_point_id": "MINE"], as: bob.token)
        #expect(named.status == 403)
        #expect(
            try await up.post("/api/v1/charge-points", [:], as: bob.token)["errors"] == [
                "title": ["is required"]
            ])

        let renewed = try await up.post("/api/v1/charge-points/VB-000001/password", [:], as: anna.token)
        #expect(renewed.status == 200 && renewed["password"]?.text?.count == 24)
        #expect(renewed["password"] != .string(password))
        let chosen = try await up.post(
            "/api/v1/charge-points/VB-000001/password", ["password": "0123456789"], as: anna.token)
        #expect(chosen.status == 403)
        #expect(
            try await up.post("/api/v1/charge-points/VB-000002/password", [:], as: bob.token).status == 404)
        let worker = try await up.rows.person("worker", role: "operator")
        let byStaff = try await up.post(
            "/api/v1/charge-points/VB-000001/password", ["password": "0123456789"], as: worker.token)
        #expect(byStaff["password"] == "0123456789")
    }

    @Test(
        .accountsUp([
            "MAX_HOST_CHARGE_POINTS": "1", "CHARGE_POINT_PREFIX": "CZ*X-",
            "OCPP_PUBLIC_URL": "wss://ev.example/x/",
        ])) func `of a host obeys the settings`() async throws
    {
        let up = AccountsUp.current
        let anna = try await up.rows.person("anna")

        let first = try await up.post("/api/v1/charge-points", ["title": "Home"], as: anna.token)
        #expect(first["charge_point_id"] == "CZ*X-000001")
        #expect(first["connection"]?["url"] == "wss://ev.example/x/CZ*X-000001")
        let second = try await up.post("/api/v1/charge-points", ["title": "Work"], as: anna.token)
        #expect(second.status == 409 && second.code == 2031)
    }

    @Test func `of the network is entered by staff under a name of their choice`() async throws {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")

        let made = try await up.post(
            "/api/v1/charge-points",
            ["title": "Square", "charge_point_id": "CP*1", "owner_id": .integer(anna.id)], as: boss.token)
        #expect(made.status == 201 && made["connection"]?["password"] == .null)
        #expect(made["owner_id"] == .integer(anna.id) && made["access_level"] == 0)
        let taken = try await up.post(
            "/api/v1/charge-points", ["title": "x", "charge_point_id": "CP*1"], as: boss.token)
        #expect(taken.status == 400 && taken["errors"] == ["charge_point_id": ["already exists"]])
        for name in ["a b", "pending", "ü", ""] {
            let bad = try await up.post(
                "/api/v1/charge-points", ["title": "x", "charge_point_id": .string(name)], as: boss.token)
            #expect(bad.status == 400, "\(name)")
        }
        let worker = try await up.rows.person("worker", role: "operator")
        let given = try await up.patch(
            "/api/v1/charge-points/CP*1", ["owner_id": .integer(worker.id)], as: worker.token)
        #expect(given.status == 403)
        let pending = try await up.patch(
            "/api/v1/charge-points/CP*1", ["registration": "pending", "security_profile": 2],
            as: worker.token)
        #expect(pending["registration"] == "pending" && pending["password_required"] == true)
        let byHost = try await up.patch(
            "/api/v1/charge-points/CP*1", ["security_profile": 0], as: anna.token)
        #expect(byHost.status == 403)
    }

    @Test func `is hidden, unless it charges`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let boss = try await up.rows.person("boss", role: "admin")
        let (owner, other) = (try await up.rows.person("owner"), try await up.rows.person("other"))
        try await registry.point("OWN", owner: owner.id, level: 10)
        let session = try await registry.session(on: "OWN", of: owner.id, owner: owner.id)

        #expect(try await up.delete("/api/v1/charge-points/OWN", as: other.token).status == 404)
        let busy = try await up.delete("/api/v1/charge-points/OWN", as: owner.token)
        #expect(busy.status == 409 && busy.code == 2031)
        let given = try await up.patch(
            "/api/v1/charge-points/OWN", ["owner_id": .integer(other.id)], as: boss.token)
        #expect(given.status == 409 && given.code == 2031)

        try await registry.owner.run(
            "UPDATE gateway.session SET status = 'done', ended_at = now() WHERE session_id = \(session)")
        #expect(try await up.delete("/api/v1/charge-points/OWN", as: owner.token).status == 204)
        #expect(try await up.get("/api/v1/charge-points/OWN", as: owner.token).status == 404)
        let shown = try await up.get("/api/v1/charge-points?show_deleted=true", as: boss.token)
        #expect(shown["items"]?.elements.map { $0["charge_point_id"] } == ["OWN"])
    }
}
