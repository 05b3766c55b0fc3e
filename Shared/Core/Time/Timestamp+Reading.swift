package import FoundationEssentials

extension Timestamp {
    /// Reads the whole of `text`; nil when it is no time of the calendar. The place for a time's speed: no copy is made.
    package static func read(_ text: Span<UInt8>) -> (date: Date, hasZone: Bool)? {
        guard text.count >= 19, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
            let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2),
            let calendarDay = CalendarDay(year: year, month: month, day: day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        guard let fraction = fraction(text, &position), let offset = offset(text, &position),
            position == text.count
        else { return nil }
        // A leap second is the second before it: calendars of computers know none.
        let inDay = hour * 3_600 + minute * 60 + min(second, 59)
        let whole = calendarDay.daysSinceEpoch * 86_400 + inDay - (offset.seconds ?? 0)
        return (Date(timeIntervalSince1970: Double(whole) + fraction), offset.seconds != nil)
    }

    /// Exactly `count` digits.
    @inline(__always)
    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        guard start + count <= text.count else { return nil }
        var number = 0
        for position in start..<(start + count) {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    /// The fraction of a second; 0 without one, nil when digits are missing behind the point.
    private static func fraction(_ text: Span<UInt8>, _ position: inout Int) -> Double? {
        guard position < text.count,
            text[position] == UInt8(ascii: ".") || text[position] == UInt8(ascii: ",")
        else { return 0 }
        position += 1
        let start = position
        var digits = 0
        var unit = 1.0
        while position < text.count, let digit = number(text, position, 1) {
            // Finer than microseconds is finer than what the database keeps.
            if position - start < 6 {
                digits = digits * 10 + digit
                unit *= 10
            }
            position += 1
        }
        return position > start ? Double(digits) / unit : nil
    }

    /// Seconds east of UTC, none where no zone is written; nil for a malformed one.
    private static func offset(_ text: Span<UInt8>, _ position: inout Int) -> (seconds: Int?, Void)? {
        guard position < text.count else { return (nil, ()) }
        let sign = text[position]
        position += 1
        if sign | 0x20 == UInt8(ascii: "z") { return (0, ()) }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(text, position, 2),
            hours < 24
        else { return nil }
        position += 2
        var minutes = 0
        // Stations also write +0100 and +01.
        if position < text.count {
            if text[position] == UInt8(ascii: ":") { position += 1 }
            guard let written = number(text, position, 2), written < 60 else { return nil }
            minutes = written
            position += 2
        }
        return ((sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60), ())
    }
}
