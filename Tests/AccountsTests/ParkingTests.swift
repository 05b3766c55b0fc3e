import Core
import FoundationEssentials
import HTTP
import Postgres
import StationSimulator
import TestSupport
import Testing

/// A car park as a test enters it.
private let square: [String: JSONValue] = [
    "prime_location_name": "Central Square", "address": "Long Street 1, Prague", "pin_code": "110001",
    "number_of_spots": 3, "price": 250,
]

extension AccountsUp {
    /// Answers its number.
    fileprivate func lot(_ more: [String: JSONValue] = [:], by boss: AccountsRows.Person) async throws
        -> Int64
    {
        let body = JSONValue.object(square.merging(more) { $1 })
        let answer = try await post("/api/admin/pkl/create", body, as: boss.token)
        return try #require(answer["id"]?.number, "\(answer)")
    }

    fileprivate func park(
        _ lot: Int64, _ more: [String: JSONValue] = [:], as person: AccountsRows.Person
    ) async throws -> Answer {
        let body: [String: JSONValue] = ["vehicle_number": "1ab2345"]
        return try await post(
            "/api/user/pkl/book/\(lot)", .object(body.merging(more) { $1 }), as: person.token)
    }

    fileprivate func spots(of lot: Int64, as boss: AccountsRows.Person) async throws -> [JSONValue] {
        try await get("/api/admin/pkl/\(lot)", as: boss.token)["spots"]?.elements ?? []
    }
}

@Suite(.accountsUp) struct `A parking lot` {
    private let up = AccountsUp.current

    @Test(.fact(90)) func `is entered and listed by administrators`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let (worker, anna) = (
            try await up.rows.person("worker", role: "operator"), try await up.rows.person("anna")
        )

        let made = try await up.post("/api/admin/pkl/create", .object(square), as: boss.token)

