import Core
import OCPP
import Testing

@Suite struct `The calls to a station` {
    private typealias Calls = PendingCalls<String>
    private let start = MonotonicInstant(nanoseconds: 0)

    private func call(_ name: String, urgent: Bool = false, sendBy seconds: Int = 100) -> Calls.Submission {
        guard let id = MessageID(name) else { preconditionFailure("\(name) is no message id") }
        return .init(
            ticket: name, id: id, frame: Array(name.utf8), priority: urgent ? .endsTransaction : .ordinary,
            sendBy: start + .seconds(seconds))
    }

    private func sent(_ name: String) -> Calls.Action { .send(Array(name.utf8)) }

    private func answer(_ calls: inout Calls, _ name: String, after seconds: Int = 0) throws -> [Calls.Action]
    {
        calls.received(answerTo: try #require(MessageID(name)), at: start + .seconds(seconds))
    }

    @Test func `go out one at a time, in order`() throws {
        var calls = Calls()

        #expect(calls.submit(call("a"), at: start) == [sent("a")])
        #expect(calls.submit(call("b"), at: start) == [])
        #expect(calls.submit(call("c"), at: start) == [])

        #expect(try answer(&calls, "a") == [.deliver("a"), sent("b")])
        #expect(try answer(&calls, "b") == [.deliver("b"), sent("c")])
        #expect(try answer(&calls, "c") == [.deliver("c")])
        #expect(calls.isIdle)
        #expect(calls.nextDeadline == nil)
    }

    @Test func `let those pass that end a session`() throws {
        var calls = Calls()
        for name in ["a", "b", "c"] { _ = calls.submit(call(name), at: start) }
        for name in ["stop 1", "stop 2"] { _ = calls.submit(call(name, urgent: true), at: start) }

        var order: [String] = []
        var last = "a"
        while case .send(let frame)? = try answer(&calls, last).last {
            last = String(decoding: frame, as: UTF8.self)
            order.append(last)
        }

        #expect(order == ["stop 1", "stop 2", "b", "c"])
    }

    @Test func `are given up when no answer comes, and the next one goes out`() throws {
        var calls = Calls()
        for name in ["a", "b"] { _ = calls.submit(call(name), at: start) }

        #expect(calls.nextDeadline == start + .seconds(10))
        #expect(calls.passed(start + .seconds(9)) == [])
        #expect(calls.passed(start + .seconds(10)) == [.fail("a", .noAnswer), sent("b")])
        #expect(calls.nextDeadline == start + .seconds(20))
    }

    @Test func `never take a late answer for another's`() throws {
        var calls = Calls()
        for name in ["a", "b"] { _ = calls.submit(call(name), at: start) }
        _ = calls.passed(start + .seconds(10))

        #expect(try answer(&calls, "a", after: 11) == [.reportStray(try #require(MessageID("a")))])
        #expect(try answer(&calls, "b", after: 12) == [.deliver("b")])
        #expect(try answer(&calls, "b", after: 13) == [.reportStray(try #require(MessageID("b")))])
    }

    @Test func `are not sent when their turn comes too late`() throws {
        var calls = Calls()
        _ = calls.submit(call("a"), at: start)
        _ = calls.submit(call("b", sendBy: 3), at: start)
        _ = calls.submit(call("c", sendBy: 30), at: start)

        #expect(calls.nextDeadline == start + .seconds(3))
        #expect(calls.passed(start + .seconds(3)) == [.fail("b", .neverSent)])
        #expect(try answer(&calls, "a", after: 4) == [.deliver("a"), sent("c")])
        #expect(calls.submit(call("d", sendBy: 4), at: start + .seconds(4)) == [])
        #expect(try answer(&calls, "c", after: 5) == [.deliver("c"), .fail("d", .neverSent)])
    }

    @Test func `are refused when twenty wait already`() {
        var calls = Calls()
        for number in 0...20 {
            #expect(!calls.submit(call("\(number)"), at: start).contains(.fail("\(number)", .queueFull)))
        }

        #expect(calls.submit(call("one too many"), at: start) == [.fail("one too many", .queueFull)])
        #expect(calls.waitingCount == 20)
        calls.withdraw("7")
        #expect(calls.submit(call("another"), at: start) == [])
    }

    @Test func `end with their connection and say which the station may have heard`() {
        var calls = Calls()
        for name in ["a", "b"] { _ = calls.submit(call(name), at: start) }

        #expect(
            calls.connectionEnded()
                == [.fail("a", .lost(wasSent: true)), .fail("b", .lost(wasSent: false))])
        #expect(calls.isIdle)
        #expect(calls.connectionEnded() == [])
    }
}
