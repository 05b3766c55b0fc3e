import Bus
import Contracts
import Core
import FoundationEssentials
import GatewayService
import Hosting
import OCPP
import Postgres
import Sockets
import StationSimulator
import TestSupport
import Testing

/// Stations that do not answer, answer too late, or come all at once.
@Suite struct `A stubborn station` {
    private func ask(_ action: String, _ payload: String = "{}") async throws -> CommandOutcome<
        SendCall.Answer
    > {
        try await CommandSender(on: GatewayUp.current.gateway.host.bus).send(
            SendCall(action, payload, to: try #require(ChargePointID("CP1"))), by: .system(.accounts))
    }

    @Test(.gatewayUp(["COMMAND_TIMEOUT_SECONDS": "1"]), .misbehaviour("never-answers"))
    func `that never answers is given up, and its own words still count`() async throws {
        let up = GatewayUp.current
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.neverAnswers))

        #expect(try await ask("ClearCache") == .refused(.noAnswer))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 2_000), over: .seconds(600), readings: 2)
        #expect(try await up.session(try #require(charge.transactionId)).energy == 2_000)
        await station.shutDown()
    }

    @Test(.gatewayUp(["COMMAND_TIMEOUT_SECONDS": "1"]), .misbehaviour("answers-late"))
    func `that answers too late does not answer the next question with it`() async throws {
        let up = GatewayUp.current
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.setManners(.bad(.neverAnswers))
        #expect(try await ask("ClearCache") == .refused(.noAnswer))
        await station.setManners(.good)
        await station.answer(.getLocalListVersion, with: #"{"listVersion":4}"#)

        // The answer to the first, while the second is under way.
        let first = try #require(station.log.entries.last { $0.action == "ClearCache" }?.id)
        await station.send(text: #"[3,"\#(first)",{"status":"Accepted"}]"#)

        #expect(try await ask("GetLocalListVersion") == .done(.init(payload: #"{"listVersion":4}"#)))
        await station.shutDown()
    }

    @Test(.gatewayUp, .misbehaviour("slow-database"))
    func `among a hundred that start while the database is slow gets a number of its own`() async throws {
        let up = GatewayUp.current
        try await up.people.tag("04A1", of: nil)
        let stations = try await withThrowingTaskGroup(of: Simulator.self) { group in
            for number in 1...100 {
                try await up.enter("CP\(number)")
                group.addTask { try await up.boot("CP\(number)") { $0.reconnects = false } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let loop = TestLoops.shared.next()
        let (held, enough) = (Doorbell(on: loop), Doorbell(on: loop))
        let somebody = try FreshDatabase.current.database(as: .superuser)
        async let holding: Void = somebody.transaction { transaction in
            try await transaction.run("LOCK TABLE gateway.session IN EXCLUSIVE MODE")
            held.ring()
            await enough.wait(atMost: .seconds(20))
        }
        await held.wait(atMost: .seconds(20))

        try await withThrowingTaskGroup(of: Void.self) { group in
            for station in stations { group.addTask { await station.begin(tag: "04A1") } }
            // All that the pool lets through stand before the lock.
            try await Wait.until {
                try await up.owner.run(
                    "SELECT count(*) >= 4 FROM pg_locks WHERE relation = 'gateway.session'::regclass AND NOT granted"
                )
            }
            enough.ring()
            try await group.waitForAll()
        }
        try await holding

        var numbers: Set<Int> = []
        for station in stations {
            numbers.insert(try #require(await station.transaction()))
            await station.shutDown()
        }
        #expect(numbers.count == 100)
        #expect(try await up.sessions.count == 100)
    }

    @Test(.gatewayUp, .misbehaviour("poison-frame"))
    func `with a poison frame at the head of its queue gets rid of it`() async throws {
        let up = GatewayUp.current
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")

        // Nothing in it can be read; it would be repeated until it is confirmed.
        for action in ["StartTransaction", "MeterValues", "StopTransaction"] {
            let answer = try await station.call(action, payload: Array(#"{"\#(action)":[[[]]]}"#.utf8))
            #expect(answer.kind == .result)
        }

        try await Wait.until { try await up.quarantined.count == 3 }
        await station.shutDown()
    }
}
