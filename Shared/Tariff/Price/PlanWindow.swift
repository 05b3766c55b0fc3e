package import Core
package import FoundationEssentials

/// The part of the day in which a plan's row holds, such as a night rate.
///
/// Both ends belong to it, to the minute: 22:00–06:00 holds at 22:00:00 and at 06:00:59, not at 06:01. A start
/// after the end runs over midnight. It is read in the tariff's time zone, so an hour that the clocks repeat in
/// autumn is inside twice, and one that they skip in spring never comes.
package struct PlanWindow: Hashable, Sendable {
    package let start: TimeOfDay
    package let end: TimeOfDay

    package init(from start: TimeOfDay, through end: TimeOfDay) {
        self.start = start
        self.end = end
    }

    package func contains(_ time: TimeOfDay) -> Bool {
        start <= end ? start <= time && time <= end : time >= start || time <= end
    }

    package func contains(_ moment: Date, in zone: TimeZone) -> Bool {
        contains(TimeOfDay(of: moment, in: zone))
    }
}

extension PlanWindow: CustomStringConvertible {
    package var description: String { "\(start.text)–\(end.text)" }
}
