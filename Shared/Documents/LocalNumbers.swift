package import Core
package import FoundationEssentials

/// Amounts, dates and times as readers of a language write them.
package struct LocalNumbers: Sendable {
    private let language: String
    package let zone: TimeZone

    package init(language: String, zone: TimeZone) {
        self.language = language
        self.zone = zone
    }

    private var hasComma: Bool { ["pl", "cs"].contains(language) }

    /// `1 234,50` or `1,234.50`.
    package func amount(_ minorUnits: Int64, _ currency: Currency) -> String {
        grouped(Money(minorUnits, currency).decimal)
    }

    /// Any decimal text with a point.
    package func grouped(_ decimal: String) -> String {
        let isNegative = decimal.hasPrefix("-")
        let parts = decimal.drop(while: { $0 == "-" })
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var whole = ""
        for (index, digit) in (parts.first ?? "0").reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { whole.append(hasComma ? "\u{A0}" : ",") }
            whole.append(digit)
        }
        let fraction = parts.count == 2 ? (hasComma ? "," : ".") + parts[1] : ""
        return (isNegative ? "−" : "") + String(whole.reversed()) + fraction
    }

    package func day(_ moment: Date) -> String { day(CalendarDay(of: moment, in: zone)) }

    package func day(_ day: CalendarDay) -> String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return switch language {
        case "pl": "\(two(day.day)).\(two(day.month)).\(day.year)"
        case "cs": "\(day.day).\u{A0}\(day.month).\u{A0}\(day.year)"
        default: "\(day.day) \(Self.months[day.month - 1]) \(day.year)"
        }
    }

    /// The day once, unless the end is on another one.
    package func span(_ start: Date, _ end: Date) -> String {
        let (from, to) = (TimeOfDay(of: start, in: zone).text, TimeOfDay(of: end, in: zone).text)
        return day(start) == day(end)
            ? "\(day(start)), \(from) – \(to)" : "\(day(start)), \(from) – \(day(end)), \(to)"
    }

    /// Whole days, both of them part of it.
    package func period(_ first: Date, _ last: Date) -> String {
        let (from, to) = (day(first), day(last))
        return from == to ? from : "\(from) – \(to)"
    }

    /// A day below a chart, or the month that it begins.
    package func short(_ day: CalendarDay, isMonth: Bool) -> String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        if isMonth { return "\(two(day.month))/\(day.year)" }
        return switch language {
        case "pl": "\(two(day.day)).\(two(day.month))"
        case "cs": "\(day.day).\u{A0}\(day.month)."
        default: "\(day.day) \(Self.months[day.month - 1].prefix(3))"
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
}
