import Core
import FoundationEssentials
import GatewayService
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

/// What real stations do wrong (ocpp.md), and the bill that is right all the same: 12 000 Wh in two hours at 50 a kWh.
@Suite(.gatewayUp) struct `A station that misbehaves` {
    private let up = GatewayUp.current

    /// How the readings of a station with these manners are judged.
    struct Case: CustomTestStringConvertible, Sendable {
        var misbehaviour: Misbehaviour
        var grade = "good"
        /// A word of the rule that was applied.
        var rule = ""
        var testDescription: String { misbehaviour.rawValue }
    }

    static let metering: [Case] = [
        Case(misbehaviour: .kilowattHoursCalledWattHours, grade: "repaired", rule: "kWh called Wh"),
        Case(misbehaviour: .wattHoursCalledKilowattHours, grade: "repaired", rule: "Wh called kWh"),
        Case(misbehaviour: .leavesOutUnits),
        Case(misbehaviour: .misspellsUnits, grade: "repaired", rule: "passed over"),
        Case(misbehaviour: .unknownMeasurands),
        Case(misbehaviour: .blanksInNumbers, grade: "repaired", rule: "number repaired"),
        Case(misbehaviour: .commasInNumbers, grade: "repaired", rule: "number repaired"),
        Case(misbehaviour: .exponentsInNumbers),
        Case(misbehaviour: .onePhaseOnly, grade: "repaired", rule: "phases summed"),
        Case(misbehaviour: .wrongTotal),
        Case(misbehaviour: .resetsRegister, grade: "repaired", rule: "session counter"),
        Case(misbehaviour: .beginsAndEndsAlways),
        Case(misbehaviour: .shufflesReadings),
        Case(misbehaviour: .transactionZero, grade: "repaired", rule: "joined by the connector"),
        Case(misbehaviour: .transactionMinusOne, grade: "repaired", rule: "joined by the connector"),
        Case(misbehaviour: .transactionHuge, grade: "repaired", rule: "joined by the connector"),
        Case(misbehaviour: .transactionNull, grade: "repaired", rule: "joined by the connector"),
        Case(misbehaviour: .transactionMissing, grade: "repaired", rule: "joined by the connector"),
        Case(misbehaviour: .splitsFrames), Case(misbehaviour: .floodsStatus),
        Case(misbehaviour: .readsBetweenSessions),
    ]

