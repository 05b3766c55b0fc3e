import Core
import HTTP
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite struct `A limit of requests` {
    private struct Badge: CredentialCheck {
        func caller(of request: Request) async throws -> Caller? {
            switch request.headers["Authorization"] {
            case "driver": Caller(user: 2, role: .user, accessLevel: 0, loginSession: 1)
            case "operator": Caller(user: 1, role: .operator, accessLevel: 0, loginSession: 2)
            default: nil
            }
        }
    }
    private struct Login: Codable, Sendable { var username: String }

    private static let routes: [GuardedRoute] = [
        Route(.post, "/csc") { (_: Call<None, None, None>) in NoContent() }.limited(by: .commands)
            .needs(.user),
        Route(.get, "/export") { (_: Call<None, None, None>) in NoContent() }.limited(by: .exports)
            .needs(.user),
        Route(.post, "/login") { (call: Call<None, None, Login>) in
            try await call.countAttempt(on: call.body.username)
            return NoContent()
        }.limited(by: .credentials).open,
        Route(.get, "/probe") { (_: Call<None, None, None>) in NoContent() }.unlimited.open,
        Route(.get, "/plain") { (_: Call<None, None, None>) in NoContent() }.open,
    ]

    private let clock = ManualClock()

    private func service(_ change: (inout Dispatcher.Rules) -> Void = { _ in }) -> Dispatcher {
        var rules = Dispatcher.Rules()
        rules.clock = clock.clock
        rules.limiter = LocalRateLimiter(clock: clock.clock)
        change(&rules)
        return Dispatcher(routes: Self.routes, credentials: Badge(), rules: rules)
    }

    /// How many of the requests were let in before the first that was not.
    private func admitted(
        _ service: Dispatcher, of count: Int, _ method: HTTP.Method, _ path: String, as badge: String = "",
        body: String = ""
    ) async throws -> Int {
        for number in 0..<count {
            let fields = [("Authorization", badge), ("Content-Type", "application/json")]
            let answer = try await service.respond(to: request(method, path, fields, body: body))
            if answer.status == .tooManyRequests { return number }
            #expect(answer.status == .noContent)
        }
        return count
    }

    @Test func `holds for starts and stops by account, and is another for operators`() async throws {
        let service = service { $0.perAddress = 0 }
        #expect(try await admitted(service, of: 100, .post, "/csc", as: "driver") == 60)
        #expect(try await admitted(service, of: 700, .post, "/csc", as: "operator") == 600)
        clock.advance(by: .seconds(30))
        let refusal = try await service.respond(to: request(.post, "/csc", [("Authorization", "driver")]))
        #expect(refusal.headers["Retry-After"] == "31")
        #expect(String(decoding: refusal.body, as: UTF8.self).contains("\"status_code\":2017"))
        clock.advance(by: .seconds(31))
        #expect(try await admitted(service, of: 1, .post, "/csc", as: "driver") == 1)
    }

    @Test func `holds for exports by the hour`() async throws {
        let service = service()
        #expect(try await admitted(service, of: 20, .get, "/export", as: "operator") == 10)
        clock.advance(by: .seconds(3_000))
        #expect(try await admitted(service, of: 1, .get, "/export", as: "operator") == 0)
        clock.advance(by: .seconds(601))
        #expect(try await admitted(service, of: 1, .get, "/export", as: "operator") == 1)
    }

    @Test func `holds for tries on one account's name, in any spelling, and for all from one address`()
        async throws
    {
        let service = service()
        let anna = "{\"username\":\"anna\"}"
        #expect(try await admitted(service, of: 9, .post, "/login", body: anna) == 9)
        #expect(try await admitted(service, of: 9, .post, "/login", body: "{\"username\":\"ANNA\"}") == 1)
        // Every request counts for the address, let in or not: 11 so far.
        for number in 0..<89 {
            let body = "{\"username\":\"user\(number)\"}"
            #expect(try await admitted(service, of: 1, .post, "/login", body: body) == 1)
        }
        #expect(try await admitted(service, of: 1, .post, "/login", body: "{\"username\":\"bob\"}") == 0)
    }

    @Test func `is what the service sets, and none where it sets 0`() async throws {
        let service = service { rules in
            rules.classes[.commands] = RateRule(perAccount: 2)
            rules.classes[.exports] = RateRule()
            rules.perAccount = 0
            rules.perAddress = 0
        }
        #expect(try await admitted(service, of: 5, .post, "/csc", as: "operator") == 2)
        #expect(try await admitted(service, of: 2_000, .get, "/export", as: "driver") == 2_000)
    }

    @Test func `does not hold for who looks after the service`() async throws {
        let service = service { $0.perAddress = 1 }
        #expect(try await admitted(service, of: 5, .get, "/probe") == 5)
        #expect(try await admitted(service, of: 5, .get, "/plain") == 1)
    }
}

@Suite struct `A request's event` {
    @Test func `has what the handler adds`() async throws {
        let events = Mutex<[RequestEvent]>([])
        let route = Route(.get, "/sessions/:id") { (call: Call<ByID<Caller>, None, None>) in
            call.note("session", .id(call.path.id))
            return NoContent()
        }.open
        let service = Dispatcher(routes: [route], credentials: NoCredentials()) { event in
            events.withLock { $0.append(event) }
        }

        _ = try await service.respond(to: request(.get, "/sessions/7"))

        let event = try #require(events.withLock { $0.first })
        #expect(event.notes.map(\.name) == ["session"])
        #expect(event.notes.map(\.value) == [.integer(7)])
    }
}
