import Core
import FoundationEssentials
import HTTP
import TestSupport
import Testing

/// Tests that wait ask more often than people, and their clock stands still.
let unlimited = ["RATE_LIMIT_ADDRESS": "0", "RATE_LIMIT_ACCOUNT": "0"]

@Suite(.accountsUp(unlimited)) struct `As time passes, a meeting` {
    private let up = AccountsUp.current

    private func meeting(_ from: Int, _ until: Int, isConfirmed: Bool = true) async throws -> (
        tutor: AccountsRows.Person, anna: AccountsRows.Person, path: String
    ) {
        let (tutor, anna) = (
            try await up.rows.person("tutor", role: "operator"), try await up.rows.person("anna")
        )
        let slot = try await up.post("/api/v1/timeslots", .object(slotTimes(from, until)), as: tutor.token)
        let made = try await up.post(
            "/api/v1/meetings", ["time_slot": try #require(slot["id"]), "subject": "Charge"], as: anna.token)
        let path = "/api/v1/meetings/\(try #require(made["id"]?.number))"
        if isConfirmed { _ = try await up.patch(path, ["status": "confirmed"], as: tutor.token) }
        return (tutor, anna, path)
    }

    private func told(_ person: AccountsRows.Person, _ type: String) async throws -> [String] {
        try await up.get("/api/v1/notifications?type=\(type)", as: person.token).json.elements.compactMap {
            $0["title"]?.text
        }
    }

    @Test func `is recalled to both a day and an hour ahead, once each`() async throws {
        // It is 10:30 of the day before the day before.
        let (tutor, anna, _) = try await meeting(24, 25)

        up.clock.advance(by: .seconds(2 * 3_600))
        for person in [tutor, anna] {
            try await Wait.until { try await told(person, "reminder") == ["In 24 hours: Charge"] }
        }
        up.clock.advance(by: .seconds(23 * 3_600))
        for person in [tutor, anna] {
            try await Wait.until {
                try await told(person, "reminder") == ["In 1 hour: Charge", "In 24 hours: Charge"]
            }
        }
        // The meeting after it is the proof that the job has been there again.
        up.clock.advance(by: .seconds(2 * 3_600 + 24 * 3_600))
        try await Wait.until {
            try await up.get("/api/v1/meetings?status=completed", as: anna.token).json.elements.count == 1
        }
        #expect(try await told(anna, "reminder").count == 2)
    }

    @Test func `that is confirmed late is recalled an hour ahead only`() async throws {
        let (_, anna, _) = try await meeting(6, 7)

        up.clock.advance(by: .seconds(6 * 3_600 + 2_400))

        try await Wait.until { try await !told(anna, "reminder").isEmpty }
        #expect(try await told(anna, "reminder") == ["In 1 hour: Charge"])
    }

    @Test func `that nobody confirmed is canceled, and both are told`() async throws {
        let (tutor, anna, path) = try await meeting(0, 1, isConfirmed: false)

        up.clock.advance(by: .seconds(3 * 3_600))

        try await Wait.until { try await up.get(path, as: anna.token)["status"] == "canceled" }
        for person in [tutor, anna] {
            #expect(try await told(person, "reservation_canceled") == ["Canceled: Charge"])
        }
        let slot = try #require(try await up.get(path, as: anna.token)["time_slot"]?.number)
        #expect(try await up.get("/api/v1/timeslots/\(slot)", as: anna.token)["is_available"] == false)
    }

    @Test(.accountsUp(unlimited.merging(["MEETING_AUTO_COMPLETE_HOURS": "2"]) { $1 }))
    func `that was held is completed`() async throws {
        let (_, anna, path) = try await meeting(0, 1)

        up.clock.advance(by: .seconds(3 * 3_600))
        try await Wait.until { try await told(anna, "reservation_confirmed").count == 1 }
        #expect(try await up.get(path, as: anna.token)["status"] == "confirmed")
        up.clock.advance(by: .seconds(2 * 3_600))

        try await Wait.until { try await up.get(path, as: anna.token)["status"] == "completed" }
    }
}
