import Core
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite struct `A malformed request` {
    private static func routes(_ smuggled: @escaping @Sendable () -> Void) -> [GuardedRoute] {
        [
            Route(.get, "/echo") { (_: Call<None, None, None>) in OK(["echo": true]) }.open,
            Route(.post, "/echo") { (_: Call<None, None, [String: Int]>) in OK(["echo": true]) }.open,
            Route(.get, "/smuggled") { (_: Call<None, None, None>) in
                smuggled()
                return OK(["echo": true])
            }.open,
        ]
    }

    private static let upgrading: Upgrading = { request in
        switch request.headers["Upgrade"] {
        case "refused": .refused(Response(.upgradeRequired))
        case "failed": .failed(Problem(.unauthorized, "not authorized"))
        default: nil
        }
    }

    private static var hasty: Dispatcher.Rules {
        var rules = Dispatcher.Rules()
        // What waits for more ends the connection by itself.
        rules.limits.head = .milliseconds(100)
        rules.limits.body = .milliseconds(100)
        rules.limits.idle = .milliseconds(100)
        return rules
    }

    @Test(.fact(2), arguments: MalformedRequests.all.indices)
    func `is refused or understood, and hides no other`(index: Int) async throws {
        let attempt = MalformedRequests.all[index]
        let smuggled = Mutex(0)
        let routes = Self.routes { smuggled.withLock { $0 += 1 } }
        try await serving(routes, rules: Self.hasty, upgrading: Self.upgrading) { server, loop in
            let behind = Array("GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
            let heard = try await RawClient.exchange(attempt.bytes + behind, with: server.address, on: loop)
            let answers = Answer.all(in: heard)
            #expect(answers.map(\.status) == attempt.statuses, "\(attempt.name)")
            let mayBeSeen = attempt.statuses.last == 200 && attempt.statuses.count > 1
            #expect(smuggled.withLock { $0 } == (mayBeSeen ? 1 : 0), "\(attempt.name)")
            for answer in answers where answer.status >= 400 && answer.status != 426 {
                let envelope = try JSONReader.decode(JSONValue.self, from: Array(answer.body.utf8))
                guard case .object(let members) = envelope else {
                    Issue.record("\(attempt.name): \(answer.body)")
                    continue
                }
                #expect(
                    Set(members.keys).subtracting(["errors"])
                        == ["status_code", "status_message", "timestamp"], "\(attempt.name)")
                #expect(answer.fields["content-type"] == "application/json", "\(attempt.name)")
                #expect(answer.fields["x-request-id"]?.isEmpty == false, "\(attempt.name)")
            }

            let next = try await HTTPClient.connect(to: server.address, on: loop)
            #expect(try await next.send(.get, "/echo").status == 200, "\(attempt.name)")
            next.close()
        }
    }

    @Test func `is told to the log`() async throws {
        let events = Events()
        try await serving([], rules: Self.hasty, finished: { events.add($0) }) { server, loop in
            _ = try await RawClient.exchange("GET /\r\n", with: server.address, on: loop)
        }
        let event = try await events.first()
        #expect(event.route == "malformed")
        #expect(event.status == 400)
        #expect(event.innerError == "malformed request line")
    }
}
