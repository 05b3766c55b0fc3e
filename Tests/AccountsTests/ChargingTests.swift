import Core
import FoundationEssentials
import HTTP
import Postgres
import StationSimulator
import TestSupport
import Testing

@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `Starting to charge` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func start(_ body: [String: JSONValue], as token: String, key: String? = nil) async throws
        -> Answer
    {
        try await up.post(
            "/api/v1/chargings", .object(body), as: token,
            headers: key.map { [("Idempotency-Key", $0)] } ?? [])
    }

    private func until(_ id: Int64, _ status: String, as token: String) async throws -> Answer {
        try await Wait.until {
            try await up.get("/api/v1/chargings/\(id)", as: token)["status"]?.text == status
        }
        return try await up.get("/api/v1/chargings/\(id)", as: token)
    }

    @Test func `by port, then charges, and stops at a word`() async throws {
        let port = try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")

        let begun = try await start(["port_id": .integer(port), "target_wh": 20_000], as: anna.token)

        #expect(begun.status == 202, "\(begun)")
        let id = try #require(begun["id"]?.number)
        #expect(begun["charge_point_id"] == "CP1" && begun["connector_id"] == 1)
        #expect(begun["port_id"] == .integer(port) && begun["user_id"] == .integer(anna.id))
        #expect(begun["target_wh"] == 20_000 && begun["remaining_wh"] == 20_000)
        #expect(begun["funding"] == "free" && begun["cost"] == 0 && begun["cost_decimal"] == "0.00")
        _ = try await until(id, "charging", as: anna.token)
        await station.advance(by: .seconds(60))
        await station.sample()
        let active = try await until(id, "active", as: anna.token)
        #expect(active["energy_wh"] == 183 && active["remaining_wh"] == 19_817)

        let stopped = try await up.post("/api/v1/chargings/\(id)/stop", [:], as: anna.token)
        #expect(stopped.status == 202 && stopped["id"] == .integer(id))
        let done = try await until(id, "done", as: anna.token)
        #expect(done["end_reason"] == "user_stopped" && done["power_w"] == 0)
        #expect(done["meter_stop"] == 1_183 && done["ended_at"] != .null)
        let late = try await up.post("/api/v1/chargings/\(id)/stop", [:], as: anna.token)
        #expect(late.status == 409 && late.code == 2024)
        #expect(try await up.get("/api/v1/chargings/last", as: anna.token)["id"] == .integer(id))
    }

    @Test func `says where, once, and with one's own things`() async throws {
        let port = try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("BOBS", of: bob.id)
        _ = try await network.station("CP1")

        for body in [
            [:], ["charge_point_id": "CP1"], ["port_id": .integer(port), "charge_point_id": "CP1"],
        ] as [[String: JSONValue]] {
            let answer = try await start(body, as: anna.token)
            #expect(answer.status == 400 && answer["errors"]?.names == ["non_field_errors"])
        }
        #expect(try await start(["port_id": 999], as: anna.token).status == 404)
        #expect(
            try await start(["charge_point_id": "NONE", "connector_id": 1], as: anna.token).status == 404)
        let nowhere = try await start(["charge_point_id": "CP1", "connector_id": 9], as: anna.token)
        #expect(nowhere.status == 409 && nowhere.code == 2023)
        let tag = try await start(["port_id": .integer(port), "id_tag": "BOBS"], as: anna.token)
        #expect(tag.status == 400 && tag["errors"]?.names == ["id_tag"])
        let code = try await start(["port_id": .integer(port), "discount_code": "NONE"], as: anna.token)
        #expect(code.status == 400 && code.code == 2042)
        let target = try await start(["port_id": .integer(port), "target_wh": 0], as: anna.token)
        #expect(target.status == 400 && target["errors"]?.names == ["target_wh"])
    }

    @Test(.fact(58)) func `at a host's price needs money, at none it does not`() async throws {
        let host = try await up.rows.person("host")
        let anna = try await up.rows.person("anna")
        let priced = try await network.point("PRICED", owner: host.id, price: 40)
        let free = try await network.point("FREE", owner: host.id, price: 0)
        for id in ["PRICED", "FREE"] { _ = try await network.station(id) }

        let refused = try await start(["port_id": .integer(priced)], as: anna.token)
        #expect(refused.status == 409 && refused.code == 2040)
        #expect(try await start(["port_id": .integer(free)], as: anna.token).status == 202)
        // One's own point is free to oneself.
        let own = try await start(["port_id": .integer(priced)], as: host.token)
        #expect(own.status == 202 && own["funding"] == "free")
    }

    @Test(.fact(59)) func `fails where the charger is away, says no, or never begins`() async throws {
        let anna = try await up.rows.person("anna")
        let away = try await network.point("AWAY")
        let unwilling = try await network.point("UNWILLING")
        let slow = try await network.point("SLOW")
        _ = try await network.station("UNWILLING") { $0.obeys = false }
        _ = try await network.station("SLOW") { $0.hasDriver = false }

        let offline = try await start(["port_id": .integer(away)], as: anna.token)
        #expect(offline.status == 409 && offline.code == 2020)
        #expect(offline["status_message"] == "Failed to start charging: charge point is offline")
        let rejected = try await start(["port_id": .integer(unwilling)], as: anna.token)
        #expect(rejected.status == 409 && rejected.code == 2021)
        let list = try await up.get("/api/v1/chargings", as: anna.token)
        #expect(list["items"]?.elements.map { $0["end_reason"] } == ["start_rejected"])
        let counted: [String] = try await FreshDatabase.current.database(as: .owner).run(
            """
            SELECT concat_ws(' ', charge_point_id, connector_id, user_id, code) FROM accounts_view.refused_start ORDER BY id
            """)
        #expect(counted == ["AWAY 1 \(anna.id) 2020", "UNWILLING 1 \(anna.id) 2021"])

        let begun = try await start(["port_id": .integer(slow)], as: anna.token)
        #expect(begun.status == 202 && begun["status"] == "initialized")
        let id = try #require(begun["id"]?.number)
        up.clock.advance(by: .seconds(91))
        let over = try await until(id, "interrupted", as: anna.token)
        #expect(over["end_reason"] == "start_timeout" && over["started_at"] == .null)
    }

    @Test(.fact(60)) func `with one car happens once`() async throws {
        let anna = try await up.rows.person("anna")
        let ports = [try await network.point("CP1"), try await network.point("CP2")]
        for id in ["CP1", "CP2"] { _ = try await network.station(id) { $0.hasDriver = false } }
        let car = try await up.post(
            "/api/v1/cars",
            [
                "plate": "X1", "name": "Car", "battery_capacity_wh": 1, "max_charging_power": 1,
                "connector_type": "CCS", "year": 2021, "country_code": "CZ",
            ], as: anna.token)
        let carID = try #require(car["id"])

        async let first = start(["port_id": .integer(ports[0]), "car_id": carID], as: anna.token)
        async let second = start(["port_id": .integer(ports[1]), "car_id": carID], as: anna.token)
        let answers = try await [first, second]

        #expect(answers.map(\.status).sorted() == [202, 409], "\(answers)")
        #expect(answers.first { $0.status == 409 }?.code == 2024)
        let foreign = try await start(
            ["port_id": .integer(ports[0]), "car_id": carID], as: try await up.rows.person("bob").token)
        #expect(foreign.status == 404)
    }

    @Test func `and thinking again changes target and car`() async throws {
        let port = try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let station = try await network.station("CP1")
        let car = try await up.post(
            "/api/v1/cars",
            [
                "plate": "X1", "name": "Car", "battery_capacity_wh": 1, "max_charging_power": 1,
                "connector_type": "CCS", "year": 2021, "country_code": "CZ",
            ], as: anna.token)
        let carID = try #require(car["id"])
        let begun = try await start(["port_id": .integer(port)], as: anna.token)
        let id = try #require(begun["id"]?.number)
        _ = try await until(id, "charging", as: anna.token)
        let path = "/api/v1/chargings/\(id)"

        let changed = try await up.patch(path, ["target_wh": 5_000, "car_id": carID], as: anna.token)
        #expect(changed.status == 200, "\(changed)")
        #expect(changed["target_wh"] == 5_000 && changed["car_id"] == carID)
        let car2 = try await up.patch(path, ["car_id": .null], as: anna.token)
        #expect(car2["car_id"] == .null && car2["target_wh"] == 5_000)
        #expect(try await up.patch(path, ["target_wh": .null], as: anna.token)["target_wh"] == .null)
        #expect(try await up.patch(path, ["target_wh": 0], as: anna.token).status == 400)
        #expect(try await up.patch(path, ["car_id": 999], as: anna.token).status == 404)
        #expect(try await up.patch(path, ["target_wh": 1], as: bob.token).status == 404)

        await station.advance(by: .seconds(60))
        await station.sample()
        _ = try await until(id, "active", as: anna.token)
        // What is reached already ends it at once.
        #expect(try await up.patch(path, ["target_wh": 100], as: anna.token).status == 200)
        let done = try await until(id, "done", as: anna.token)
        #expect(done["end_reason"] == "target_reached")
        let late = try await up.patch(path, ["target_wh": 100], as: anna.token)
        #expect(late.status == 409 && late.code == 2024)
    }

    @Test func `twice with one key is one start`() async throws {
        let port = try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1") { $0.hasDriver = false }

        let first = try await start(["port_id": .integer(port)], as: anna.token, key: "once")
        let second = try await start(["port_id": .integer(port)], as: anna.token, key: "once")
        let other = try await start(
            ["port_id": .integer(port), "target_wh": 1], as: anna.token, key: "once")

        #expect(first.status == 202 && second.status == 202 && first["id"] == second["id"])
        #expect(second.headers["Idempotency-Replayed"] == "true")
        #expect(other.status == 409 && other.code == 2050)
    }
}

