package import FoundationEssentials

/// The server counts from the first second of the year 2000, a `Date` from that of 2001: 366 days later.
private let secondsBetweenEpochs = 366.0 * 86_400
private let microseconds = 1_000_000.0

extension Date: PostgresValue {
    package static var postgresType: PostgresType { .timestamptz }

    /// To the microsecond, which is what the server keeps.
    package func encode(into bytes: inout [UInt8]) {
        let value = ((timeIntervalSinceReferenceDate + secondsBetweenEpochs) * microseconds).rounded()
        // What lies beyond the server's calendar becomes its `infinity`, never a trap.
        let count = Int64(exactly: value) ?? (value < 0 ? .min : .max)
        bytes.append(bigEndian: count)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .timestamptz else { throw cell.unexpected }
        switch try cell.integer(Int64.self) {
        case .max: self = .distantFuture
        case .min: self = .distantPast
        case let count:
            self.init(timeIntervalSinceReferenceDate: Double(count) / microseconds - secondsBetweenEpochs)
        }
    }
}

/// A day of the calendar without time or zone, the server's `date`.
package struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1 January 2000.
    package let days: Int32

    package init(daysSince2000 days: Int32) {
        self.days = days
    }

    /// By the proleptic Gregorian calendar; `nil` when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (-4_000...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
            return nil
        }
        // Years that begin in March, so that the day which comes and goes is the last one.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        days = Int32(era * 146_097 + dayOfEra - 730_425)
        let (readYear, readMonth, readDay) = parts
        guard (readYear, readMonth, readDay) == (year, month, day) else { return nil }
    }

    package var parts: (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 730_425
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    package static func < (left: Self, right: Self) -> Bool { left.days < right.days }

    package var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
    }
}

extension CalendarDate: PostgresValue {
    package static var postgresType: PostgresType { .date }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: days)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .date else { throw cell.unexpected }
        days = try cell.integer()
    }
}

extension Duration: PostgresValue {
    package static var postgresType: PostgresType { .interval }

    package func encode(into bytes: inout [UInt8]) {
        let (seconds, attoseconds) = components
        bytes.append(bigEndian: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Int32(0))
    }

    /// Days and months have no fixed length, so an interval that holds any is not a duration.
    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .interval, cell.bytes.count == 16 else { throw cell.unexpected }
        let micro = Int64(bigEndian: cell.bytes.loadUnaligned(as: Int64.self))
        guard cell.bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self) == 0 else {
            throw CellError("it holds days or months")
        }
        self = .microseconds(micro)
    }
}
