import Foundation
import Testing

/// Runs the whole suite around all tests of a suite of tests, which share it.
struct SuiteUpTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let suite = try SuiteUp()
        try await suite.start()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await SuiteUp.$bound.withValue(suite) { try await function() }) } catch {
            outcome = .failure(error)
        }
        // To be looked at when something went wrong.
        let keepsFiles = ProcessInfo.processInfo.environment["STORY_KEEPS_FILES"] != nil
        try await suite.stop(keepingFiles: keepsFiles)
        try outcome.get()
    }
}

extension Trait where Self == SuiteUpTrait {
    static var suiteUp: Self { Self() }
}
