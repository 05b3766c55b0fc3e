import Core
import FoundationEssentials
import HTTP
import TestSupport
import Testing

/// A slot in the words of a test: whole hours from 12:00 of the test's day on.
func slotTimes(_ from: Int, _ until: Int) -> [String: JSONValue] {
    func moment(_ hours: Int) -> JSONValue {
        let noon = Date(timeIntervalSince1970: 1_795_176_000)
        return .string(Timestamp.text(noon + Double(hours * 3_600)))
    }
    return ["start_time": moment(from), "end_time": moment(until)]
}

@Suite(.accountsUp) struct `A time slot` {
    private let up = AccountsUp.current

    private func enter(
        _ from: Int, _ until: Int, _ more: [String: JSONValue] = [:], as token: String
    ) async throws -> Answer {
        let body = slotTimes(from, until).merging(more) { _, own in own }
        return try await up.post("/api/v1/timeslots/", .object(body), as: token)
    }

    @Test(.fact(78)) func `ends after it begins, and overlaps with none of its tutor`() async throws {
        let (worker, anna) = (
            try await up.rows.person("worker", role: "operator"), try await up.rows.person("anna")
        )

        let made = try await enter(0, 2, ["tutor": .integer(anna.id)], as: worker.token)
        #expect(made.status == 201 && made["tutor"] == .integer(worker.id))
        #expect(made["is_available"] == true && made["charge_point_id"] == .null)
        #expect(made["start_time"] == "2026-11-20T12:00:00Z" && made["end_time"] == "2026-11-20T14:00:00Z")

        for (from, until) in [(4, 4), (5, 4), (4, 29), (1, 3), (-1, 1), (0, 2), (-1, 3)] {
            let answer = try await enter(from, until, as: worker.token)
            #expect(
                answer.status == 400 && answer["errors"]?.names == ["non_field_errors"], "\(from) \(until)")
        }
        #expect(try await enter(2, 4, as: worker.token).status == 201)
        #expect(try await enter(-1, 0, as: worker.token).status == 201)
        #expect(try await enter(4, 28, as: worker.token).status == 201)
        #expect(try await enter(1, 3, as: anna.token).status == 403)
        let none = try await up.post("/api/v1/timeslots", [:], as: worker.token)
        #expect(none.status == 400 && none["errors"]?.names == ["start_time", "end_time"])
    }

    @Test func `is a moment wherever it was written, and told in UTC`() async throws {
        let worker = try await up.rows.person("worker", role: "operator")

        let made = try await up.post(
            "/api/v1/timeslots",
            ["start_time": "2026-11-20T13:00:00+01:00", "end_time": "2026-11-20T09:00:00-05:00"],
            as: worker.token)

        #expect(made.status == 201, "\(made)")
        #expect(made["start_time"] == "2026-11-20T12:00:00Z" && made["end_time"] == "2026-11-20T14:00:00Z")
        // 15:30 there is 13:30 in UTC.
        let overlap = try await up.post(
            "/api/v1/timeslots",
            ["start_time": "2026-11-20T15:30:00+02:00", "end_time": "2026-11-20T17:00:00+02:00"],
            as: worker.token)
        #expect(overlap.status == 400)
    }

    @Test func `of a charge point is for whoever runs it, and overlaps with none of its connector`()
        async throws
    {
        let registry = try Registry()
        let (host, other) = (try await up.rows.person("host"), try await up.rows.person("other"))
        let worker = try await up.rows.person("worker", role: "operator")
        try await registry.point("HOME", owner: host.id)
        try await registry.point("SECRET", owner: other.id, level: 5)
        for number in 1...2 { _ = try await registry.connector(number, of: "HOME") }
        let first: [String: JSONValue] = ["charge_point_id": "HOME", "connector_id": 1]
        let second: [String: JSONValue] = ["charge_point_id": "HOME", "connector_id": 2]

        let made = try await enter(0, 2, first.merging(["price_per_kwh": 25]) { $1 }, as: host.token)
        #expect(made.status == 201 && made["price_per_kwh_decimal"] == "0.25")
        #expect(made["charge_point_id"] == "HOME" && made["connector_id"] == 1)

        #expect(try await enter(1, 3, first, as: worker.token).status == 400)
        #expect(try await enter(1, 3, ["charge_point_id": "HOME"], as: worker.token).status == 400)
        #expect(try await enter(1, 3, second, as: worker.token).status == 201)
        #expect(try await enter(4, 5, ["charge_point_id": "HOME"], as: other.token).status == 403)
        for (field, body) in [
            ("charge_point_id", ["charge_point_id": "SECRET"]),
            ("charge_point_id", ["charge_point_id": "NONE"]),
            ("connector_id", ["charge_point_id": "HOME", "connector_id": 3]),
            ("connector_id", ["connector_id": 1]),
        ] as [(String, [String: JSONValue])] {
            let answer = try await enter(6, 7, body, as: host.token)
            #expect(answer.status == 400 && answer["errors"]?.names == [field], "\(answer)")
        }
    }

    @Test(.fact(79)) func `that is taken is seen by those whom it concerns, and by administrators`()
        async throws
    {
        let worker = try await up.rows.person("worker", role: "operator")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let boss = try await up.rows.person("boss", role: "admin")
        let free = try #require(try await enter(0, 1, as: worker.token)["id"]?.number)
        let taken = try #require(try await enter(1, 2, as: worker.token)["id"]?.number)
        let booked = try await up.post(
            "/api/v1/meetings/", ["time_slot": .integer(taken), "subject": "Charge"], as: anna.token)
        try #require(booked.status == 201, "\(booked)")
        func seen(_ query: String = "", as token: String) async throws -> [Int64] {
            try await up.get("/api/v1/timeslots/\(query)", as: token).json.elements.compactMap {
                $0["id"]?.number
            }
        }

        #expect(try await seen(as: bob.token) == [free])
        #expect(try await seen(as: anna.token) == [free, taken])
        #expect(try await seen(as: worker.token) == [free, taken])
        #expect(try await seen(as: boss.token) == [free, taken])
        #expect(try await up.get("/api/v1/timeslots/\(taken)/", as: bob.token).status == 404)
        #expect(try await up.get("/api/v1/timeslots/\(taken)/", as: anna.token)["is_available"] == false)
        #expect(try await seen("?is_available=false", as: boss.token) == [taken])
        #expect(try await seen("?tutor=\(anna.id)", as: boss.token) == [])
        #expect(try await seen("?from=2026-11-20T13:00:00Z", as: boss.token) == [taken])
        #expect(try await seen("?to=2026-11-20T13:00:00Z", as: boss.token) == [free])
        let page = try await up.get("/api/v1/timeslots?page=1&per_page=1", as: boss.token)
        #expect(page.headers["X-Total-Count"] == "2")
        #expect(try page.json.elements.count == 1)

        up.clock.advance(by: .seconds(3 * 3_600))
        #expect(try await seen(as: bob.token) == [])
        #expect(try await seen(as: worker.token) == [free, taken])
    }

    @Test func `at a point that somebody may not know of is none to them`() async throws {
        let registry = try Registry()
        let (host, anna) = (try await up.rows.person("host"), try await up.rows.person("anna"))
        try await registry.point("SECRET", owner: host.id, level: 5)
        let id = try #require(
            try await enter(0, 1, ["charge_point_id": "SECRET"], as: host.token)["id"]?.number)

        #expect(try await up.get("/api/v1/timeslots", as: anna.token).json == [])
        #expect(try await up.get("/api/v1/timeslots/\(id)", as: anna.token).status == 404)
        let booking = try await up.post(
            "/api/v1/meetings", ["time_slot": .integer(id), "subject": "Charge"], as: anna.token)
        #expect(booking.status == 400 && booking["errors"]?.names == ["time_slot"])
        try await registry.share("SECRET", with: anna.id, by: host.id)
        #expect(try await up.get("/api/v1/timeslots/\(id)", as: anna.token).status == 200)
    }

    @Test(.fact(83)) func `is its tutor's to change, but not under a meeting`() async throws {
        let worker = try await up.rows.person("worker", role: "operator")
        let (anna, boss) = (try await up.rows.person("anna"), try await up.rows.person("boss", role: "admin"))
        let id = try #require(try await enter(0, 1, as: worker.token)["id"]?.number)
        let path = "/api/v1/timeslots/\(id)/"

        #expect(try await up.patch(path, ["is_available": false], as: anna.token).status == 403)
        #expect(try await up.delete(path, as: anna.token).status == 403)
        let longer = try await up.patch(path, ["end_time": "2026-11-20T13:30:00Z"], as: worker.token)
        #expect(longer.status == 200 && longer["end_time"] == "2026-11-20T13:30:00Z")
        let incomplete = try await up.put(path, ["is_available": true], as: worker.token)
        #expect(incomplete.status == 400 && incomplete["errors"]?.names == ["start_time", "end_time"])
        #expect(
            try await up.put(path, .object(slotTimes(0, 2)), as: boss.token)["end_time"]
                == "2026-11-20T14:00:00Z")

        let booked = try await up.post(
            "/api/v1/meetings", ["time_slot": .integer(id), "subject": "Charge"], as: anna.token)
        let meeting = try #require(booked["id"]?.number)
        for body in [slotTimes(0, 1), ["is_available": true]] {
            let refused = try await up.patch(path, .object(body), as: worker.token)
            #expect(refused.status == 409 && refused.code == 2031)
        }
        #expect(try await up.patch(path, ["price_per_kwh": 9], as: worker.token)["price_per_kwh"] == 9)
        let kept = try await up.delete(path, as: worker.token)
        #expect(kept.status == 409 && kept.code == 2031)
        _ = try await up.delete("/api/v1/meetings/\(meeting)", as: worker.token)
        // A canceled one is still history.
        #expect(try await up.delete(path, as: worker.token).code == 2031)

        let other = try #require(try await enter(6, 7, as: worker.token)["id"]?.number)
        #expect(try await up.delete("/api/v1/timeslots/\(other)", as: worker.token).status == 204)
        #expect(try await up.get("/api/v1/timeslots/\(other)", as: worker.token).status == 404)
    }
}
