import AccountsService
import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import OCPP
import Postgres
import Sockets
import StationSimulator
import TestSupport
import Testing
import WebSocket

@Suite(.accountsUp, .timeLimit(.minutes(10))) struct `The client socket` {
    private func start(_ token: String? = nil) -> JSONValue {
        var frame: [String: JSONValue] = ["command": "PingConnection"]
        if let token { frame["token"] = .string(token) }
        return .object(frame)
    }

    @Test(.fact(97), arguments: ["/ws", "/websockets", "/api/v1/ws", "/api/v1/websockets/"])
    func `greets at each of its names`(path: String) async throws {
        let app = try await LiveApp.open(path)
        await app.close()
    }

    @Test(.fact(91)) func `says nothing to whoever does not log in, and ends`() async throws {
        let up = AccountsUp.current
        try await Registry().point("CP1")
        let app = try await LiveApp.open()
        up.accounts.host.bus.publish(
            ConnectorChanged(
                ConnectorPlace(try #require(ChargePointID("CP1")), 1),
                .init(status: .known(.available), since: up.clock.now)))

        await #expect(throws: LiveApp.Ended.self) { try await app.next() }

        #expect(await app.closeCode() == 4_401)
    }

    @Test(.fact(92)) func `tells what is wrong with a frame, and stays open`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let app = try await LiveApp.open()

        for (frame, info) in [
            ("nonsense", "invalid request"), ("[1]", "invalid request"),
            (#"{"command":"MakeCoffee"}"#, "validation: Command ws_command"),
            (#"{}"#, "validation: Command ws_command"),
            (
                #"{"command":"MakeCoffee","connector_id":-1}"#,
                "validation: Command ws_command; ConnectorId min"
            ),
            (#"{"command":"PingConnection"}"#, "check token: token check failed"),
            (
                #"{"command":"PingConnection","token":"\#(anna.token.dropLast())"}"#,
                "check token: token check failed"
            ),
        ] {
            await app.send(text: frame)
            let answer = try await app.next()
            #expect(answer["status"] == "error" && answer["stage"] == "info")
            #expect(answer["info"] == .string(info), "\(frame)")
        }
        await app.send(start(anna.token))
        #expect(try await app.next()["info"]?.text?.hasPrefix("pong ") == true)
    }

    @Test func `belongs to the first who logs in on it`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.register("anna"), try await up.register("bob"))
        let access = try await up.logIn("anna", anna.password).access
        let app = try await LiveApp.open()

        // All at once: what follows a token waits for it.
        await app.send(start(anna.token))
        await app.send(start())
        await app.send(start(bob.token))
        await app.send(start(access))
        await app.send(start())

        var heard: [String] = []
        for _ in 1...5 { heard.append(try await app.next()["info"]?.text ?? "") }
        let tag: String = try await Registry().owner.run(
            "SELECT id_tag FROM accounts.tag WHERE user_id = \(anna.id) AND source = 'AP'")
        #expect(tag.count == 20)
        #expect(heard.filter { $0 == "pong \(tag)" }.count == 4)
        #expect(heard.filter { $0 == "check token: token check failed" }.count == 1)
    }

    @Test func `takes the token of the handshake, and answers a bare ping`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let app = try await LiveApp.open(as: anna.token)

        await app.send(text: "ping")

        let pong = try await app.next()
        #expect(pong["status"] == "ping" && pong["info"]?.text?.count == 25)
    }

    @Test(.fact(96)) func `ends with its login`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let access = try await up.logIn("anna", anna.password).access
        let (app, other) = (try await LiveApp.open(as: access), try await LiveApp.open(as: anna.token))
        for app in [app, other] {
            await app.send(start())
            _ = try await app.next("ping")
        }

        #expect(try await up.post("/api/auth/logout", [:], as: access).status == 200)

        #expect(await app.closeCode() == 4_401)
        await other.send(start())
        #expect(try await other.next("ping")["info"] != nil)
    }

    @Test func `ends with a login that was revoked while Redis was away`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let app = try await LiveApp.open(as: anna.token)
        await app.send(start())
        _ = try await app.next("ping")

        FreshRedis.current.stop()
        try await Registry().owner.run("UPDATE accounts.login_session SET revoked_at = \(up.clock.now)")
        try await FreshRedis.current.start()

        #expect(await app.closeCode() == 4_401)
    }

    @Test func `is one of ten; the oldest gives way`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        var apps: [LiveApp] = []
        for _ in 1...12 {
            let app = try await LiveApp.open(as: anna.token)
            await app.send(start())
            _ = try await app.next("ping")
            apps.append(app)
        }

        #expect(await apps[0].closeCode() == 4_409)
        #expect(await apps[1].closeCode() == 4_409)
        await apps[2].send(start())
        #expect(try await apps[2].next("ping")["status"] == "ping")
    }

    @Test func `takes sixty requests a minute`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let app = try await LiveApp.open(as: anna.token)
        for _ in 1...60 {
            await app.send(start())
            #expect(try await app.next()["status"] == "ping")
        }

        await app.send(start())

        let refused = try await app.next()
        #expect(refused["status"] == "error" && refused["info"] == "rate limit")
        #expect(refused["status_code"] == 2017)
    }

    @Test(.accountsUp(["CORS_ORIGINS": "https://app.example"]))
    func `is opened by pages that may call`() async throws {
        let app = try await LiveApp.open(headers: [("Origin", "https://app.example")])
        await app.close()
        await #expect(throws: HandshakeFailure.self) {
            _ = try await LiveApp.open(headers: [("Origin", "https://evil.example")])
        }
    }

    @Test func `with nothing pending is idle, and knows no foreign session`() async throws {
        let up = AccountsUp.current
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let session = try await Registry().session(on: "CP1", of: bob.id)
        let app = try await LiveApp.open(as: anna.token)

        await app.send(["command": "CheckStatus"])
        #expect(try await app.next() == ["status": "success", "stage": "info", "info": "idle"])
        await app.send(["command": "StopTransaction", "transaction_id": .integer(session)])
        let stop = try await app.next()
        #expect(stop["stage"] == "stop" && stop["info"] == .string("no transaction data: \(session)"))
        await app.send(["command": "ListenTransaction", "transaction_id": .integer(session)])
        #expect(try await app.next()["info"] == .string("no transaction data: \(session)"))
        await app.send(["command": "ListenLog"])
        let log = try await app.next()
        #expect(log["status"] == "error" && log["info"] == "access denied")
    }

    @Test func `lets a slow reader lose the oldest and delays nobody`() async throws {
        let up = AccountsUp.current
        let worker = try await up.rows.person("worker", role: "operator")
        let (slow, quick) = (
            try await LiveApp.open(as: worker.token), try await LiveApp.open(as: worker.token)
        )
        for app in [slow, quick] {
            await app.send(["command": "ListenLog"])
            await app.send(start())
            _ = try await app.next("ping")
        }
        let filling = String(repeating: "x", count: 32_000)
        let batches = 40
        for batch in 1...batches {
            // The order of publishing is that of one loop.
            let (bus, now) = (up.accounts.host.bus, up.clock.now)
            try await bus.loop.run {
                for number in 1...20 {
                    bus.publish(
                        StationLogged(
                            nil, feature: "test", text: "\(batch)-\(number) \(filling)",
                            importance: .known(.info), at: now))
                }
            }
            // As fast as the quick one reads, while the slow one reads nothing.
            for number in 1...20 {
                let info = try #require(try await quick.next("event")["info"]?.text)
                try #require(info.hasPrefix("\(batch)-\(number) "))
            }
        }

        var heard: [String] = []
        while heard.last != "\(batches)-20" {
            let info = try await slow.next("event")["info"]?.text ?? ""
            heard.append(String(info.prefix { $0 != " " }))
        }
        #expect(heard.count < batches * 20 && heard.count >= 256)
        #expect(heard.first == "1-1")
        #expect(Array(heard.suffix(20)) == (1...20).map { "\(batches)-\($0)" })
    }
}

