import Core
package import FoundationEssentials

/// The time that a report is about: from its beginning to before its end.
package struct ReportRange: Equatable, Sendable {
    package let begin: Date
    package let end: Date

    package static let hour: TimeInterval = 3_600

    package init(begin: Date, end: Date) throws(ReportingRefusal) {
        guard begin <= end else { throw .endBeforeBegin }
        self.begin = begin
        self.end = end
    }

    /// Reads the contract's `from` and `to`: dates or RFC 3339; a bare date as the end means the end of that day (UTC).
    package init(from: String?, to: String?) throws(ReportingRefusal) {
        guard let begin = try Self.begin(of: from) else { throw .missingParameter("from") }
        guard let end = try Self.end(of: to) else { throw .missingParameter("to") }
        try self.init(begin: begin, end: end)
    }

    /// The same where both may be missing: the last `days` until now.
    package init(from: String?, to: String?, orLast days: Int, at now: Date) throws(ReportingRefusal) {
        let end = try Self.end(of: to) ?? now
        try self.init(begin: try Self.begin(of: from) ?? end - Double(days) * 86_400, end: end)
    }

    /// Nil without a text.
    package static func begin(of text: String?) throws(ReportingRefusal) -> Date? {
        try moment(text, "from") { $0.start }
    }

    /// Nil without a text; the end of the day (UTC) for a bare date.
    package static func end(of text: String?) throws(ReportingRefusal) -> Date? {
        try moment(text, "to") { $0.adding(days: 1).start }
    }

    /// Throws: `ReportingRefusal.rangeTooLong`.
    package func atMost(days: Int) throws(ReportingRefusal) -> Self {
        guard end.timeIntervalSince(begin) <= Double(days) * 86_400 else { throw .rangeTooLong(days) }
        return self
    }

    private static func moment(
        _ text: String?, _ name: String, ofDay: (CalendarDay) -> Date
    ) throws(ReportingRefusal) -> Date? {
        guard let text, !text.isEmpty else { return nil }
        if let day = CalendarDay(text) { return ofDay(day) }
        guard let moment = Timestamp(text), moment.hasZone else { throw .unreadableParameter(name) }
        return moment.date
    }

    /// The hours that it touches.
    package var touchedHours: (first: Date, count: Int) {
        let first = (begin.timeIntervalSince1970 / Self.hour).rounded(.down)
        let last = (end.timeIntervalSince1970 / Self.hour).rounded(.up)
        return (Date(timeIntervalSince1970: first * Self.hour), Int(last - first))
    }
}
