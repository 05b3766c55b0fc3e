import Core
import FoundationEssentials
import Jobs
import Testing

/// In Prague the clocks go forward on 29 March 2026 at 02:00 and back on 25 October 2026 at 03:00.
@Suite struct `A schedule` {
    private let prague: TimeZone
    private let utc: TimeZone

    init() throws {
        prague = try #require(TimeZone.named("Europe/Prague"))
        utc = try #require(TimeZone.named("UTC"))
    }

    private func date(_ text: String) throws -> Date { try #require(Timestamp(text)).date }
    private func time(_ text: String) throws -> TimeOfDay { try #require(TimeOfDay(text)) }

    @Test(arguments: [
        ("an ordinary day", "02:30", "2026-11-20T12:00:00Z", "2026-11-20", "2026-11-20T01:30:00Z"),
        ("before its time of day", "02:30", "2026-11-20T01:29:59Z", "2026-11-19", "2026-11-19T01:30:00Z"),
        ("to the second", "02:30", "2026-11-20T01:30:00Z", "2026-11-20", "2026-11-20T01:30:00Z"),
        ("the day without that time", "02:30", "2026-03-29T12:00:00Z", "2026-03-29", "2026-03-29T01:30:00Z"),
        ("the day after it", "02:30", "2026-03-30T12:00:00Z", "2026-03-30", "2026-03-30T00:30:00Z"),
        (
            "the first of two such times", "02:30", "2026-10-25T00:30:00Z", "2026-10-25",
            "2026-10-25T00:30:00Z"
        ),
        (
            "the second of two such times", "02:30", "2026-10-25T01:30:00Z", "2026-10-25",
            "2026-10-25T00:30:00Z"
        ),
        ("the day after that", "02:30", "2026-10-26T01:30:00Z", "2026-10-26", "2026-10-26T01:30:00Z"),
        (
            "local midnight before the UTC day", "00:10", "2026-06-30T22:30:00Z", "2026-07-01",
            "2026-06-30T22:10:00Z"
        ),
    ])
    func `of every day names one moment of it`(
        name: String, at: String, now: String, key: String, due: String
    ) throws {
        let occasion = try Schedule.daily(at: time(at)).latest(at: date(now), in: prague)

        #expect(occasion == Schedule.Occasion(dueAt: try date(due), key: key))
    }

    @Test(arguments: ["2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"], ["02:00", "02:30", "03:00", "00:00"])
    func `of every day comes up once a day, whatever the clocks do`(begin: String, at: String) throws {
        let schedule = Schedule.daily(at: try time(at))
        let start = try date(begin)

        var occasions: [Schedule.Occasion] = []
        for minute in stride(from: 0, to: 5 * 24 * 60, by: 5) {
            let now = start + Double(minute) * 60
            let occasion = schedule.latest(at: now, in: prague)
            #expect(occasion.dueAt <= now)
            #expect(schedule.next(after: now, in: prague) > now)
            if occasions.last != occasion { occasions.append(occasion) }
        }

        #expect(Set(occasions.map(\.key)).count == occasions.count)
        #expect(zip(occasions, occasions.dropFirst()).allSatisfy { $0.dueAt < $1.dueAt })
        #expect((5...6).contains(occasions.count))
        // What comes next is what will have come latest.
        for (one, following) in zip(occasions, occasions.dropFirst()) {
            #expect(schedule.next(after: one.dueAt, in: prague) == following.dueAt)
        }
    }

    @Test(arguments: [
        (1, "2026-11-01T08:00:00Z", "2026-11", "2026-11-01T08:00:00Z", "2026-12-01T08:00:00Z"),
        (1, "2026-11-01T07:59:59Z", "2026-10", "2026-10-01T07:00:00Z", "2026-11-01T08:00:00Z"),
        (31, "2026-03-01T00:00:00Z", "2026-02", "2026-02-28T08:00:00Z", "2026-03-31T07:00:00Z"),
        (29, "2028-03-01T00:00:00Z", "2028-02", "2028-02-29T08:00:00Z", "2028-03-29T07:00:00Z"),
        (1, "2027-01-01T00:00:00Z", "2026-12", "2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"),
    ])
    func `of every month has its last day in a shorter one`(
        day: Int, now: String, key: String, due: String, next: String
    ) throws {
        let schedule = Schedule.monthly(day: day, at: try time("09:00"))

        let occasion = schedule.latest(at: try date(now), in: prague)
        #expect(occasion == Schedule.Occasion(dueAt: try date(due), key: key))
        #expect(schedule.next(after: try date(now), in: prague) == (try date(next)))
    }

    @Test func `of every few seconds means the same moments everywhere`() throws {
        let schedule = Schedule.every(seconds: 300)
        let now = try date("2026-11-20T10:33:20Z")

        for zone in [prague, utc] {
            let occasion = schedule.latest(at: now, in: zone)
            #expect(occasion == Schedule.Occasion(dueAt: try date("2026-11-20T10:30:00Z"), key: ""))
            #expect(schedule.next(after: now, in: zone) == (try date("2026-11-20T10:35:00Z")))
        }
    }
}
