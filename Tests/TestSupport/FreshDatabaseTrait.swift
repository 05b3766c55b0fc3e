package import Postgres
package import Testing

/// Gives each test, or each case of a parameterised one, a `FreshDatabase`.
package struct FreshDatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    let lists: @Sendable () throws -> [MigrationList]
    let role: FreshDatabase.Role

    package var isRecursive: Bool { true }

    package func prepare(for test: Test) async throws {
        try await ConditionTrait.enabled(if: DatabaseServer.isConfigured, DatabaseServer.whySkipped).prepare(
            for: test)
    }

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
        testCase == nil ? nil : self
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await FreshDatabase.provide(from: lists(), as: role, function)
    }
}

extension Trait where Self == FreshDatabaseTrait {
    /// Roles and schemas, no tables; the test connects as the owner.
    package static var freshDatabase: Self { Self(lists: { [] }, role: .owner) }

    /// With these migrations applied; the test connects as `role`.
    package static func freshDatabase(
        _ lists: @autoclosure @escaping @Sendable () throws -> [MigrationList],
        as role: FreshDatabase.Role = .owner
    ) -> Self {
        Self(lists: lists, role: role)
    }
}
