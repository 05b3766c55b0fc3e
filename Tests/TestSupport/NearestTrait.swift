package import Testing

/// What brings services up around a test: where a suite and a test in it both name one, the test's takes the place of the
/// suite's. Two databases for one test would not only be waste: who holds one place while waiting for another waits for ever
/// once a test that wants to be alone stands between.
package protocol NearestTrait: TestTrait, SuiteTrait, TestScoping where TestScopeProvider == Self {
    /// Tells this one from the others that a test has inherited.
    var id: Unique { get }
}

/// Equal to nothing but its copies.
package final class Unique: Sendable {
    package init() {}
}

extension NearestTrait {
    package var isRecursive: Bool { true }

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
        guard testCase != nil else { return nil }
        let nearest = test.traits.compactMap { $0 as? Self }.last
        return nearest?.id === id ? self : nil
    }
}
