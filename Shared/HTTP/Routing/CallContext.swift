import Synchronization
package import Telemetry

/// What stands behind one call and is nobody's parameter: its limits, and what its event will tell.
package struct CallContext: Sendable {
    let counting: RequestCounting
    let notes: Notes
}

/// What a handler wants told of its request, besides what is told of every one.
final class Notes: Sendable {
    private let fields = Mutex<[(name: String, value: LogValue)]>([])

    func add(_ name: String, _ value: LogValue) {
        fields.withLock { $0.append((name, value)) }
    }

    var all: [(name: String, value: LogValue)] { fields.withLock { $0 } }
}

extension Call {
    /// Adds a field to the event of this request: the station, the session, what was decided. Never a secret, never
    /// text that a caller typed.
    package func note(_ name: String, _ value: LogValue) {
        context.notes.add(name, value)
    }
}
