package import FoundationEssentials

/// A moment as text on the wire: RFC 3339, with the two liberties that stations take (a blank for the `T`, and no
/// zone at all).
package struct Timestamp: Hashable, Sendable {
    package let date: Date
    /// Without a zone the text was read as UTC, and whoever needs to be sure must ask elsewhere.
    package let hasZone: Bool
    /// As it came, kept for evidence.
    package let text: String

    package init(_ date: Date) {
        self.date = date
        hasZone = true
        text = Self.text(date)
    }

    /// Nil when the text is no time of the calendar.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        let bytes = Array(text.utf8)
        guard let reading = Self.read(bytes.span) else { return nil }
        (date, hasZone) = reading
        self.text = text
    }

    /// Appends `date` in UTC with whole seconds: `2026-11-20T10:30:00Z`. What is finer is cut off.
    package static func append(_ date: Date, to output: inout [UInt8]) {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let (days, inDay) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let day = CalendarDay(daysSinceEpoch: inDay < 0 ? days - 1 : days)
        let second = inDay < 0 ? inDay + 86_400 : inDay
        day.append(to: &output)
        output.append(UInt8(ascii: "T"))
        append(second / 3_600, ":", to: &output)
        append(second / 60 % 60, ":", to: &output)
        append(second % 60, "Z", to: &output)
    }

    private static func append(_ number: Int, _ behind: Unicode.Scalar, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "0") + UInt8(number / 10))
        output.append(UInt8(ascii: "0") + UInt8(number % 10))
        output.append(UInt8(ascii: behind))
    }

    package static func text(_ date: Date) -> String {
        var bytes: [UInt8] = []
        append(date, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Timestamp: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let time = Timestamp(text) else {
            throw OutsideLimits("must be a time such as 2026-11-20T10:30:00Z")
        }
        self = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(format: "date-time") }
    package static var standIn: Self { Self(Date(timeIntervalSince1970: 0)) }
}

/// A day of the Gregorian calendar, without a zone: `2026-11-20`.
package struct CalendarDay: Hashable, Comparable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil for a day that the calendar does not have.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(in: month, of: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    package init?(_ text: some StringProtocol) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.isAtEnd
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1 January 1970, by counting years from March, so that the leap day comes last.
    package var daysSinceEpoch: Int {
        let (fromMarch, yearOfMarch) = month > 2 ? (month - 3, year) : (month + 9, year - 1)
        let era = (yearOfMarch >= 0 ? yearOfMarch : yearOfMarch - 399) / 400
        let yearOfEra = yearOfMarch - era * 400
        let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
        month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Its first moment in UTC.
    package var start: Date { Date(timeIntervalSince1970: Double(daysSinceEpoch * 86_400)) }

    package func append(to output: inout [UInt8]) {
        let digits = [year / 1_000, year / 100 % 10, year / 10 % 10, year % 10]
        output.append(contentsOf: digits.map { UInt8(ascii: "0") + UInt8($0) })
        for part in [month, day] {
            output.append(UInt8(ascii: "-"))
            output.append(UInt8(ascii: "0") + UInt8(part / 10))
            output.append(UInt8(ascii: "0") + UInt8(part % 10))
        }
    }

    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A time of day to the minute, without a day or a zone: `22:30`.
package struct TimeOfDay: Hashable, Comparable, Sendable {
    /// 0 to 1439.
    package let minutes: Int

    /// For a number that is known to be one of the day.
    init(wholeMinutes minutes: Int) {
        self.minutes = minutes
    }

    package init?(minutes: Int) {
        guard (0..<1_440).contains(minutes) else { return nil }
        self.minutes = minutes
    }

    package init?(_ text: some StringProtocol) {
        var reader = DigitReader(Array(text.utf8))
        guard let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.isAtEnd,
            hour < 24, minute < 60
        else { return nil }
        minutes = hour * 60 + minute
    }

    package var text: String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return (hour < 10 ? "0" : "") + String(hour) + (minute < 10 ? ":0" : ":") + String(minute)
    }

    package static func < (left: Self, right: Self) -> Bool { left.minutes < right.minutes }
}

/// Digits in fixed places, as dates have them.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Exactly `count` digits.
    mutating func number(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<(position + count)] {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
