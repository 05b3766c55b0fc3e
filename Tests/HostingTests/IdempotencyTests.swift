import Contracts
import Core
import HTTP
import Hosting
import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite struct `A request that is made twice` {
    private struct Order: Codable, Sendable { var amount: Int }

    private struct Badge: CredentialCheck {
        func caller(of request: Request) async throws -> Caller? {
            let user: Int64 = request.headers["Authorization"] == "berta" ? 2 : 1
            return Caller(user: user, role: .user, accessLevel: 0, loginSession: user)
        }
    }

    /// Counts how often something was really done.
    private final class Deed: Sendable {
        let count = Mutex(0)
        let fails: Status?
        /// Held up in the midst of the first request.
        let whileRunning: @Sendable () async throws -> Void

        init(fails: Status? = nil, whileRunning: @escaping @Sendable () async throws -> Void = {}) {
            self.fails = fails
            self.whileRunning = whileRunning
        }

        func act(_ amount: Int) async throws -> Created<Order> {
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            if isFirst { try await whileRunning() }
            if let fails { throw Problem(fails, "no") }
            return Created(Order(amount: amount + count.withLock { $0 }))
        }
    }

    private let clock = ManualClock()

    private func service(_ deed: Deed) throws -> Dispatcher {
        var rules = Dispatcher.Rules()
        rules.clock = clock.clock
        rules.idempotency = KeptAnswers(
            try FreshDatabase.current.database, of: .billing, clock: clock.clock)
        let routes: [GuardedRoute] = [
            Route(.post, "/orders") { (call: Call<None, None, Order>) in try await deed.act(call.body.amount)
            }
            .failing("Failed to order").idempotent.needs(.user),
            Route(.post, "/refunds") { (call: Call<None, None, Order>) in
                try await deed.act(call.body.amount)
            }.idempotent.needs(.user),
        ]
        return Dispatcher(routes: routes, credentials: Badge(), rules: rules)
    }

    private func post(
        _ path: String = "/orders", key: String? = "k-1", amount: Int = 100, as user: String = "anna"
    ) throws -> Request {
        var headers = Headers([("Content-Type", "application/json"), ("Authorization", user)])
        headers["Idempotency-Key"] = key
        return Request(
            method: .post, path: path, headers: headers, body: JSONWriter.encode(Order(amount: amount)),
            peer: try #require(SocketAddress(host: "127.0.0.1", port: 1)), client: "127.0.0.1", id: "r-1",
            received: .now)
    }

    @Test(.suite(as: .billing)) func `gets the first answer again, and nothing is done twice`() async throws {
        let deed = Deed()
        let service = try service(deed)

        let first = await service.respond(to: try post())
        let second = await service.respond(to: try post())

        #expect(first.status == .created)
        #expect(second.status == .created)
        #expect(second.body == first.body)
        #expect(first.headers["Idempotency-Replayed"] == nil)
        #expect(second.headers["Idempotency-Replayed"] == "true")
        #expect(deed.count.withLock { $0 } == 1)
    }

    @Test(.suite(as: .billing)) func `is another where key, route or account is another`() async throws {
        let deed = Deed()
        let service = try service(deed)

        for request in try [
            post(), post(key: "k-2"), post("/refunds"), post(as: "berta"), post(key: nil), post(key: nil),
        ] {
            #expect(await service.respond(to: request).headers["Idempotency-Replayed"] == nil)
        }

        #expect(deed.count.withLock { $0 } == 6)
    }

    @Test(.suite(as: .billing)) func `is refused with another body`() async throws {
        let service = try service(Deed())
        _ = await service.respond(to: try post())

        let other = await service.respond(to: try post(amount: 101))

        #expect(other.status == .conflict)
        #expect(String(decoding: other.body, as: UTF8.self).contains("\"status_code\":2050"))
    }

    @Test(.suite(as: .billing)) func `is told to wait while the first is under way`() async throws {
        let second = Mutex<Response?>(nil)
        let running = Mutex<Dispatcher?>(nil)
        let deed = Deed {
            guard let service = running.withLock({ $0 }) else { return }
            let answer = await service.respond(to: try post())
            second.withLock { $0 = answer }
        }
        let service = try service(deed)
        running.withLock { $0 = service }

        #expect(await service.respond(to: try post()).status == .created)

        let answer = try #require(second.withLock { $0 })
        #expect(answer.status == .conflict)
        #expect(answer.headers["Retry-After"] == "1")
        #expect(deed.count.withLock { $0 } == 1)
    }

    @Test(
        .suite(as: .billing),
        arguments: [(Status.conflict, 1), (.serviceUnavailable, 2), (.internalServerError, 2)])
    func `hears a refusal again, but no failure of ours`(status: Status, deeds: Int) async throws {
        let deed = Deed(fails: status)
        let service = try service(deed)

        let first = await service.respond(to: try post())
        clock.advance(by: .seconds(1))
        let second = await service.respond(to: try post())

        #expect(first.status == status)
        #expect(second.status == status)
        #expect(String(decoding: second.body, as: UTF8.self).contains("Failed to order: no"))
        #expect(deed.count.withLock { $0 } == deeds)
    }

    @Test(.suite(as: .billing)) func `is a new one after a day`() async throws {
        let deed = Deed()
        let service = try service(deed)
        _ = await service.respond(to: try post())

        clock.advance(by: .seconds(86_401))
        _ = await service.respond(to: try post())

        #expect(deed.count.withLock { $0 } == 2)
    }

    @Test(.suite(as: .billing), arguments: ["", "a b", "ü", String(repeating: "k", count: 65)])
    func `is refused with a key that is none`(key: String) async throws {
        let answer = await (try service(Deed())).respond(to: try post(key: key))
        #expect(answer.status == .badRequest)
    }
}