        #expect(made.status == 201 && made["number_of_spots"] == 3 && made["available_spots"] == 3)
        #expect(made["price"] == 250 && made["price_decimal"] == "2.50" && made["currency"] == "EUR")
        #expect(made["is_active"] == true && made["description"] == .null && made["occupied_spots"] == 0)
        #expect(made["spots"]?.elements.map { $0["number"] } == [1, 2, 3])
        #expect(made["spots"]?.elements.allSatisfy { $0["status"] == "A" } == true)
        let id = try #require(made["id"]?.number)
        let list = try await up.get("/api/admin/pkl/list", as: boss.token)
        #expect(list["items"]?.elements.map { $0["id"] } == [.integer(id)])
        #expect(list["items"]?.elements.first?.names.contains("spots") == false)
        for person in [worker, anna] {
            #expect(try await up.get("/api/admin/pkl/list", as: person.token).status == 403)
        }
        let shown = try await up.get("/api/user/pkl/list", as: anna.token)
        #expect(shown["items"]?.elements.map { $0["id"] } == [.integer(id)])
        _ = try await up.patch("/api/admin/pkl/update/\(id)", ["is_active": false], as: boss.token)
        #expect(try await up.get("/api/user/pkl/list", as: anna.token)["items"] == [])
        #expect(try await Registry().audited(by: boss.id) == ["CREATE_LOT", "UPDATE_LOT"])
    }

    @Test func `is described by all that is asked for`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let empty = try await up.post("/api/admin/pkl/create", [:], as: boss.token)
        #expect(empty.status == 400 && empty["errors"]?.names == Set(square.keys))
        for (field, value) in [
            ("prime_location_name", "A<b>"), ("prime_location_name", "ab"), ("address", "short"),
            ("pin_code", "12345"), ("pin_code", "12345x"), ("number_of_spots", 0), ("number_of_spots", 1_001),
            ("price", -1), ("price", 1_000_001), ("station_id", 9),
            ("operating_hours_start", "25:00"),
        ] as [(String, JSONValue)] {
            let answer = try await up.post(
                "/api/admin/pkl/create", .object(square.merging([field: value]) { $1 }), as: boss.token)
            #expect(answer.status == 400 && answer["errors"]?.names == [field], "\(field) \(answer)")
        }
        let half = try await up.post(
            "/api/admin/pkl/create", .object(square.merging(["operating_hours_start": "08:00"]) { $1 }),
            as: boss.token)
        #expect(half.status == 400 && half["errors"]?.names == ["non_field_errors"])
    }

    @Test(.fact(88)) func `with somebody in it neither goes nor shrinks below them`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        let id = try await up.lot(["number_of_spots": 5], by: boss)
        var stays: [Int64] = []
        for _ in 1...3 { stays.append(try #require(try await up.park(id, as: anna)["id"]?.number)) }

        let kept = try await up.delete("/api/admin/pkl/delete/\(id)", as: boss.token)
        #expect(kept.status == 409 && kept.code == 2031)
        #expect(kept["status_message"] == "Failed to delete parking lot: Parking lot is not empty")
        func resize(_ size: Int64) async throws -> Answer {
            try await up.patch(
                "/api/admin/pkl/update/\(id)", ["number_of_spots": .integer(size)], as: boss.token)
        }
        let tooFew = try await resize(2)
        #expect(tooFew.status == 409 && tooFew.code == 2031)
        #expect(try await up.spots(of: id, as: boss).count == 5)
        #expect(try await resize(4)["available_spots"] == 1)
        #expect(try await up.spots(of: id, as: boss).map { $0["number"] } == [1, 2, 3, 4])
        #expect(try await resize(6)["number_of_spots"] == 6)
        #expect(try await up.spots(of: id, as: boss).map { $0["number"] } == [1, 2, 3, 4, 5, 6])

        for stay in stays {
            _ = try await up.post(
                "/api/user/pkl/release", ["reservation_id": .integer(stay)], as: anna.token)
        }
        let gone = try await up.delete("/api/admin/pkl/delete/\(id)", as: boss.token)
        #expect(gone.status == 200 && gone["id"] == .integer(id))
        #expect(try await up.get("/api/admin/pkl/\(id)", as: boss.token).status == 404)
        let history = try await up.get("/api/user/pkl/book/list", as: anna.token)
        #expect(history["pagination"]?["total_items"] == 3)
    }

    @Test func `stands beside connectors, each at one spot`() async throws {
        let registry = try Registry()
        let boss = try await up.rows.person("boss", role: "admin")
        try await registry.point("CP1")
        _ = try await registry.connector(of: "CP1")
        let place: [String: JSONValue] = ["charge_point_id": "CP1", "connector_id": 1]
        let spot = JSONValue.object(place.merging(["number": 2]) { $1 })
        let id = try await up.lot(["spots": [spot]], by: boss)

        let second = try #require(try await up.spots(of: id, as: boss).last { $0["number"] == 2 })
        #expect(second["charge_point_id"] == "CP1" && second["connector_id"] == 1 && second["status"] == "A")
        let path = "/api/admin/pkl/\(id)/spots"
        let taken = try await up.patch("\(path)/1", .object(place), as: boss.token)
        #expect(taken.status == 400 && taken["errors"]?.names == ["connector_id"])
        let half = try await up.patch("\(path)/1", ["charge_point_id": "CP1"], as: boss.token)
        #expect(half.status == 400)
        let unknown = try await up.patch(
            "\(path)/1", ["charge_point_id": "CP1", "connector_id": 2], as: boss.token)
        #expect(unknown.status == 400)
        #expect(try await up.patch("\(path)/9", .object(place), as: boss.token).status == 404)
        let freed = try await up.patch(
            "\(path)/2", ["charge_point_id": .null, "connector_id": .null], as: boss.token)
        #expect(freed.status == 200 && freed["charge_point_id"] == .null)
        #expect(try await up.patch("\(path)/1", .object(place), as: boss.token)["connector_id"] == 1)
    }
}

@Suite(.accountsUp) struct `Parking` {
    private let up = AccountsUp.current

    @Test(.fact(87)) func `has as many winners as spots, and each hour that began is paid`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let id = try await up.lot(by: boss)
        var people: [AccountsRows.Person] = []
        for number in 1...10 { people.append(try await up.rows.person("driver\(number)")) }
        let up = up

