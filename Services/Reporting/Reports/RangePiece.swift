import Core
package import FoundationEssentials
import Postgres

/// A stretch of a report's range that is read from sums of one size, or from what they were summed up from.
package struct RangePiece: Equatable, Sendable {
    package enum Size: Int, Comparable, CaseIterable, Sendable {
        case year, month, day, hour
        /// No sums: the rows themselves.
        case moment

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    package let size: Size
    package let begin: Date
    package let end: Date
    /// Away from what the larger sums beside it have too much.
    package let isTaken: Bool
}

extension ReportRange {
    /// The range put together from sums of these sizes, the largest first. Years and months are the nearest ones, each end moved by
    /// half of one at most: what they have too much is taken off again, which is less to read than adding up what they have too
    /// little.
    package func pieces(of sizes: Set<RangePiece.Size>) -> [RangePiece] {
        Self.split(begin, end, ArraySlice(sizes.sorted()), areTaken: false)
    }

    private static func split(
        _ begin: Date, _ end: Date, _ sizes: ArraySlice<RangePiece.Size>, areTaken: Bool
    ) -> [RangePiece] {
        guard begin < end, let size = sizes.first else { return [] }
        let rest = sizes.dropFirst()
        let (first, last) = size.whole(begin, end)
        guard first < last else { return split(begin, end, rest, areTaken: areTaken) }
        return [RangePiece(size: size, begin: first, end: last, isTaken: areTaken)]
            + split(first, begin, rest, areTaken: !areTaken) + split(begin, first, rest, areTaken: areTaken)
            + split(end, last, rest, areTaken: !areTaken) + split(last, end, rest, areTaken: areTaken)
    }
}

extension RangePiece.Size {
    /// What of a range is read in this size; nothing where the first is not before the last.
    fileprivate func whole(_ begin: Date, _ end: Date) -> (Date, Date) {
        switch self {
        case .year: (Self.nearest(to: begin, \.yearAround), Self.nearest(to: end, \.yearAround))
        case .month: (Self.nearest(to: begin, \.monthAround), Self.nearest(to: end, \.monthAround))
        case .day: Self.inside(begin, end, 86_400)
        case .hour: Self.inside(begin, end, ReportRange.hour)
        case .moment: (begin, end)
        }
    }

    private static func nearest(
        to moment: Date, _ around: KeyPath<CalendarDay, (begin: CalendarDay, end: CalendarDay)>
    ) -> Date {
        let days = CalendarDay(of: moment, in: .gmt)[keyPath: around]
        let (before, after) = (days.begin.start, days.end.start)
        return moment.timeIntervalSince(before) <= after.timeIntervalSince(moment) ? before : after
    }

    private static func inside(_ begin: Date, _ end: Date, _ length: TimeInterval) -> (Date, Date) {
        let first = (begin.timeIntervalSince1970 / length).rounded(.up) * length
        let last = (end.timeIntervalSince1970 / length).rounded(.down) * length
        return (Date(timeIntervalSince1970: first), Date(timeIntervalSince1970: last))
    }
}

extension CalendarDay {
    /// The first of its year.
    var firstOfYear: CalendarDay {
        var first = firstOfMonth
        while first.month > 1 { first = first.adding(days: -1).firstOfMonth }
        return first
    }

    // 366 days behind its first, every year has ended and the next one has not.
    var firstOfNextYear: CalendarDay { firstOfYear.adding(days: 366).firstOfYear }

    fileprivate var monthAround: (begin: CalendarDay, end: CalendarDay) { (firstOfMonth, firstOfNextMonth) }
    fileprivate var yearAround: (begin: CalendarDay, end: CalendarDay) { (firstOfYear, firstOfNextYear) }
}

extension SQL {
    /// All pieces as one relation.
    static func union(_ pieces: [RangePiece], _ select: (RangePiece, _ sign: SQL) -> SQL) -> SQL {
        pieces.map { select($0, $0.isTaken ? "-1" : "1") }.joined(by: " UNION ALL ", otherwise: .nothing)
    }
}
