import Core
import FoundationEssentials
import HTTP
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

@Suite(.networkUp(unlimited), .serialized, .timeLimit(.minutes(10))) struct `A start by QR token` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    /// Answers the token.
    private func token(as person: AccountsRows.Person) async throws -> String {
        let made = try await up.post("/api/v1/chargings/qr", [:], as: person.token)
        #expect(made.status == 201, "\(made)")
        return try #require(made["qr_token"]?.text)
    }

    private func look(_ token: String, as person: AccountsRows.Person) async throws -> Answer {
        try await up.get("/api/v1/chargings/qr/\(token)", as: person.token)
    }

    private func words(_ station: Simulator) -> [V16.AuthorizationStatus] {
        station.log.answers(to: V16.StartTransaction.self).map(\.idTagInfo.status)
    }

    @Test(.fact(66)) func `is its creator's session, once`() async throws {
        try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let station = try await network.station("CP1")
        let made = try await up.post("/api/v1/chargings/qr", [:], as: anna.token)
        let token = try #require(made["qr_token"]?.text)
        #expect(token.count == 20 && token.allSatisfy { $0.isHexDigit && !$0.isLowercase })
        #expect(made["image_svg"]?.text?.hasPrefix("<svg") == true)
        #expect(made["expires_at"] == .string(Timestamp.text(up.clock.now.addingTimeInterval(300))))
        #expect(try await look(token, as: anna)["status"] == "waiting")
        #expect(try await look(token, as: bob).status == 404)

        #expect(await station.authorize(token) == .accepted)
        await station.begin(tag: token)
        await station.repeatLastStart()

        let used = try await look(token, as: anna)
        #expect(used["status"] == "used")
        let id = try #require(used["charging_id"]?.number)
        let charging = try await up.get("/api/v1/chargings/\(id)", as: anna.token)
        #expect(charging["user_id"] == .integer(anna.id) && charging["status"] == "charging")
        #expect(words(station) == [.accepted, .accepted])
        #expect(Set(station.log.answers(to: V16.StartTransaction.self).map(\.transactionId)).count == 1)
        await station.stop()
        await station.advance(by: .seconds(60))
        #expect(await station.authorize(token) == .invalid)
        await station.begin(tag: token)
        #expect(words(station).last == .invalid)
        let tags = try await up.get("/api/v1/user-tags", as: anna.token)["items"]?.elements ?? []
        #expect(tags.count == 1 && tags.first?["id_tag"] != .string(token))
        let stored: Int64 = try await network.registry.owner.run(
            "SELECT count(*) FROM accounts.tag WHERE id_tag = \(token)")
        #expect(stored == 0)
    }

    @Test(.fact(66)) func `is over after five minutes`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let token = try await token(as: anna)

        up.clock.advance(by: .seconds(300))
        await station.advance(by: .seconds(300))

        #expect(try await look(token, as: anna)["status"] == "expired")
        #expect(try await look(token, as: anna)["charging_id"] == .null)
        #expect(await station.authorize(token) == .invalid)
        await station.begin(tag: token)
        #expect(words(station) == [.invalid])
    }

    @Test func `at two stations at once is one session`() async throws {
        let anna = try await up.rows.person("anna")
        var stations: [Simulator] = []
        for id in ["CP1", "CP2", "CP3"] {
            try await network.point(id)
            stations.append(try await network.station(id))
        }
        let token = try await token(as: anna)

        await withTaskGroup(of: Void.self) { group in
            for station in stations { group.addTask { await station.begin(tag: token) } }
        }

        let answers = stations.flatMap(words)
        #expect(answers.filter { $0 == .accepted }.count == 1)
        #expect(answers.filter { $0 == .invalid }.count == 2)
        let sessions: Int64 = try await network.registry.owner.run(
            "SELECT count(*) FROM gateway.session WHERE user_id = \(anna.id)")
        #expect(sessions == 1)
    }

    @Test func `at a point that its creator may not see begins nothing, and stays good`() async throws {
        let host = try await up.rows.person("host")
        let anna = try await up.rows.person("anna")
        try await network.point("HOME", owner: host.id, level: 10)
        try await network.point("CP1")
        let (home, station) = (try await network.station("HOME"), try await network.station("CP1"))
        let token = try await token(as: anna)

        await home.begin(tag: token)
        await station.begin(tag: token)

        #expect(words(home) == [.blocked] && words(station) == [.accepted])
    }

    @Test(.networkUp(unlimited.merging(["REQUIRE_PAYMENT_METHOD": "true"]) { $1 }))
    func `needs something to pay with where that is asked for`() async throws {
        let (up, network) = (AccountsUp.current, NetworkUp.current)
        let anna = try await up.rows.person("anna")
        func ask() async throws -> Answer { try await up.post("/api/v1/chargings/qr", [:], as: anna.token) }

        let refused = try await ask()
        #expect(refused.status == 409 && refused.code == 2041)
        let card: Int64 = try await network.registry.owner.run(
            """
            INSERT INTO billing.payment_method (user_id, identifier, card_number, expires_on, fail_count, added_at)
            VALUES (\(anna.id), 'ok_1', '**** 1111', \(up.clock.now) + interval '1 year', 1, now())
            RETURNING id
            """)
        #expect(try await ask().code == 2041)
        try await network.registry.owner.run(
            "UPDATE billing.payment_method SET fail_count = 0 WHERE id = \(card)")
        #expect(try await ask().status == 201)
    }

    @Test func `is waited for on the client socket until its session begins`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let token = try await token(as: anna)
        let app = try await LiveApp.open(as: anna.token)
        await app.send(["command": "StopListenChargePoints"])

        up.clock.advance(by: .seconds(30))
        await app.send(["command": "CheckStatus"])
        #expect(
            try await app.next("waiting") == [
                "status": "waiting", "stage": "start", "info": "waiting 30s; 10%", "progress": 10, "id": -1,
            ])
        await station.begin(tag: token)

        let number = try #require(try await look(token, as: anna)["charging_id"]?.number)
        #expect(
            try await app.next("success") == [
                "status": "success", "stage": "start", "info": .string("Transaction started: \(number)"),
                "id": .integer(number), "progress": 100,
            ])
        await app.send(["command": "CheckStatus"])
        #expect(try await app.next("success")["info"] == "idle")
    }

    @Test func `times out on the client socket when its token ends`() async throws {
        let anna = try await up.rows.person("anna")
        _ = try await token(as: anna)
        let app = try await LiveApp.open(as: anna.token)
        await app.send(["command": "StopListenChargePoints"])
        await app.send(["command": "CheckStatus"])
        _ = try await app.next("waiting")

        up.clock.advance(by: .seconds(300))

        #expect(try await app.next("error")["info"] == "timeout")
        await app.send(["command": "CheckStatus"])
        #expect(try await app.next("success")["info"] == "idle")
    }
}

extension Simulator {
    /// Says its last StartTransaction once more, in a message of its own.
    fileprivate func repeatLastStart() async {
        guard let last = log.sent(V16.StartTransaction.self).last else { return }
        _ = try? await call(V16.StartTransaction.self, last)
    }
}