        let answers = try await withThrowingTaskGroup(of: (AccountsRows.Person, Answer).self) { group in
            for person in people { group.addTask { (person, try await up.park(id, as: person)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }

        let won = answers.filter { $0.1.status == 201 }
        #expect(
            Set(won.compactMap { $0.1["spot_identifier"]?.text })
                == ["Central Square-1", "Central Square-2", "Central Square-3"])
        #expect(answers.filter { $0.1.status == 409 && $0.1.code == 2032 }.count == 7)
        for (passed, cost) in [(60, 250), (3_600, 500)] as [(Int, Int64)] {
            // A minute, then 61 of them.
            up.clock.advance(by: .seconds(passed))
            let person = won[passed == 60 ? 0 : 1].0
            let left = try await up.post("/api/user/pkl/release", [:], as: person.token)
            #expect(left.status == 200 && left["parking_cost"] == .integer(cost), "\(left)")
            #expect(left["status"] == "completed" && left["hourly_rate"] == 250)
            #expect(left["duration_str"] == .string(passed == 60 ? "0h 1m" : "1h 1m"))
        }
        let told: Int64 = try await Registry().owner.run(
            "SELECT count(*) FROM accounts.event_log WHERE kind = 'account.parking-ended'")
        #expect(told == 2)
    }

    @Test(arguments: [(0, 250), (3_600, 250), (3_601, 500), (7_200, 500), (86_400, 6_000)] as [(Int, Int64)])
    func `costs the first hour at once and each further one from its first second`(
        _ seconds: Int, _ cost: Int64
    ) async throws {
        let (boss, anna) = (try await up.rows.person("boss", role: "admin"), try await up.rows.person("anna"))
        _ = try await up.park(try await up.lot(by: boss), as: anna)
        up.clock.advance(by: .seconds(seconds))

        let left = try await up.post("/api/user/pkl/release", [:], as: anna.token)

        #expect(left["parking_cost"] == .integer(cost), "\(left)")
    }

    @Test func `is at the rate of its booking, and one's own affair`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let id = try await up.lot(by: boss)

        let made = try await up.park(
            id,
            [
                "vehicle_model": "i3", "remarks": "Near the door", "spot_number": 2,
                "expected_leaving_time": "2026-11-20T11:30:00Z",
            ], as: anna)
        #expect(made.status == 201 && made["spot_identifier"] == "Central Square-2")
        #expect(made["vehicle_number"] == "1AB2345" && made["vehicle_model"] == "i3")
        #expect(made["is_active"] == true && made["is_overdue"] == false && made["parking_cost"] == 0)
        #expect(made["duration_str"] == "0h 0m (ongoing)" && made["leaving_timestamp"] == .null)
        let stay = try #require(made["id"])
        #expect(try await up.park(id, ["spot_number": 2], as: bob).code == 2032)
        #expect(try await up.park(id, ["spot_number": 9], as: bob)["errors"]?.names == ["spot_number"])
        #expect(
            try await up.park(id, ["vehicle_number": "AB-1"], as: bob)["errors"]?.names == ["vehicle_number"])
        #expect(try await up.park(999, as: bob).status == 404)
        #expect(
            try await up.park(id, ["expected_leaving_time": "2026-11-20T10:00:00Z"], as: bob).status == 400)

        _ = try await up.patch("/api/admin/pkl/update/\(id)", ["price": 900], as: boss.token)
        up.clock.advance(by: .seconds(3_900))
        let list = try await up.get("/api/user/pkl/book/list?status=active", as: anna.token)
        let shown = try #require(list["items"]?.elements.first)
        #expect(shown["is_overdue"] == true && shown["duration_str"] == "1h 5m (ongoing)")
        #expect(try await up.get("/api/user/pkl/book/list", as: bob.token)["items"] == [])
        let foreign = try await up.post("/api/user/pkl/release", ["reservation_id": stay], as: bob.token)
        #expect(foreign.status == 404)
        let nothing = try await up.post("/api/user/pkl/release", [:], as: bob.token)
        #expect(nothing.status == 409 && nothing.code == 2033)
        let left = try await up.post("/api/user/pkl/release", ["reservation_id": stay], as: anna.token)
        #expect(left["parking_cost"] == 500 && left["is_completed"] == true)
        let again = try await up.post("/api/user/pkl/release", ["reservation_id": stay], as: anna.token)
        #expect(again.status == 409 && again.code == 2033)
    }

    @Test func `is ended by an administrator, who may waive the cost`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        let id = try await up.lot(by: boss)
        let first = try #require(try await up.park(id, as: anna)["id"]?.number)
        let second = try #require(try await up.park(id, as: anna)["id"]?.number)

        let list = try await up.get("/api/admin/pkl/\(id)/reservations?status=active", as: boss.token)
        #expect(list["items"]?.elements.map { $0["id"] } == [.integer(second), .integer(first)])
        let waived = try await up.post("/api/admin/pkl/release/\(first)", ["cancel": true], as: boss.token)
        #expect(waived["status"] == "cancelled" && waived["parking_cost"] == 0)
        #expect(waived["is_completed"] == false && waived["is_active"] == false)
        let ended = try await up.post("/api/admin/pkl/release/\(second)", [:], as: boss.token)
        #expect(ended["status"] == "completed" && ended["parking_cost"] == 250)
        let again = try await up.post("/api/admin/pkl/release/\(second)", [:], as: boss.token)
        #expect(again.status == 409 && again.code == 2033)
        #expect(try await up.post("/api/admin/pkl/release/999", [:], as: boss.token).status == 404)
        #expect(try await up.get("/api/admin/pkl/\(id)", as: boss.token)["available_spots"] == 3)
    }

    @Test func `is possible where a lot is in use and open`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        // It is 10:30.
        for (hours, status) in [
            (("08:00", "10:30"), 409), (("22:00", "10:31"), 201), (("10:30", "11:00"), 201),
        ] {
            let id = try await up.lot(
                [
                    "operating_hours_start": .string(hours.0), "operating_hours_end": .string(hours.1),
                ], by: boss)
            let answer = try await up.park(id, as: anna)
            #expect(answer.status == status, "\(hours)")
            if status == 409 { #expect(answer.code == 2033) }
        }
        let idle = try await up.lot(["is_active": false], by: boss)
        #expect(try await up.park(idle, as: anna).code == 2033)
    }

    @Test(.accountsUp(["JOBS_TIMEZONE": "Europe/Prague"]))
    func `goes by the clocks of the place`() async throws {
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        // 10:30 in UTC is 11:30 there.
        let open = try await up.lot(
            ["operating_hours_start": "11:00", "operating_hours_end": "12:00"], by: boss)
        let closed = try await up.lot(
            ["operating_hours_start": "10:00", "operating_hours_end": "11:00"], by: boss)

        #expect(try await up.park(open, as: anna).status == 201)
        #expect(try await up.park(closed, as: anna).code == 2033)
    }

    @Test func `beside a connector is for whoever charges there`() async throws {
        let registry = try Registry()
        let boss = try await up.rows.person("boss", role: "admin")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await registry.point("CP1")
        _ = try await registry.connector(of: "CP1")
        let spot: JSONValue = ["number": 1, "charge_point_id": "CP1", "connector_id": 1]
        let id = try await up.lot(["number_of_spots": 1, "spots": [spot]], by: boss)
        let session = try await registry.session(on: "CP1", of: anna.id)
        try await registry.says("Charging", of: "CP1")

        #expect(try await up.get("/api/admin/pkl/\(id)", as: boss.token)["available_spots"] == 0)
        #expect(try await up.park(id, as: bob).code == 2032)
        let made = try await up.park(id, as: anna)
        #expect(made.status == 201 && made["charging_id"] == .integer(session))
        #expect(try await up.park(id, as: anna).code == 2032)
    }
}

