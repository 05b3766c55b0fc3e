import Foundation
package import Testing

/// Gives each test, or each case of a parameterised one, a `FreshRedis`.
package struct FreshRedisTrait: TestTrait, SuiteTrait, TestScoping {
    /// The program alone decides: a Redis that runs already belongs to others, and cannot be taken away for a test.
    private static let isInstalled = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/redis-server") }

    package var isRecursive: Bool { true }

    package func prepare(for test: Test) async throws {
        try await ConditionTrait.enabled(
            if: Self.isInstalled, "There is no redis-server on the PATH; deploy/test installs it"
        ).prepare(for: test)
    }

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
        testCase == nil ? nil : self
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await FreshRedis.provide(function)
    }
}

extension Trait where Self == FreshRedisTrait {
    /// An empty server on a socket of its own.
    package static var freshRedis: Self { Self() }
}
