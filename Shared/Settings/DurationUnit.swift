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
