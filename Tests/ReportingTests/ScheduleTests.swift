import Core
import Foundation
import Postgres
import ReportingService
import TestSupport
import Testing

@Suite struct `The monthly report` {
    @Test(.reportingUp(instances: 2), .fact(103))
    func `is written once to everybody who did something, though it is started again and again`() async throws
    {
        let up = ReportingUp.current
        let owner = try FreshDatabase.current.database(as: .owner)
        let anna = try await up.rows.person("anna")
        let jan = try await up.rows.person("jan")
        let idle = try await up.rows.person("idle")
        let gone = try await up.rows.person("gone", isActive: false)
        try await owner.run("UPDATE accounts.account SET language = 'cs' WHERE id = \(jan.id)")
        let (first, later) = (
            try NetworkRows.at("2026-11-03T10:00:00Z"), try NetworkRows.at("2026-11-29T10:00:00Z")
        )
        for (number, user, energy) in [(1, anna.id, 12_340), (2, anna.id, 10_000), (3, gone.id, 5_000)]
            as [(Int64, Int64, Int64)]
        {
            try await up.facts.end(
                try Charge(number, at: "2026-11-10T12:00:00Z", user: user, energy: energy, cost: 450))
        }
        // Of another month.
        try await up.facts.end(try Charge(4, at: "2026-10-31T23:59:00Z", user: idle.id, cost: 450))
        try await NetworkRows().park(jan.id, in: "Harbour", from: first, to: first + 3_600, cost: 300)
        try await NetworkRows().park(jan.id, in: "Forest", from: later, to: later + 3_600, cost: 100)
        try await NetworkRows().park(jan.id, in: "Forest", from: later + 7_200, to: later + 9_000, cost: 50)
        try await up.caughtUp()

        up.clock.set(to: try NetworkRows.at("2026-12-01T09:00:01Z"))
        try await Wait.until {
            let done: Int64 = try await owner.run(
                "SELECT count(*) FROM reporting.job_run WHERE job = 'monthly report' AND key = '2026-12' AND state = 'done'"
            )
            return done == 1
        }
        try await withThrowingTaskGroup { group in
            for number in 0..<3 {
                let instance = up.instances[number % 2]
                group.addTask { try await instance.sendMonthlyReports(on: up.clock.now, key: "2026-12") }
            }
            for try await letters in group { #expect(letters == 0) }
        }
        try await Wait.until {
            try await owner.run("SELECT count(*) FROM reporting.mail") as Int64 == 0
        }

        let mails = try up.mails()
        #expect(Set(mails.keys) == ["anna@example.org", "jan@example.org"])
        let owned = try #require(mails["anna@example.org"])
        #expect(owned.contains("Your month 2026-11 with VoltBus"))
        #expect(owned.contains("text/html"))
        let letters: [String] = try await owner.run(
            "SELECT key FROM reporting.job_letter WHERE job = 'monthly report' ORDER BY user_id")
        #expect(letters == ["2026-12", "2026-12"])
    }

    @Test(.reportingUp) func `tells sessions, energy, money and the favourite car park`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        let at = try NetworkRows.at("2026-11-10T12:00:00Z")
        try await up.facts.end(
            try Charge(1, at: "2026-11-10T12:00:00Z", user: anna.id, energy: 12_340, cost: 450))
        try await NetworkRows().park(anna.id, in: "Harbour", from: at, to: at + 3_600, cost: 300)
        try await up.caughtUp()

        let written = try await up.instances[0].sendMonthlyReports(
            on: try NetworkRows.at("2026-12-01T09:00:00Z"), key: "k")
        #expect(written == 1)
        try await Wait.until { try up.mails().count == 1 }

        let mail = try #require(try up.mails().values.first).replacing("=\r\n", with: "")
        for part in ["12.3 kWh", "4.50 EUR", "3.00 EUR", "Harbour"] {
            #expect(mail.contains(part), "\(part)")
        }
    }
}

