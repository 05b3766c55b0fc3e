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
        let begin = try Self.moment(from, "from") { $0.start }
        let end = try Self.moment(to, "to") { $0.adding(days: 1).start }
        try self.init(begin: begin, end: end)
    }

    private static func moment(
        _ text: String?, _ name: String, ofDay: (CalendarDay) -> Date
    ) throws(ReportingRefusal) -> Date {
        guard let text, !text.isEmpty else { throw .missingParameter(name) }
        if let day = CalendarDay(text) { return ofDay(day) }
        guard let moment = Timestamp(text), moment.hasZone else { throw .unreadableParameter(name) }
        return moment.date
    }

    /// The whole hours inside, which are read from the sums. Begin and end are the same when there are none.
    package var wholeHours: (begin: Date, end: Date) {
        let first = (begin.timeIntervalSince1970 / Self.hour).rounded(.up) * Self.hour
        let last = (end.timeIntervalSince1970 / Self.hour).rounded(.down) * Self.hour
        return (Date(timeIntervalSince1970: first), Date(timeIntervalSince1970: max(first, last)))
    }
}
