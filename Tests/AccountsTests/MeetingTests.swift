import Core
import FoundationEssentials
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `A meeting` {
    private let up = AccountsUp.current

    private func slot(_ from: Int = 0, _ until: Int = 1, of tutor: AccountsRows.Person) async throws -> Int64
    {
        let answer = try await up.post(
            "/api/v1/timeslots", .object(slotTimes(from, until)), as: tutor.token)
        return try #require(answer["id"]?.number, "\(answer)")
    }

    private func book(
        _ slot: Int64, _ more: [String: JSONValue] = [:], as person: AccountsRows.Person
    ) async throws -> Answer {
        let body: [String: JSONValue] = ["time_slot": .integer(slot), "subject": "Charge"]
        return try await up.post(
            "/api/v1/meetings/", .object(body.merging(more) { $1 }), as: person.token)
    }

    /// What somebody was told, newest first.
    private func told(_ person: AccountsRows.Person) async throws -> [String] {
        try await up.get("/api/v1/notifications/", as: person.token).json.elements.compactMap {
            $0["type"]?.text
        }
    }

    private func people() async throws -> (
        tutor: AccountsRows.Person, anna: AccountsRows.Person, boss: AccountsRows.Person
    ) {
        (
            try await up.rows.person("tutor", role: "operator"), try await up.rows.person("anna"),
            try await up.rows.person("boss", role: "admin")
        )
    }

    @Test(.fact(80)) func `is won by one of ten`() async throws {
        let (up, tutor) = (up, try await up.rows.person("tutor", role: "operator"))
        let slot = try await slot(of: tutor)
        var people: [AccountsRows.Person] = []
        for number in 1...10 { people.append(try await up.rows.person("driver\(number)")) }

        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for person in people { group.addTask { try await self.book(slot, as: person) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }

        #expect(answers.filter { $0.status == 201 }.count == 1, "\(answers)")
        #expect(answers.filter { $0.status == 409 && $0.code == 2030 }.count == 9)
        #expect(try await up.get("/api/v1/timeslots/\(slot)", as: tutor.token)["is_available"] == false)
        #expect(try await told(tutor) == ["new_reservation"])
    }

    @Test(.fact(81)) func `is told to whom it concerns, and frees its slot again`() async throws {
        let (tutor, anna, boss) = try await people()
        let slot = try await slot(of: tutor)

        let made = try await book(slot, ["notes": "By the fence"], as: anna)
        #expect(made.status == 201 && made["status"] == "pending" && made["notes"] == "By the fence")
        #expect(made["student"] == .integer(anna.id) && made["tutor"] == .integer(tutor.id))
        #expect(made["reservation_id"] == .null && made["charging_id"] == .null)
        let path = "/api/v1/meetings/\(try #require(made["id"]?.number))/"
        #expect(try await told(tutor) == ["new_reservation"])
        #expect(try await told(anna) == [])

        #expect(try await up.patch(path, ["status": "confirmed"], as: anna.token).status == 400)
        #expect(try await up.patch(path, ["status": "confirmed"], as: tutor.token)["status"] == "confirmed")
        #expect(try await up.patch(path, ["status": "confirmed"], as: tutor.token).status == 200)
        #expect(try await told(anna) == ["reservation_confirmed"])

        #expect(try await up.patch(path, ["status": "canceled"], as: anna.token)["status"] == "canceled")
        #expect(try await told(tutor) == ["reservation_canceled", "new_reservation"])
        #expect(try await told(anna) == ["reservation_confirmed"])
        #expect(try await up.get("/api/v1/timeslots/\(slot)", as: anna.token)["is_available"] == true)

        let again = try await book(slot, as: anna)
        let second = "/api/v1/meetings/\(try #require(again["id"]?.number))"
        #expect(try await up.delete(second, as: boss.token)["status"] == "canceled")
        #expect(try await told(tutor).prefix(2) == ["reservation_canceled", "new_reservation"])
        #expect(try await told(anna) == ["reservation_canceled", "reservation_confirmed"])
    }

    @Test(.fact(82)) func `is canceled, or taken away by an administrator`() async throws {
        let (tutor, anna, boss) = try await people()
        let slot = try await slot(of: tutor)
        let path = "/api/v1/meetings/\(try #require(try await book(slot, as: anna)["id"]?.number))/"

        let early = try await up.patch(path, ["status": "completed"], as: tutor.token)
        #expect(early.status == 400 && early["errors"] == ["status": ["Invalid status transition"]])
        #expect(try await up.delete("\(path)?hard=true", as: anna.token).status == 403)
        for _ in 1...2 {
            let canceled = try await up.delete(path, as: anna.token)
            #expect(canceled.status == 200 && canceled["status"] == "canceled")
        }
        #expect(try await told(tutor) == ["reservation_canceled", "new_reservation"])
        for status in ["pending", "confirmed", "completed"] {
            let dead = try await up.patch(path, ["status": .string(status)], as: boss.token)
            #expect(dead.status == 400, "\(status)")
        }
        #expect(try await up.delete("\(path)?hard=true", as: boss.token).status == 204)
        #expect(try await up.get(path, as: boss.token).status == 404)
        let left = try await up.get("/api/v1/notifications", as: tutor.token).json.elements
        #expect(left.count == 2 && left.allSatisfy { $0["meeting"] == .null })
        #expect(try await Registry().audited(by: boss.id) == ["DELETE_MEETING"])
    }

    @Test func `is completed once it has begun, and then stays`() async throws {
        let (tutor, anna, boss) = try await people()
        let slot = try await slot(of: tutor)
        let path = "/api/v1/meetings/\(try #require(try await book(slot, as: anna)["id"]?.number))/"
        _ = try await up.patch(path, ["status": "confirmed"], as: tutor.token)

        #expect(try await up.patch(path, ["status": "completed"], as: tutor.token).status == 400)
        up.clock.advance(by: .seconds(5_400))
        #expect(try await up.patch(path, ["status": "completed"], as: anna.token).status == 400)
        #expect(try await up.patch(path, ["status": "completed"], as: tutor.token)["status"] == "completed")
        #expect(try await up.delete(path, as: boss.token).status == 400)
        #expect(try await up.patch(path, ["status": "canceled"], as: tutor.token).status == 400)
    }

    @Test func `is booked into a slot that can be had`() async throws {
        let (tutor, anna, boss) = try await people()
        let (open, over) = (try await slot(of: tutor), try await slot(-3, -2, of: tutor))
        let withdrawn = try await slot(2, 3, of: tutor)
        _ = try await up.patch("/api/v1/timeslots/\(withdrawn)", ["is_available": false], as: tutor.token)

        for slot in [over, withdrawn] {
            let answer = try await book(slot, as: anna)
            #expect(answer.status == 409 && answer.code == 2030)
        }
        #expect(try await book(open, as: tutor)["errors"]?.names == ["time_slot"])
        #expect(try await book(999, as: anna)["errors"]?.names == ["time_slot"])
        #expect(try await book(open, ["tutor": .integer(anna.id)], as: anna)["errors"]?.names == ["tutor"])
        #expect(try await book(open, ["student": 999], as: boss)["errors"]?.names == ["student"])
        #expect(try await book(open, ["subject": ""], as: anna)["errors"]?.names == ["subject"])
        let ofBoss = try await book(open, ["student": .integer(anna.id)], as: boss)
        #expect(ofBoss.status == 201 && ofBoss["student"] == .integer(anna.id))
    }

    @Test func `is nobody else's to see, and its words are the student's while it is pending`() async throws {
        let (tutor, anna, boss) = try await people()
        let bob = try await up.rows.person("bob")
        let slot = try await slot(of: tutor)
        let made = try await book(slot, ["student": .integer(bob.id)], as: anna)
        #expect(made["student"] == .integer(anna.id))
        let path = "/api/v1/meetings/\(try #require(made["id"]?.number))/"

        #expect(try await up.get(path, as: bob.token).status == 404)
        #expect(try await up.patch(path, ["notes": "x"], as: bob.token).status == 404)
        #expect(try await up.delete(path, as: bob.token).status == 404)
        #expect(try await up.get("/api/v1/meetings", as: bob.token).json == [])
        #expect(try await up.get("/api/v1/meetings?status=confirmed", as: boss.token).json == [])
        let all = try await up.get("/api/v1/meetings?time_slot=\(slot)&status=pending", as: boss.token)
        #expect(try all.json.elements.count == 1)

        let changed = try await up.patch(
            path, ["notes": "Late", "student": .integer(bob.id), "time_slot": 9], as: anna.token)
        #expect(changed["notes"] == "Late" && changed["student"] == .integer(anna.id))
        #expect(changed["time_slot"] == .integer(slot))
        _ = try await up.patch(path, ["status": "confirmed"], as: tutor.token)
        #expect(try await up.patch(path, ["notes": .null], as: anna.token).status == 403)
        #expect(try await up.patch(path, ["notes": .null], as: tutor.token)["notes"] == .null)
    }

    @Test(.accountsUp(["VIP_EARLY_BOOKING_HOURS": "2"]))
    func `comes to usual drivers later where that is set`() async throws {
        let (tutor, anna, _) = try await people()
        let host = try await up.rows.person("host")
        try await Registry().point("HOME", owner: host.id)
        let (first, second) = (try await slot(5, 6, of: tutor), try await slot(6, 7, of: tutor))

        #expect(try await book(first, as: anna).code == 2030)
        #expect(try await book(first, as: host).status == 201)
        up.clock.advance(by: .seconds(2 * 3_600))
        #expect(try await book(second, as: anna).status == 201)
    }

    @Test func `asked for twice with one key is one`() async throws {
        let (tutor, anna, _) = try await people()
        let slot = try await slot(of: tutor)
        let body: JSONValue = ["time_slot": .integer(slot), "subject": "Charge"]

        let first = try await up.post(
            "/api/v1/meetings", body, as: anna.token, headers: [("Idempotency-Key", "once")])
        let second = try await up.post(
            "/api/v1/meetings", body, as: anna.token, headers: [("Idempotency-Key", "once")])

        #expect(first.status == 201 && second.status == 201 && second.body == first.body)
        #expect(second.headers["Idempotency-Replayed"] == "true")
    }
}