@Suite(.accountsUp) struct `A session` {
    @Test func `is seen by its driver, the point's host and staff`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (host, anna) = (try await up.rows.person("host"), try await up.rows.person("anna"))
        let (other, worker) = (
            try await up.rows.person("other"), try await up.rows.person("worker", role: "operator")
        )
        let id = try await registry.session(on: "HOME", of: anna.id, owner: host.id)
        try await registry.owner.run("UPDATE gateway.session SET started_at = \(up.clock.now)")

        for (person, tag) in [(anna, "TAG"), (worker, "TAG"), (host, "")] {
            let shown = try await up.get("/api/v1/chargings/\(id)", as: person.token)
            #expect(shown.status == 200 && shown["id_tag"] == .string(tag), "\(person.username)")
            #expect(try await up.get("/api/v1/chargings/\(id)/meter-values", as: person.token).status == 200)
        }
        for path in ["\(id)", "\(id)/meter-values", "abc", "999"] {
            #expect(try await up.get("/api/v1/chargings/\(path)", as: other.token).status == 404)
        }
        #expect(try await up.post("/api/v1/chargings/\(id)/stop", [:], as: other.token).status == 404)
        for (query, person, count) in [
            ("", anna, 1), ("", host, 0), ("?as_owner=true", host, 1), ("?as_owner=true", anna, 0),
            ("?all=true", worker, 1), ("?all=true", other, 0), ("", worker, 0), ("?status=active", anna, 1),
            ("?status=done", anna, 0), ("?charge_point_id=HOME", anna, 1), ("?charge_point_id=X", anna, 0),
            ("?from=2026-11-20&to=2026-11-20", anna, 1), ("?from=2026-11-21", anna, 0),
            ("?to=2026-11-19", anna, 0), ("?to=2026-11-20T10:30:00Z", anna, 0),
        ] {
            let list = try await up.get("/api/v1/chargings\(query)", as: person.token)
            #expect(
                list["pagination"]?["total_items"] == .integer(Int64(count)), "\(query) \(person.username)")
        }
        #expect(try await up.get("/api/v1/chargings?from=yesterday", as: anna.token).status == 400)
        #expect(try await up.get("/api/v1/chargings/last", as: anna.token).status == 404)
    }

    @Test func `shows what was billed, and every sample`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.rows.person("anna")
        let id = try await registry.session(on: "CP1", of: anna.id)
        try await registry.owner.run(
            """
            UPDATE gateway.session
            SET status = 'done', funding = 'card', discount_code = 'SUN10', discount_hundredths = 1000, energy_wh = 15000,
                price_running = 585, started_at = \(up.clock.now - 5_400), ended_at = \(up.clock.now), meter_start = 100,
                meter_stop = 15100
            """)
        let open = try await up.get("/api/v1/chargings/\(id)", as: anna.token)
        // 58.5 is rounded up before it is taken off.
        #expect(open["cost"] == 526 && open["cost_before_discount"] == 585 && open["unpaid"] == 0)
        try await registry.owner.run(
            """
            INSERT INTO billing.settled_session (session_id, user_id, charge_point_id, energy_wh, duration_s, price,
                discount, cost, funding, paid, points_earned, settled_at)
            VALUES (\(id), \(anna.id), 'CP1', 15000, 5400, 585, 59, 526, 'card', 500, 1500, now())
            """)
        try await registry.owner.run(
            """
            INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, register_wh,
                energy_wh, price, power_w, grade, raw)
            SELECT \(id), 'CP1', 1, \(up.clock.now - 5_400) + number * interval '25 seconds', now(), 100 + number * 75,
                number * 75, number, 11000, 'good', '{}'
            FROM generate_series(1, 200) AS number
            """)

        let shown = try await up.get("/api/v1/chargings/\(id)", as: anna.token)
        #expect(shown["cost"] == 526 && shown["paid"] == 500 && shown["unpaid"] == 26)
        #expect(shown["unpaid_decimal"] == "0.26" && shown["points_earned"] == 1_500)
        #expect(shown["duration"] == 5_400 && shown["discount_value"] == "10.00")
        let samples = try await up.get(
            "/api/v1/chargings/\(id)/meter-values?per_page=100&page=2&order=asc", as: anna.token)
        #expect(samples["pagination"]?["total_items"] == 200)
        let last = try #require(samples["items"]?.elements.last)
        #expect(last["value"] == 15_100 && last["consumed_energy"] == 15_000 && last["minute"] == 83)
        #expect(last["transaction_id"] == .integer(id) && last["voltage"] == .null)
    }
}