@Suite(.reportingUp) struct `The daily reminder` {
    @Test func `goes to those who were away for three days, and to everybody when there is a new car park`()
        async throws
    {
        let up = ReportingUp.current
        let now = try NetworkRows.at("2026-11-25T18:00:00Z")
        let (away, charged, parked) = (
            try await up.rows.person("away"), try await up.rows.person("charged"),
            try await up.rows.person("parked")
        )
        try await up.facts.end(try Charge(1, at: "2026-11-21T12:00:00Z", user: away.id))
        try await up.facts.end(try Charge(2, at: "2026-11-23T12:00:00Z", user: charged.id))
        try await NetworkRows().park(parked.id, in: "Harbour", from: now - 9_000, to: nil, cost: 0)

        #expect(try await up.instances[0].sendDailyReminders(on: now, key: "2026-11-25") == 1)
        #expect(try await up.instances[0].sendDailyReminders(on: now, key: "2026-11-25") == 0)
        try await Wait.until { try up.mails().count == 1 }
        #expect(try up.mails().keys.first == "away@example.org")

        let next = now + 86_400
        try await NetworkRows().owner.run(
            "UPDATE accounts.parking_lot SET created_at = \(next - 3_600) WHERE name = 'Harbour'")
        #expect(try await up.instances[0].sendDailyReminders(on: next, key: "2026-11-26") == 3)
    }
}

@Suite(.reportingUp) struct `Stations that fall out of use` {
    @Test func `are written down once each time`() async throws {
        let up = ReportingUp.current
        let rows = try NetworkRows()
        let site = try await rows.site("Harbour")
        let charge = try Charge(1, at: "2026-11-01T12:00:00Z")
        try await up.facts.write(charge)
        try await rows.owner.run("UPDATE gateway.session SET station_id = \(site)")
        try await up.facts.tellEnded(charge)
        try await up.caughtUp()
        let reporting = up.instances[0]

        #expect(try await reporting.noteUnusedStations(on: charge.endedAt + 9 * 86_400) == 0)
        #expect(try await reporting.noteUnusedStations(on: charge.endedAt + 11 * 86_400) == 1)
        #expect(try await reporting.noteUnusedStations(on: charge.endedAt + 12 * 86_400) == 0)

        let again = try Charge(2, at: "2026-11-20T12:00:00Z")
        try await up.facts.write(again)
        try await rows.owner.run("UPDATE gateway.session SET station_id = \(site)")
        try await up.facts.tellEnded(again)
        try await up.caughtUp()
        #expect(try await reporting.noteUnusedStations(on: again.endedAt + 11 * 86_400) == 1)
    }
}

@Suite(.reportingUp(instances: 2)) struct `Two instances under a clock that jumps` {
    private let owner: Database

    init() throws {
        owner = try FreshDatabase.current.database(as: .owner)
    }

    private func runs(_ state: SQL) async throws -> [String] {
        try await owner.run(
            """
            SELECT concat_ws(' ', job, key, attempts)
            FROM reporting.job_run
            WHERE job IN ('daily reminder', 'monthly report', 'unused stations') AND key >= '2026-11-29' AND \(state)
            ORDER BY job, key
            """)
    }

    @Test func `do each daily and monthly job once`() async throws {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        _ = try await NetworkRows().site("Harbour")
        try await up.facts.end(try Charge(1, at: "2026-11-21T12:00:00Z", user: anna.id, cost: 450))
        try await up.caughtUp()

        // Back behind what was done, forward over it again, over the end of the month, and by days at once.
        for (moment, done) in [
            ("2026-11-29T18:00:01Z", 1), ("2026-11-29T17:30:00Z", 1), ("2026-11-29T18:30:00Z", 1),
            ("2026-11-30T03:00:01Z", 2), ("2026-11-30T18:00:01Z", 3), ("2026-12-01T09:00:01Z", 4),
            ("2026-11-30T23:00:00Z", 4), ("2026-12-01T09:30:00Z", 4), ("2026-12-01T18:00:05Z", 5),
            ("2026-12-01T17:59:00Z", 5), ("2026-12-20T18:00:00Z", 6),
        ] {
            up.clock.set(to: try NetworkRows.at(moment))
            try await Wait.until { try await runs("state = 'done'").count >= done }
        }
        try await Wait.until {
            try await owner.run("SELECT count(*) FROM reporting.mail") as Int64 == 0
        }

        #expect(
            try await runs("true") == [
                "daily reminder 2026-11-29 1", "daily reminder 2026-11-30 1", "daily reminder 2026-12-01 1",
                "daily reminder 2026-12-20 1", "monthly report 2026-12 1", "unused stations 2026-11-30 1",
            ])
        let letters = try up.letters().filter { $0.to == "anna@example.org" }.map(\.text)
        #expect(letters.count == 5)
        #expect(letters.filter { $0.contains("Your month 2026-11 with VoltBus") }.count == 1)
        let entries: Int64 = try await owner.run(
            "SELECT count(*) FROM reporting.audit_entry WHERE action = 'unused_station'")
        #expect(entries == 1)
    }
}