@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `Charging by the client socket` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func start(_ point: String = "CP1") -> JSONValue {
        ["command": "StartTransaction", "charge_point_id": .string(point), "connector_id": 1]
    }

    /// Waits until the start or stop is kept, so that the clock can be moved on.
    private func pending() async throws {
        try await Wait.until {
            let kept: Int64 = try await network.registry.owner.run(
                "SELECT count(*) FROM accounts.pending_action")
            return kept == 1
        }
    }

    @Test(.fact(93)) func `begins with waiting, and then with the session's number`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1") { $0.hasDriver = false }
        let app = try await LiveApp.open(as: anna.token)
        await app.send(["command": "StopListenChargePoints"])

        await app.send(start())
        try await pending()
        up.clock.advance(by: .seconds(4))
        #expect(
            try await app.next("waiting") == [
                "status": "waiting", "stage": "start", "info": "waiting 4s; 4%", "progress": 4, "id": -1,
            ])
        up.clock.advance(by: .seconds(32))
        #expect(try await app.next("waiting")["progress"] == 40)
        await station.plugIn()

        let success = try await app.next("success")
        let number = try #require(success["id"]?.number)
        #expect(
            success == [
                "status": "success", "stage": "start", "info": .string("Transaction started: \(number)"),
                "id": .integer(number), "progress": 100,
            ])
        let transaction = try #require(await station.transaction())
        #expect(Int64(transaction) == number)
        await app.send(["command": "CheckStatus"])
        #expect(try await app.next("success")["info"] == "idle")
    }

    @Test(.fact(93)) func `fails at once where the charger says no, or is not there`() async throws {
        try await network.point("CP1")
        try await network.point("AWAY")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1") { $0.obeys = false }
        let app = try await LiveApp.open(as: anna.token)
        await app.send(["command": "StopListenChargePoints"])

        for (point, info, code) in [
            ("CP1", "rejected by charge point", 2021), ("AWAY", "charge point is offline", 2020),
            ("NONE", "charge point not found", 2001),
        ] {
            await app.send(start(point))
            let answer = try await app.next()
            #expect(
                answer == [
                    "status": "error", "stage": "start", "info": .string(info),
                    "status_code": .integer(Int64(code)),
                ])
        }
        await app.send(["command": "StartTransaction"])
        #expect(
            try await app.next()["info"] == "validation: ChargePointId required; ConnectorId required")
    }

    @Test(arguments: [
        ("price", 2040), ("inactive", 2023), ("maintenance", 2023), ("closed", 2025), ("disabled", 2023),
        ("occupied", 2023), ("invisible", 2001), ("car", 2001), ("discount", 2042),
    ]) func `is refused by the rules, with their codes`(cause: String, code: Int) async throws {
        let (host, anna) = (try await up.rows.person("host"), try await up.rows.person("anna"))
        let site = try await network.registry.site(
            "Square", hours: cause == "closed" ? ("03:00", "03:01") : nil)
        try await network.point(
            "CP1", owner: host.id, level: cause == "invisible" ? 10 : 0, site: site,
            price: cause == "price" ? 40 : 0)
        _ = try await network.station("CP1")
        let owner = network.registry.owner
        var wish = start()
        switch cause {
        case "inactive": try await owner.run("UPDATE accounts.connector SET is_active = false")
        case "maintenance": try await owner.run("UPDATE accounts.connector SET overlay = 'maintenance'")
        case "disabled": try await owner.run("UPDATE accounts.charge_point SET is_enabled = false")
        case "occupied": _ = try await network.registry.session(on: "CP1", of: host.id)
        case "car", "discount":
            guard case .object(var members) = wish else { return }
            members[cause == "car" ? "car_id" : "discount_code"] = cause == "car" ? 99 : "NONE"
            wish = .object(members)
        default: break
        }
        let app = try await LiveApp.open(as: anna.token)
        await app.send(["command": "StopListenChargePoints"])

        await app.send(wish)

        let answer = try await app.next("error")
        #expect(answer["stage"] == "start" && answer["status_code"] == .integer(Int64(code)), "\(answer)")
    }

    @Test(.fact(93, 94)) func `goes on after a reconnect with the time that is left`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1") { $0.hasDriver = false }
        let first = try await LiveApp.open(as: anna.token)
        await first.send(start())
        try await pending()
        await first.abort()
        up.clock.advance(by: .seconds(30))

        let second = try await LiveApp.open(as: anna.token)
        await second.send(["command": "StopListenChargePoints"])
        await second.send(["command": "CheckStatus"])
        #expect(try await second.next("waiting")["info"] == "waiting 30s; 33%")
        up.clock.advance(by: .seconds(59))
        #expect(try await second.next("waiting")["progress"] == 98)
        up.clock.advance(by: .seconds(1))

        #expect(
            try await second.next("error") == ["status": "error", "stage": "start", "info": "timeout"])
        await second.send(["command": "CheckStatus"])
        #expect(try await second.next("success")["info"] == "idle")
    }

    @Test(.networkUp(["START_TIMEOUT_SECONDS": "20"]))
    func `that nobody waited for is told once as over`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1") { $0.hasDriver = false }
        let first = try await LiveApp.open(as: anna.token)
        await first.send(start())
        try await pending()
        await first.abort()
        up.clock.advance(by: .seconds(21))

        let second = try await LiveApp.open(as: anna.token)
        await second.send(["command": "CheckStatus"])
        #expect(try await second.next("error")["info"] == "timeout")
        await second.send(["command": "CheckStatus"])
        #expect(try await second.next("success")["info"] == "idle")
    }

    /// A session that goes on, begun by the app.
    private func charging(_ app: LiveApp) async throws -> Int64 {
        await app.send(["command": "StopListenChargePoints"])
        await app.send(start())
        return try #require(try await app.next("success", stage: "start")["id"]?.number)
    }

    @Test(.fact(95)) func `is watched sample by sample until it ends`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let app = try await LiveApp.open(as: anna.token)
        let number = try await charging(app)
        await app.send(["command": "ListenTransaction", "transaction_id": .integer(number)])
        await app.send(["command": "ListenTransaction", "transaction_id": .integer(number)])
        await app.send(["command": "PingConnection"])
        _ = try await app.next("ping")
        var values: [JSONValue] = []
        let clock = ContinuousClock()
        let begun = clock.now

        for _ in 1...3 {
            await station.advance(by: .seconds(60))
            await station.sample()
            values.append(try await app.next("value"))
        }

        // At least a second apart.
        #expect(clock.now - begun >= .seconds(2))
        #expect(values.map { $0["power"] } == [183, 366, 550])
        #expect(values.allSatisfy { $0["id"] == .integer(number) && $0["connector_id"] == 1 })
        #expect(values.map { $0["minute"] } == [1, 2, 3])
        #expect(values[0]["info"] == "Energy.Active.Import.Register")
        let sample = try #require(values[0]["meter_value"])
        #expect(sample["value"] == 1_183 && sample["consumed_energy"] == 183 && sample["unit"] == "Wh")
        #expect(sample["transaction_id"] == .integer(number))
        let times = values.compactMap { $0["meter_value"]?["timestamp"]?.number }
        #expect(Set(times).count == 3)

        await app.send(["command": "StopTransaction", "transaction_id": .integer(number)])
        let ends = [try await app.next("success"), try await app.next("success")]
        let stopped = JSONValue.string("Transaction stopped: \(number)")
        #expect(ends.allSatisfy { $0["stage"] == "stop" && $0["info"] == stopped })
        #expect(ends.map { $0["progress"] }.contains(100) && ends.map { $0["progress"] }.contains(nil))
    }

    @Test func `is watched again after a reconnect, and no more when it is not wanted`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let first = try await LiveApp.open(as: anna.token)
        let number = try await charging(first)
        await first.send(["command": "ListenTransaction", "transaction_id": .integer(number)])
        await station.advance(by: .seconds(60))
        await station.sample()
        _ = try await first.next("value")
        await first.abort()

        let second = try await LiveApp.open(as: anna.token)
        await second.send(["command": "StopListenChargePoints"])
        await second.send(["command": "CheckStatus"])
        await second.send(["command": "PingConnection"])
        _ = try await second.next("ping")
        // CheckStatus has no frame of its own to say so: samples are sent until one comes through.
        let heard = Task(executorPreference: second.loop) { try await second.next("value") }
        let sampling = Task(executorPreference: station.loop) {
            while !Task.isCancelled {
                await station.advance(by: .seconds(10))
                await station.sample()
                try await station.loop.sleep(for: .milliseconds(100))
            }
        }
        let value = try await heard.value
        sampling.cancel()
        #expect(value["id"] == .integer(number))

        await second.send(["command": "StopListenTransaction", "transaction_id": .integer(number)])
        await second.send(["command": "CheckStatus"])
        #expect(try await second.next("success")["info"] == "idle")
    }

    @Test func `ends with waiting while the charger takes its time`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let app = try await LiveApp.open(as: anna.token)
        let number = try await charging(app)
        await station.setManners(.bad(.neverStops))

        await app.send(["command": "StopTransaction", "transaction_id": .integer(number)])
        try await pending()
        up.clock.advance(by: .seconds(6))
        #expect(
            try await app.next("waiting") == [
                "status": "waiting", "stage": "stop", "id": .integer(number), "info": "waiting 6s; 6%",
                "progress": 6,
            ])
        up.clock.advance(by: .seconds(84))

        #expect(try await app.next("error") == ["status": "error", "stage": "stop", "info": "timeout"])
    }

    @Test func `is told of points that one may see, and of the log to staff`() async throws {
        let (host, guest, worker) = (
            try await up.rows.person("host"), try await up.rows.person("guest"),
            try await up.rows.person("worker", role: "operator")
        )
        try await network.point("HOME", owner: host.id, level: 10)
        try await network.point("SQUARE")
        let apps = [
            try await LiveApp.open(as: host.token), try await LiveApp.open(as: guest.token),
            try await LiveApp.open(as: worker.token),
        ]
        await apps[2].send(["command": "ListenLog"])
        for app in apps {
            await app.send(["command": "PingConnection"])
            _ = try await app.next("ping")
        }

        let home = try await network.station("HOME")
        let square = try await network.station("SQUARE")
        await home.plugIn()
        await square.plugIn()

        let own = try await apps[0].next("event")
        #expect(own["stage"] == "charge-point-event" && own["data"] == "HOME")
        let open = try await apps[1].next("event")
        #expect(open["data"] == "SQUARE")
        while try await apps[1].next("event")["info"] != "connector #1: Preparing" {}
        let line = try await apps[2].next("event")
        #expect(line["stage"] == "log-event" && line["info"] != nil)
        let row = try JSONReader.decode(JSONValue.self, from: Array((line["data"]?.text ?? "").utf8))
        #expect(row.names == ["time", "feature", "id", "text", "timestamp", "importance"])
    }
}
