import AccountsService
import Core
import FoundationEssentials
import HTTP
import Postgres
import Sockets
import Synchronization
import TestSupport
import Testing

/// A server on this machine that speaks OpenAI's protocol, and keeps what it was asked.
private final class Model: Sendable {
    struct Message: Codable, Sendable {
        var role: String
        var content: String
    }
    struct Question: Codable, Sendable {
        var model: String
        var messages: [Message]
    }
    struct Choice: Codable, Sendable {
        var message: Message
    }
    struct Completion: Codable, Sendable {
        var choices: [Choice]
    }

    let heard = Mutex<[Question]>([])
    let credentials = Mutex<[String]>([])

    /// Serves while `body` runs.
    static func serving(_ answer: String, _ body: (Model, String) async throws -> Void) async throws {
        let model = Model()
        let route = Route(.post, "/v1/chat/completions") {
            (call: Call<None, None, Question>) async throws -> OK<Completion> in
            model.heard.withLock { $0.append(call.body) }
            model.credentials.withLock { $0.append(call.request.headers["Authorization"] ?? "") }
            return OK(Completion(choices: [.init(message: .init(role: "assistant", content: answer))]))
        }
        let dispatcher = Dispatcher(
            routes: [route.openToAnyCredential], credentials: NoCredentials(), rules: Dispatcher.Rules(),
            finished: { _ in })
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(dispatcher, at: address, on: TestLoops.shared)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(model, "http://127.0.0.1:\(server.address.port)/v1")) } catch {
            outcome = .failure(error)
        }
        await server.stop(within: .seconds(1))
        try outcome.get()
    }
}

@Suite(.accountsUp) struct `A text about a car` {
    private func car(_ name: String, of person: AccountsRows.Person, _ up: AccountsUp) async throws -> Int64 {
        let made = try await up.post(
            "/api/v1/cars",
            [
                "plate": .string("P\(person.id)"), "name": .string(name), "battery_capacity_wh": 42_000,
                "max_charging_power": 11_000, "connector_type": "CCS", "year": 2021, "country_code": "CZ",
            ], as: person.token)
        return try #require(made["id"]?.number, "\(made)")
    }

    /// A finished session of the car.
    private func charged(_ energy: Int64, _ car: Int64, of user: Int64, at moment: String) async throws {
        try await Registry().owner.run(
            """
            INSERT INTO gateway.session (charge_point_id, connector_id, user_id, car_id, tag, status, requested_at,
                started_at, ended_at, energy_wh, end_reason)
            VALUES ('CP1', 1, \(user), \(car), 'TAG', 'done', \(moment)::timestamptz, \(moment)::timestamptz,
                \(moment)::timestamptz + interval '1 hour', \(energy), 'battery_full')
            """)
    }

    @Test(.fact(86)) func `names it and its month, without any network`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))

        #expect(try await up.post("/api/v1/notifications/ai", [:], as: anna.token).status == 404)
        let id = try await car("BMW i3", of: anna, up)
        let idle = try await up.post("/api/v1/notifications/ai", [:], as: anna.token)
        #expect(idle.status == 200 && idle["provider"] == "embedded" && idle["car_id"] == .integer(id))
        #expect(idle["notification"]?.text?.contains("Your BMW i3 has not been charged") == true)

        try await charged(20_000, id, of: anna.id, at: "2026-11-10 22:10+00")
        try await charged(10_500, id, of: anna.id, at: "2026-11-12 22:40+00")
        try await charged(99_000, id, of: anna.id, at: "2026-10-12 22:40+00")
        let text = try await up.post(
            "/api/v1/notifications/ai", ["car_id": .integer(id)], as: anna.token)["notification"]
        #expect(
            text
                == """
                Your BMW i3 charged 30.5 kWh in 2 sessions this month. That saves about 13.7 kg of CO₂. \
                It was charged full 2 times. It mostly begins to charge around 22:00.
                """)
        let foreign = try await up.post("/api/v1/notifications/ai", ["car_id": .integer(id)], as: bob.token)
        #expect(foreign.status == 404)
    }

    @Test func `is written by a model that learns numbers only`() async throws {
        try await Model.serving("Well done, {car}!") { model, base in
            let settings = [
                "AI_PROVIDER": "openai", "AI_BASE_URL": base, "AI_MODEL": "tiny", "AI_API_KEY": "key-4711",
            ]
            try await AccountsUp.serving(settings) { up in
                let anna = try await up.rows.person("anna")
                let id = try await self.car("Annas BMW", of: anna, up)
                try await self.charged(20_000, id, of: anna.id, at: "2026-11-10 22:10+00")

                let answer = try await up.post("/api/v1/notifications/ai", [:], as: anna.token)

                #expect(answer["notification"] == "Well done, Annas BMW!" && answer["provider"] == "openai")
                let asked = model.heard.withLock { $0 }
                #expect(asked.map(\.model) == ["tiny"])
                #expect(model.credentials.withLock { $0 } == ["Bearer key-4711"])
                let said = asked.flatMap(\.messages).map(\.content).joined(separator: "\n")
                #expect(said.contains("energy_kwh=20.0"))
                for secret in ["BMW", "anna", "Anna", "P\(anna.id)", "example.org"] {
                    #expect(!said.contains(secret), "\(secret)")
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `comes from here, or not at all, where the model is away`(_ fallsBack: Bool) async throws {
        let settings = [
            "AI_PROVIDER": "openai", "AI_BASE_URL": "http://127.0.0.1:1/v1", "AI_MODEL": "tiny",
            "AI_FALLBACK": "\(fallsBack)",
        ]
        try await AccountsUp.serving(settings) { up in
            let anna = try await up.rows.person("anna")
            _ = try await self.car("BMW", of: anna, up)

            let answer = try await up.post("/api/v1/notifications/ai", [:], as: anna.token)

            #expect(answer.status == (fallsBack ? 200 : 503), "\(answer)")
            if fallsBack {
                #expect(answer["provider"] == "embedded")
            } else {
                #expect(answer.code == 2001 && answer.headers["Retry-After"] != nil)
            }
        }
    }
}