    @Test(
        .misbehaviour(
            "kwh-called-wh", "wh-called-kwh", "no-units", "misspelt-units", "unknown-measurands",
            "blanks-in-numbers",
            "commas-in-numbers", "exponents-in-numbers", "one-phase-only", "wrong-total", "resets-register",
            "begins-and-ends-always", "shuffles-readings", "transaction-zero",
            "transaction-minus-one", "transaction-huge", "transaction-null", "transaction-missing",
            "splits-frames",
            "floods-status", "reads-between-sessions"),
        arguments: metering)
    func `is billed what flowed`(_ how: Case) async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        try await up.setDefaultPlan(kilowattHour: 50)
        let station = try await up.boot("CP1", .bad(how.misbehaviour)) {
            // A meter that has seen a life.
            $0.register = Energy(wattHours: 1_234_567)
        }

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 12_000), over: .seconds(7_200), readings: 4)

        let number = try #require(charge.transactionId)
        let session = try await up.session(number)
        #expect(session.status == "done")
        #expect(session.energy == 12_000)
        #expect(session.price == 600)
        #expect(session.user == anna.id)
        let readings = try await up.readings(of: number)
        #expect(readings.map(\.grade) == Array(repeating: how.grade, count: 3))
        for reading in readings {
            #expect(reading.rule.contains(how.rule))
            #expect(reading.raw.isEmpty == (how.grade == "good"))
        }
        if how.misbehaviour != .resetsRegister { #expect(readings.map(\.energy) == [3_000, 6_000, 9_000]) }
        #expect(try await up.told("session.ended", of: number) == 1)
        await station.shutDown()
    }

    static let illegible: [Misbehaviour] = [
        .emptyNumbers, .notANumber, .emptySampledValue, .objectForList, .numbersForTexts, .poisonsQueue,
    ]

    @Test(
        .misbehaviour(
            "empty-numbers", "not-a-number", "empty-sampled-value", "object-for-list", "numbers-for-texts",
            "poisons-queue"),
        arguments: illegible)
    func `with readings that say nothing is confirmed, and billed by its stop`(_ misbehaviour: Misbehaviour)
        async throws
    {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        try await up.setDefaultPlan(kilowattHour: 50)
        let station = try await up.boot("CP1", .bad(misbehaviour))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 12_000), over: .seconds(7_200), readings: 4)

        let session = try await up.session(try #require(charge.transactionId))
        #expect(session.status == "done")
        #expect(session.energy == 12_000)
        #expect(session.price == 600)
        #expect(station.log.refusals(of: V16.MeterValues.self).isEmpty)
        #expect(station.log.refusals(of: V16.StopTransaction.self).isEmpty)
        await station.shutDown()
    }

    @Test(.misbehaviour("unknown-members")) func `that adds members of its own is confirmed all the same`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.setManners(.bad(.unknownMembers))

        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(3_600))
        await station.sample()
        await station.stop()

        #expect(try await up.session(number).energy == 10_000)
        #expect(try await up.readings(of: number).map(\.energy) == [10_000])
        await station.shutDown()
    }

    @Test(.misbehaviour("register-reset"))
    func `whose register begins anew in mid-session is billed what came before`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1") { $0.register = Energy(wattHours: 1_234_567) }
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(3_600))
        await station.sample()

        await station.setManners(.bad(.resetsRegister))
        await station.advance(by: .seconds(600))
        await station.sample()
        await station.setManners(.bad(.stopsBelowStart))
        await station.stop()

        // The last is the stop's meter, kept for an operator.
        #expect(try await up.readings(of: number).map(\.grade) == ["good", "doubtful", "doubtful"])
        #expect(try await up.session(number).energy == 10_000)
        await station.shutDown()
    }

    @Test(.misbehaviour("stops-below-start"))
    func `whose stop lies below its start is billed by its last reading`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.stopsBelowStart))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 12_000), over: .seconds(7_200), readings: 4)

        let session = try await up.session(try #require(charge.transactionId))
        #expect(session.energy == 9_000)
        #expect(session.note.contains("meter at the stop below the start"))
        await station.shutDown()
    }

    @Test(.misbehaviour("stop-equals-start-minus-one"))
    func `whose stop is its start minus one is billed nothing`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.plugIn()
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())

        try await station.call(
            "StopTransaction",
            payload: Array(
                #"{"transactionId":\#(number),"meterStop":999,"timestamp":"2026-11-19T12:00:00Z"}"#.utf8))

        #expect(try await up.session(number).energy == 0)
        await station.shutDown()
    }

    @Test(.misbehaviour("starts-at-maximum"))
    func `whose meter is unknown at the start counts from its first reading`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.startsAtMaximum))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 12_000), over: .seconds(7_200), readings: 4)

        let number = try #require(charge.transactionId)
        #expect(try await up.session(number).energy == 9_000)
        #expect(try await up.readings(of: number).first?.rule.contains("meter at the start unknown") == true)
        await station.shutDown()
    }

    @Test(
        .misbehaviour("clock-at-1970", "no-zone"),
        arguments: [(Misbehaviour.clockAt1970, "clock before 2010"), (.noZone, "time without a zone")])
    func `with an impossible clock is dated from when it was heard`(
        _ misbehaviour: Misbehaviour, note: String
    )
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(misbehaviour))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 1_500), over: .seconds(600), readings: 2)

        let session = try await up.session(try #require(charge.transactionId))
        #expect(session.startedAt.map { abs($0.timeIntervalSince(up.clock.now)) < 1 } == true)
        #expect(session.note.contains(note))
        #expect(session.energy == 1_500)
        await station.shutDown()
    }

    @Test(.misbehaviour("clock-at-1970"))
    func `with a clock that stands still begins a new session each time`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let start = #"{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"1970-01-01T00:00:00Z"}"#
        func begin() async throws -> Int {
            let frame = try await station.call("StartTransaction", payload: Array(start.utf8))
            return try frame.decode(V16.StartTransaction.Response.self).transactionId
        }

        let first = try await begin()
        // Told again before it has ended, it is the same.
        #expect(try await begin() == first)
        try await station.call(
            "StopTransaction",
            payload: Array(
                #"{"transactionId":\#(first),"meterStop":0,"timestamp":"1970-01-01T00:00:00Z"}"#.utf8))

        #expect(try await begin() != first)
        await station.shutDown()
    }

    @Test(
        .misbehaviour(
            "sends-garbage", "sends-binary", "sends-too-much", "drops-mid-message", "compresses-unasked"),
        arguments: [
            Misbehaviour.sendsGarbage, .sendsBinary, .sendsTooMuch, .dropsMidMessage, .compressesUnasked,
        ])
    func `on the wire disturbs nobody else`(_ misbehaviour: Misbehaviour) async throws {
        try await up.enter("CP1")
        try await up.enter("CP2")
        let good = try await up.boot("CP2")
        let bad = try await up.station("CP1", .bad(misbehaviour)) {
            $0.reconnects = false
            $0.patience = .milliseconds(300)
        }
        try await bad.connect()

        // Most of these never hear an answer.
        _ = try? await bad.announceBoot()

        _ = try await good.call(V16.Heartbeat.self, NoFields())
        await bad.shutDown()
        await good.shutDown()
    }
}

/// What no database can hold as text must not come back for ever, nor spoil what others say in the same moment.
@Suite(.gatewayUp) struct `A station that writes NUL` {
    @Test func `is heard all the same`() async throws {
        let up = GatewayUp.current
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")

        let start = try await station.call(
            V16.StartTransaction.self,
            .init(
                connectorId: 1, idTag: .init(cutting: "04\u{0}A1"), meterStart: 1_000,
                timestamp: Timestamp(up.clock.now)))
        _ = try await station.call(
            V16.StatusNotification.self,
            .init(
                connectorId: 1, errorCode: .known(.noError), info: .init(cutting: "\u{0}x"), status: .charging
            ))
        _ = try await station.call(
            V16.StopTransaction.self,
            .init(
                idTag: .init(cutting: "\u{0}"), meterStop: 2_000, timestamp: Timestamp(up.clock.now),
                transactionId: start.transactionId))

        #expect(start.transactionId > 0)
        #expect(try await up.sessions.map(\.status) == ["done"])
        let info: [String] = try await up.owner.run(
            "SELECT info FROM gateway.connector_status WHERE connector_id = 1 AND info <> ''")
        #expect(info == ["\u{FFFD}x"])
        await station.shutDown()
    }

    /// Answers to questions that nobody asked cost as much as questions.
    @Test(.gatewayUp(["OCPP_RATE_PER_SECOND": "5", "OCPP_RATE_BURST": "5"]))
    func `or answers what nobody asked is slowed down`() async throws {
        let up = GatewayUp.current
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let before = MonotonicInstant.now

        for number in 1...15 { await station.send(text: #"[3,"nobody-\#(number)",{}]"#) }
        _ = try await station.authorization(of: "04A1")

        // Two seconds' worth at five a second, less the burst.
        #expect(MonotonicInstant.now - before >= .seconds(1))
        await station.shutDown()
    }
}
