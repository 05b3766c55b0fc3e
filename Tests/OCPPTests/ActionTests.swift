import OCPP
import Testing

@Suite struct `A called action` {
    static let offered: Set<V16.Action> = [.heartbeat, .dataTransfer, .reset]

    private func refusal(of word: String, from asker: Askers = .station) -> CallErrorCode? {
        do throws(CallError) {
            _ = try V16.Action.read(word, from: asker, offered: Self.offered)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `is taken when it is offered to who asks`() {
        #expect(refusal(of: "Heartbeat") == nil)
        #expect(refusal(of: "DataTransfer") == nil)
        #expect(refusal(of: "DataTransfer", from: .centralSystem) == nil)
        #expect(refusal(of: "Reset", from: .centralSystem) == nil)
    }

    @Test func `is not implemented when the version does not know it`() {
        #expect(refusal(of: "Brew") == .notImplemented)
        #expect(refusal(of: "heartbeat") == .notImplemented)
        #expect(refusal(of: "TransactionEvent") == .notImplemented)
        #expect(refusal(of: "") == .notImplemented)
    }

    @Test func `is not supported when it is known, but not offered or not theirs to ask`() {
        #expect(refusal(of: "SignCertificate") == .notSupported)
        #expect(refusal(of: "Reset") == .notSupported)
        #expect(refusal(of: "Heartbeat", from: .centralSystem) == .notSupported)
    }

    @Test func `is counted as the specifications count it`() {
        #expect(V16.Action.allCases.count == 39)
        #expect(V16.Action.allCases.filter { $0.askers.contains(.station) }.count == 14)
        #expect(V16.Action.allCases.filter(\.carriesTransaction).count == 3)
        #expect(V201.Action.allCases.count == 64)
        #expect(V21.Action.allCases.count == 91)
        #expect(Set(V201.Action.allCases.map(\.rawValue)).isSubset(of: V21.Action.allCases.map(\.rawValue)))
    }
}
