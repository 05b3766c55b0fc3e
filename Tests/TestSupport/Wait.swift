import Sockets
package import Testing

/// For what happens somewhere else, sooner or later: a test waits for the condition, never for a length of time.
package enum Wait {
    package static func until(
        _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while try await !condition() {
            try #require(clock.now < end, "waited too long", sourceLocation: sourceLocation)
            try await TestLoops.shared.next().sleep(for: .milliseconds(2))
        }
    }
}
