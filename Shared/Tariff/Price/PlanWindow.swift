package import FoundationEssentials

/// The part of the day in which a plan's row holds, such as a night rate.
///
/// Both ends belong to it, to the minute: 22:00–06:00 holds at 22:00:00 and at 06:00:59, not at 06:01. A start
/// after the end runs over midnight. It is read in the tariff's time zone, so an hour that the clocks repeat in
/// autumn is inside twice, and one that they skip in spring never comes.
package struct PlanWindow: Hashable, Sendable {
    package let start: MinuteOfDay
    package let end: MinuteOfDay

    package init(from start: MinuteOfDay, through end: MinuteOfDay) {
        self.start = start
        self.end = end
    }

    package func contains(_ minute: MinuteOfDay) -> Bool {
        start <= end ? start <= minute && minute <= end : minute >= start || minute <= end
    }

    package func contains(_ moment: Date, in zone: TimeZone) -> Bool {
        contains(MinuteOfDay(of: moment, in: zone))
    }
}

extension PlanWindow: CustomStringConvertible {
    package var description: String { "\(start)–\(end)" }
}

/// What a wall clock shows to the minute, `HH:MM`.
package struct MinuteOfDay: Hashable, Sendable {
    package let minutesSinceMidnight: Int

    /// Nil unless the clock can show it.
    package init?(hour: Int, minute: Int) {
        guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        minutesSinceMidnight = hour * 60 + minute
    }

    /// Reads `HH:MM`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
        guard digits.allSatisfy((0...9).contains) else { return nil }
        self.init(hour: digits[0] * 10 + digits[1], minute: digits[2] * 10 + digits[3])
    }

    /// What the clocks of a zone showed at a moment, summer time included.
    package init(of moment: Date, in zone: TimeZone) {
        let local = moment.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: moment))
        // The remainder before the conversion: a date of any size then fits.
        let seconds = local.rounded(.down).truncatingRemainder(dividingBy: 86_400)
        let minutes = Int((seconds < 0 ? seconds + 86_400 : seconds) / 60)
        minutesSinceMidnight = min(minutes, 1439)
    }
}

extension MinuteOfDay: Comparable {
    package static func < (left: MinuteOfDay, right: MinuteOfDay) -> Bool {
        left.minutesSinceMidnight < right.minutesSinceMidnight
    }
}

extension MinuteOfDay: CustomStringConvertible {
    package var description: String {
        let (hour, minute) = minutesSinceMidnight.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
