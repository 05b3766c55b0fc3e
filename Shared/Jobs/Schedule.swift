package import Core
package import FoundationEssentials

/// When a job is due.
package enum Schedule: Sendable {
    /// At each whole multiple of the interval since 1970, so that all instances mean the same moments.
    case every(seconds: Int)
    /// Each day at that time of the clock on the wall.
    case daily(at: TimeOfDay)
    /// On that day of each month; 29 to 31 mean the last day of a shorter one.
    case monthly(day: Int, at: TimeOfDay)

    /// One moment that a schedule names, and the key under which it is done once.
    package struct Occasion: Equatable, Sendable {
        package let dueAt: Date
        /// `2026-11-20`, `2026-11`; empty for an interval, whose row tells of its last run only.
        package let key: String

        package init(dueAt: Date, key: String) {
            self.dueAt = dueAt
            self.key = key
        }
    }

    /// The latest occasion that is not after `now`.
    package func latest(at now: Date, in zone: TimeZone) -> Occasion {
        switch self {
        case .every(let seconds):
            let interval = Double(max(1, seconds))
            let due = (now.timeIntervalSince1970 / interval).rounded(.down) * interval
            return Occasion(dueAt: Date(timeIntervalSince1970: due), key: "")
        case .daily(let time):
            let today = CalendarDay(of: now, in: zone)
            let due = time.moment(on: today, in: zone)
            if due <= now { return Occasion(dueAt: due, key: today.text) }
            let yesterday = CalendarDay(daysSinceEpoch: today.daysSinceEpoch - 1)
            return Occasion(dueAt: time.moment(on: yesterday, in: zone), key: yesterday.text)
        case .monthly(let day, let time):
            let today = CalendarDay(of: now, in: zone)
            let month = Month(year: today.year, number: today.month)
            let due = time.moment(on: month.day(day), in: zone)
            if due <= now { return Occasion(dueAt: due, key: month.text) }
            return Occasion(dueAt: time.moment(on: month.before.day(day), in: zone), key: month.before.text)
        }
    }

    /// The first occasion after `now`.
    package func next(after now: Date, in zone: TimeZone) -> Date {
        switch self {
        case .every(let seconds):
            return latest(at: now, in: zone).dueAt + Double(max(1, seconds))
        case .daily(let time):
            let today = CalendarDay(of: now, in: zone)
            let due = time.moment(on: today, in: zone)
            return due > now
                ? due : time.moment(on: CalendarDay(daysSinceEpoch: today.daysSinceEpoch + 1), in: zone)
        case .monthly(let day, let time):
            let today = CalendarDay(of: now, in: zone)
            let month = Month(year: today.year, number: today.month)
            let due = time.moment(on: month.day(day), in: zone)
            return due > now ? due : time.moment(on: month.after.day(day), in: zone)
        }
    }
}

/// A month of the calendar, to count in.
private struct Month {
    let year: Int
    let number: Int

    var before: Month {
        number == 1 ? Month(year: year - 1, number: 12) : Month(year: year, number: number - 1)
    }
    var after: Month {
        number == 12 ? Month(year: year + 1, number: 1) : Month(year: year, number: number + 1)
    }
    var text: String { "\(year)-\(number < 10 ? "0" : "")\(number)" }

    private var first: Int { CalendarDay(year: year, month: number, day: 1)?.daysSinceEpoch ?? 0 }

    /// The day of that number, or the last.
    func day(_ day: Int) -> CalendarDay {
        CalendarDay(daysSinceEpoch: min(first + max(1, day), after.first) - 1)
    }
}
