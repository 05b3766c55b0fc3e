import Core
import Sockets
import TestSupport
import Testing

/// Looks until `condition` gives something, and fails when it never does: what one service tells another takes a moment.
@discardableResult
func eventually<Value>(
    _ what: Comment, within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let loop = TestLoops.shared.next()
    let end = MonotonicInstant.now + limit
    while MonotonicInstant.now < end {
        if let value = try await condition() { return value }
        try await loop.sleep(for: .milliseconds(100))
    }
    return try #require(try await condition(), what, sourceLocation: sourceLocation)
}
