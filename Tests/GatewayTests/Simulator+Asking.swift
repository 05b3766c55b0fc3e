import Core
import OCPP
import StationSimulator

extension Simulator {
    /// The CALLERROR that a call was answered with; nil where it was answered, or not at all.
    func refusal(_ body: (Simulator) async throws -> Void) async -> CallError? {
        do {
            try await body(self)
            return nil
        } catch CallFailure.refused(let error) {
            return error
        } catch {
            return nil
        }
    }

    func authorization(of tag: String) async throws -> V16.IdTagInfo {
        try await call(V16.Authorize.self, .init(idTag: .init(cutting: tag))).idTagInfo
    }
}
