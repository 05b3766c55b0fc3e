package import Testing

/// Holds back every other test with a database while this one runs: for a promise about time, which a busy machine cannot
/// keep. Written before the trait that gives the database.
package struct AloneTrait: TestTrait, SuiteTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
        testCase == nil ? nil : self
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await FreshDatabase.$isAlone.withValue(true) { try await function() }
    }
}

extension Trait where Self == AloneTrait {
    package static var alone: Self { Self() }
}
