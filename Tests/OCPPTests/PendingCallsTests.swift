import Core
import OCPP
import Testing

@Suite struct `The calls to a station` {
    private let start = MonotonicInstant(nanoseconds: 0)

    @Test func `go out one at a time, in order`() {
        var calls = PendingCalls()
        #expect(calls.submit("a", at: start) == .send("a"))
        #expect(calls.submit("b", at: start) == .nothing)
        #expect(calls.submit("c", at: start) == .nothing)
        #expect(calls.received(answerTo: "a", at: start) == .deliver(answerTo: "a", thenSend: "b"))
        #expect(calls.received(answerTo: "b", at: start) == .deliver(answerTo: "b", thenSend: "c"))
        #expect(calls.received(answerTo: "c", at: start) == .deliver(answerTo: "c", thenSend: nil))
        #expect(calls.isIdle)
    }

    @Test func `let those pass that end a session`() {
        var calls = PendingCalls()
        for id in ["a", "b", "c"] { _ = calls.submit(id, at: start) }
        _ = calls.submit("stop 1", isUrgent: true, at: start)
        _ = calls.submit("stop 2", isUrgent: true, at: start)
        var order: [String] = []
        var last = "a"
        while case .deliver(_, let next?) = calls.received(answerTo: last, at: start) {
            order.append(next)
            last = next
        }
        #expect(order == ["stop 1", "stop 2", "b", "c"])
    }

    @Test func `are given up when the station takes too long, and its late answer is nobody's`() {
        var calls = PendingCalls(patience: .seconds(10))
        _ = calls.submit("a", at: start)
        _ = calls.submit("b", at: start)
        #expect(calls.expire(at: start + .seconds(9)) == .nothing)
        #expect(calls.expire(at: start + .seconds(10)) == .giveUp("a", thenSend: "b"))
        #expect(calls.received(answerTo: "a", at: start + .seconds(11)) == .report(strayAnswer: "a"))
        #expect(calls.deadline == start + .seconds(20))
        #expect(
            calls.received(answerTo: "b", at: start + .seconds(12)) == .deliver(answerTo: "b", thenSend: nil))
    }

    @Test func `are refused when too many wait`() {
        var calls = PendingCalls(most: 2)
        for id in ["a", "b", "c"] { _ = calls.submit(id, at: start) }
        #expect(calls.submit("d", at: start) == .refuse("d"))
        let withdrawn = ["b", "a"].map { calls.withdraw($0) }
        #expect(withdrawn == [true, false])
        #expect(calls.submit("d", at: start) == .nothing)
    }

    @Test func `end with their connection`() {
        var calls = PendingCalls()
        for id in ["a", "b"] { _ = calls.submit(id, at: start) }
        #expect(calls.drop() == ["a", "b"])
        #expect(calls.isIdle)
        #expect(calls.received(answerTo: "a", at: start) == .report(strayAnswer: "a"))
    }
}
