import Core
import FoundationEssentials

/// A moment as mail writes it, always in UTC and always in English.
struct MailDate {
    private let day: CalendarDay
    private let daysSinceEpoch: Int
    private let secondOfDay: Int

    init(_ date: Date) {
        // Years 1 to 9999 are what the formats can say.
        let seconds = Int(
            min(max(date.timeIntervalSince1970, -62_135_596_800), 253_402_300_799).rounded(.down))
        secondOfDay = (seconds % 86_400 + 86_400) % 86_400
        daysSinceEpoch = (seconds - secondOfDay) / 86_400
        day = CalendarDay(daysSinceEpoch: daysSinceEpoch)
    }

    /// RFC 5322 §3.3: `Sat, 21 Nov 2026 01:47:41 +0000`.
    var header: String {
        // The first day of the epoch was a Thursday.
        let weekday = Self.weekdays[(daysSinceEpoch % 7 + 7) % 7]
        return
            "\(weekday), \(day.day) \(Self.months[day.month - 1]) \(year) \(clock.joined(separator: ":")) +0000"
    }

    /// `20261121T014741Z`, which sorts as text.
    var compact: String { "\(year)\(Self.two(day.month))\(Self.two(day.day))T\(clock.joined())Z" }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var year: String { String(repeating: "0", count: 4 - "\(day.year)".count) + "\(day.year)" }

    private var clock: [String] {
        [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map(Self.two)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