@Suite(.alone, .networkUp(unlimited)) struct `A parking spot with a connector` {
    @Test(.fact(89)) func `is taken while a car charges there`() async throws {
        let (up, network) = (AccountsUp.current, NetworkUp.current)
        let boss = try await up.rows.person("boss", role: "admin")
        let anna = try await up.rows.person("anna")
        try await network.point("CP1")
        let station = try await network.station("CP1")
        let spot: JSONValue = ["number": 1, "charge_point_id": "CP1", "connector_id": 1]
        let id = try await up.lot(["number_of_spots": 1, "spots": [spot]], by: boss)
        func until(_ status: JSONValue) async throws {
            let clock = ContinuousClock()
            let begin = clock.now
            try await Wait.until { try await up.spots(of: id, as: boss).first?["status"] == status }
            #expect(clock.now - begin < .seconds(2))
        }
        try await until("A")
        let stay = try #require(try await up.park(id, as: anna)["id"]?.number)

        let begun = try await up.post(
            "/api/v1/chargings", ["charge_point_id": "CP1", "connector_id": 1], as: anna.token)
        let session = try #require(begun["id"]?.number, "\(begun)")
        try await Wait.until {
            let list = try await up.get("/api/user/pkl/book/list", as: anna.token)
            return list["items"]?.elements.first?["charging_id"] == .integer(session)
        }
        _ = try await up.post("/api/user/pkl/release", ["reservation_id": .integer(stay)], as: anna.token)
        try await until("O")
        _ = try await up.post("/api/v1/chargings/\(session)/stop", [:], as: anna.token)
        await station.unplug()
        try await until("A")
    }
}
