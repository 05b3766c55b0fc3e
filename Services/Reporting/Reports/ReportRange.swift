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

    /// The whole hours inside, which are read from the sums. Begin and end are the same when there are none.
    package var wholeHours: (begin: Date, end: Date) { Self.wholeHours(begin, end) }

    static func wholeHours(_ begin: Date, _ end: Date) -> (begin: Date, end: Date) {
        let first = (begin.timeIntervalSince1970 / hour).rounded(.up) * hour
        let last = (end.timeIntervalSince1970 / hour).rounded(.down) * hour
        return (Date(timeIntervalSince1970: first), Date(timeIntervalSince1970: max(first, last)))
    }

    /// The hours that it touches.
    package var touchedHours: (first: Date, count: Int) {
        let first = (begin.timeIntervalSince1970 / Self.hour).rounded(.down)
        let last = (end.timeIntervalSince1970 / Self.hour).rounded(.up)
        return (Date(timeIntervalSince1970: first * Self.hour), Int(last - first))
    }

    /// The months (UTC) that come nearest to it, each end moved by half a month at most; nil when there are none. What they
    /// have too much is taken off again, which is less to read than adding up what they have too little.
    package var nearestMonths: (begin: Date, end: Date)? {
        let (first, last) = (Self.nearestMonth(to: begin), Self.nearestMonth(to: end))
        return first < last ? (first, last) : nil
    }

    private static func nearestMonth(to moment: Date) -> Date {
        let month = CalendarDay(of: moment, in: .gmt)
        let (before, after) = (month.firstOfMonth.start, month.firstOfNextMonth.start)
        return moment.timeIntervalSince(before) <= after.timeIntervalSince(moment) ? before : after
    }
}
