/// A named piece of a running program: a pool, a listener, a consumer. Parts start in order and stop in reverse, so
/// that each finds what it stands on.
package struct Part: Sendable {
    package let name: String
    /// The longest that its stop may take out of the whole drain time; nil means all that is left.
    package let limit: Duration?
    let start: @Sendable () async throws -> String?
    let stop: @Sendable () async -> Void

    /// - Parameter start: gives what an operator wants to know of the part, such as the address it serves.
    package init(
        _ name: String, stopsWithin limit: Duration? = nil,
        start: @escaping @Sendable () async throws -> String? = { nil },
        stop: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.limit = limit
        self.start = start
        self.stop = stop
    }
}

/// A part that would not start, and why.
package struct StartFailure: Error, CustomStringConvertible {
    package let part: String
    package let reason: any Error

    package var description: String { "\(part) does not start: \(reason)" }
}
