package import Core

/// One thing that happened: a request, a message, a job. Filled on the way, written once at the end.
///
///     var event = LogEvent("http.request")
///     event["route"] = "/users/:id"
///     event["status"] = 200
///     log.write(event)
package struct LogEvent: Sendable {
    /// What happened, in words that never vary: `http.request`, `ocpp.call`.
    package var name: String
    package var level: LogLevel
    package private(set) var fields: [(name: String, value: LogValue)]

    /// Fields over this count are left out: an event that grows in a loop must not fill a disk.
    package static let mostFields = 48

    package init(
        _ name: String, _ level: LogLevel = .info, _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        self.name = name
        self.level = level
        self.fields = []
        for (name, value) in fields { self[name] = value }
    }

    /// A later value takes the place of an earlier one; nil takes the field out.
    package subscript(_ name: String) -> LogValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            precondition(!Self.isOwn(name), "\(name) belongs to the log itself")
            let place = fields.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): fields[place].value = value
            case (let place?, nil): fields.remove(at: place)
            case (nil, let value?): if fields.count < Self.mostFields { fields.append((name, value)) }
            case (nil, nil): break
            }
        }
    }

    /// Notes what went wrong inside; the level rises to error.
    package mutating func fail(_ error: any Error) {
        level = max(level, .error)
        self["error"] = .text(String(describing: error))
    }

    private static func isOwn(_ name: String) -> Bool {
        switch name {
        case "time", "level", "event", "service": true
        default: false
        }
    }
}

/// What a field may hold. There is no case for anything else, so nothing slips into the log by being printable.
package enum LogValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)

    /// Times are milliseconds in every log line.
    package static func milliseconds(_ duration: Duration) -> Self {
        let microseconds = duration.wholeNanoseconds / 1_000
        return .number(Double(microseconds) / 1_000)
    }

    package static func id<Owner>(_ id: ID<Owner>) -> Self { .integer(id.number) }

    package static func count(_ count: some BinaryInteger) -> Self { .integer(Int64(clamping: count)) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
}
