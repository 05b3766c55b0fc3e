/// The unit that the name of a setting carries, as in SHUTDOWN_SECONDS or DEVICE_TOKEN_IDLE_DAYS.
package enum DurationUnit: String, Sendable {
    case milliseconds, seconds, minutes, hours, days

    var length: Duration {
        switch self {
        case .milliseconds: .milliseconds(1)
        case .seconds: .seconds(1)
        case .minutes: .seconds(60)
        case .hours: .seconds(3600)
        case .days: .seconds(86_400)
        }
    }
}

/// When on a day something is due, in whatever zone its reader says.
package struct TimeOfDay: Hashable, Sendable, CustomStringConvertible {
    package let hour: Int
    package let minute: Int

    package init(hour: Int, minute: Int) {
        precondition(0...23 ~= hour && 0...59 ~= minute)
        self.hour = hour
        self.minute = minute
    }

    /// Two digits, a colon, two digits; 24:00 is not a time of the day.
    package init?(_ text: String) {
        let digits = text.utf8.map { Int($0) - 48 }
        guard digits.count == 5, digits[2] == 10, [0, 1, 3, 4].allSatisfy({ 0...9 ~= digits[$0] }) else {
            return nil
        }
        hour = digits[0] * 10 + digits[1]
        minute = digits[3] * 10 + digits[4]
        guard hour < 24, minute < 60 else { return nil }
    }

    package var description: String { "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)" }
}
