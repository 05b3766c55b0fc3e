package import FoundationEssentials
// FoundationEssentials alone knows no zone by its name; this module, once it is in the program, brings the tables.
import FoundationInternationalization

extension TimeZone {
    /// A zone of the tz database by its name: `Europe/Prague`, `UTC`. Abbreviations such as `CET` mean several and are
    /// no names.
    package static func named(_ name: String) -> TimeZone? {
        guard name == "UTC" || name.contains("/") else { return nil }
        return TimeZone(identifier: name)
    }
}

extension CalendarDay {
    /// What the calendar on the wall shows at that moment.
    package init(of moment: Date, in zone: TimeZone) {
        let seconds = moment.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: moment))
        self.init(daysSinceEpoch: Int((seconds / 86_400).rounded(.down)))
    }

    /// Its first moment in the zone.
    package func start(in zone: TimeZone) -> Date { TimeOfDay.midnight.moment(on: self, in: zone) }

    package func adding(days: Int) -> CalendarDay { CalendarDay(daysSinceEpoch: daysSinceEpoch + days) }

    /// 1 is Monday and 7 is Sunday (ISO 8601).
    package var weekday: Int { (daysSinceEpoch % 7 + 10) % 7 + 1 }

    package var firstOfMonth: CalendarDay { adding(days: 1 - day) }

    package var firstOfNextMonth: CalendarDay {
        // Every month has ended 31 days after its first, and the next one has not.
        firstOfMonth.adding(days: 31).firstOfMonth
    }
}

extension TimeOfDay {
    package static let midnight = TimeOfDay(wholeMinutes: 0)

    /// What the clocks of a zone show at a moment, summer time included.
    package init(of moment: Date, in zone: TimeZone) {
        let local = moment.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: moment))
        // The remainder before the conversion, so that a date of any size fits.
        let second = local.rounded(.down).truncatingRemainder(dividingBy: 86_400)
        self.init(wholeMinutes: Int((second < 0 ? second + 86_400 : second) / 60))
    }

    /// The moment at which clocks there show this time on `day`: the first of two when they are put back, and when they
    /// are put forward over it, as long after the change as it would have been.
    package func moment(on day: CalendarDay, in zone: TimeZone) -> Date {
        let wall = day.start + Double(minutes * 60)
        // The offset of a day before holds until the change, so that an earlier reading of the same time wins.
        let offset = zone.secondsFromGMT(for: wall - 86_400)
        let before = wall - Double(offset)
        if zone.secondsFromGMT(for: before) == offset { return before }
        let laterOffset = zone.secondsFromGMT(for: wall + 86_400)
        let after = wall - Double(laterOffset)
        return zone.secondsFromGMT(for: after) == laterOffset ? after : before
    }
}

extension TimeOfDay: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        guard let time = TimeOfDay(try decoder.singleValueContainer().decode(String.self)) else {
            throw OutsideLimits("must be a time of day such as 22:30")
        }
        self = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static var jsonSchema: JSONSchema { .string(pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$") }
    package static var standIn: Self { .midnight }
}
