import Core
import FoundationEssentials

/// Dates as HTTP writes them: `Fri, 20 Nov 2026 10:30:00 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(_ date: Date) -> String {
        let text = Timestamp.text(date)
        guard let day = CalendarDay(text.prefix(10)) else { preconditionFailure("a time without a day") }
        // 1 January 1970 was a Thursday.
        let weekday = weekdays[((day.daysSinceEpoch % 7) + 7) % 7]
        let clock = text.dropFirst(11).prefix(8)
        return
            "\(weekday), \(day.day < 10 ? "0" : "")\(day.day) \(months[day.month - 1]) \(text.prefix(4)) \(clock) GMT"
    }
}
