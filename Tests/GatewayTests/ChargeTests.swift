import Contracts
import Core
import FoundationEssentials
import GatewayService
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

/// What a driver with a card lives through, and what is kept of it.
@Suite(.gatewayUp) struct `A charge` {
    private let up = GatewayUp.current

    @Test(.fact(39), .covers("TC_001")) func `begins with a station that is accepted`() async throws {
        try await up.enter("CP1")

        let station = try await up.boot("CP1")

        let answer = try #require(station.log.answers(to: V16.BootNotification.self).first)
        #expect(answer.status == .accepted)
        #expect(answer.interval == 300)
        #expect(abs(answer.currentTime.timeIntervalSince(up.clock.now)) < 1)
        await station.shutDown()
    }

    @Test(.covers("TC_003")) func `is metered, priced and ended by the card that began it`() async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        try await up.setDefaultPlan(kilowattHour: 35, hour: 120)
        try await up.setBalance(of: anna.id, 100_000)
        let station = try await up.boot("CP1")

        let charge = try await station.charge(
            tag: "04a1", energy: Energy(wattHours: 15_000), over: .seconds(5_400))

        let number = try #require(charge.transactionId)
        #expect(number > 0)
        let session = try await up.session(number)
        #expect(session.user == anna.id)
        #expect(session.status == "done")
        #expect(session.end == "user_stopped")
        #expect(session.reason == "Local")
        #expect(session.energy == 15_000)
        #expect(session.price == 585)
        #expect(!session.isGuessed)
        #expect(session.endedAt?.timeIntervalSince(try #require(session.startedAt)) == 5_400)
        let readings = try await up.readings(of: number)
        #expect(readings.map(\.energy) == [2_500, 5_000, 7_500, 10_000, 12_500])
        #expect(readings.map(\.grade) == Array(repeating: "good", count: 5))
        #expect(try await up.told("session.started", of: number) == 1)
        #expect(try await up.told("session.ended", of: number) == 1)
        await station.shutDown()
    }

    @Test(.fact(41), .misbehaviour("repeats-start", "repeats-stop"))
    func `is one, however often its start and its stop are told`() async throws {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.repeatsStart, .repeatsStop))

        let charge = try await station.charge(
            tag: "04A1", energy: Energy(wattHours: 8_000), over: .seconds(3_600))

        let number = try #require(charge.transactionId)
        let starts = station.log.answers(to: V16.StartTransaction.self)
        #expect(starts.map(\.transactionId) == [number, number])
        #expect(starts.map(\.idTagInfo.status) == [.accepted, .accepted])
        #expect(station.log.answers(to: V16.StopTransaction.self).count == 3)
        #expect(try await up.sessions.map(\.energy) == [8_000])
        #expect(try await up.told("session.ended", of: number) == 1)
        await station.shutDown()
    }

    @Test func `is told again after a restart of the station, and is still the same`() async throws {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.restartsMessageIDs))
        await station.plugIn()
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())

        await station.loseConnection()
        try await Wait.until { await station.connectionNumber == 2 }
        await station.advance(by: .seconds(1_800))
        await station.stop(tag: "04A1")

        #expect(station.log.answers(to: V16.StopTransaction.self).count == 1)
        #expect(try await up.session(number).energy == 5_000)
        #expect(try await up.sessions.count == 1)
        await station.shutDown()
    }

    @Test(.covers("TC_037_1", "TC_039")) func `that happened offline is told later, and counts from then`()
        async throws
    {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.goOffline()
        await station.plugIn()
        await station.begin(tag: "04A1")
        await station.advance(by: .seconds(3_600))
        await station.stop(tag: "04A1")

        try await station.connect()
        try await station.boot()

        let session = try #require(try await up.sessions.first)
        #expect(session.user == anna.id)
        #expect(session.energy == 10_000)
        #expect(session.startedAt.map { up.clock.now.timeIntervalSince($0) > 80_000 } == true)
        await station.shutDown()
    }

    @Test(.covers("TC_037_3")) func `with a card that may not is kept, nobody's and free`() async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id, isEnabled: false)
        try await up.enter("CP1")
        try await up.setDefaultPlan(kilowattHour: 35)
        let station = try await up.boot("CP1")
        await station.plugIn()

        await station.begin(tag: "04A1")

        let answer = try #require(station.log.answers(to: V16.StartTransaction.self).first)
        #expect(answer.idTagInfo.status == .blocked)
        #expect(answer.transactionId > 0)
        // The station ends it by itself, as it is configured.
        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })
        let session = try await up.session(answer.transactionId)
        #expect(session.isRefused)
        #expect(session.user == nil)
        #expect(session.price == 0)
        #expect(session.end == "deauthorized")
        await station.shutDown()
    }

    @Test func `leaves word of the plug, the card and what was refused`() async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id, isEnabled: false)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.plugIn()
        _ = try await station.authorization(of: "04A1")
        _ = try await station.authorization(of: "0123456789ABCDEF0123")
        await station.begin(tag: "04A1")
        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })

        let owner = try FreshDatabase.current.database(as: .owner)
        let signals: [String] = try await owner.run(
            """
            SELECT concat_ws(' ', kind, connector_id, coalesce(nullif(tag, ''), '-'), refusal)
            FROM gateway_view.start_signal
            WHERE charge_point_id = 'CP1'
            ORDER BY kind, id
            """)
        // What may be a one-time tag is a secret.
        #expect(signals == ["card 0 04A1 Blocked", "card 0 - Invalid", "plug 1 - "])
        let refusals: [String] = try await owner.run(
            "SELECT refusal FROM gateway_view.session WHERE charge_point_id = 'CP1'")
        #expect(refusals == ["card"])
        await station.shutDown()
    }

    @Test func `that nobody ended is over when the next one begins`() async throws {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.neverStops))
        await station.plugIn()
        await station.begin(tag: "04A1")
        let first = try #require(await station.transaction())
        await station.advance(by: .seconds(1_800))
        await station.sample()
        await station.stop(tag: "04A1")

        await station.plugIn()
        await station.begin(tag: "04A1")
        let second = try #require(await station.transaction())

        #expect(first != second)
        let seen = try await up.session(first)
        #expect(seen.status == "interrupted")
        #expect(seen.energy == 5_000)
        #expect(seen.isGuessed)
        #expect(try await up.told("session.ended", of: first) == 1)
        await station.shutDown()
    }

    @Test(.misbehaviour("stops-unknown")) func `that nobody knows is kept for an operator when it stops`()
        async throws
    {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1", .bad(.stopsUnknown))

        try await station.charge(tag: "04A1", energy: Energy(wattHours: 5_000), over: .seconds(1_800))

        #expect(station.log.answers(to: V16.StopTransaction.self).count == 2)
        #expect(try await up.sessions.map(\.energy) == [5_000])
        let orphans: [Int64] = try await up.owner.run("SELECT transaction_id FROM gateway.stop_orphan")
        #expect(orphans == [2_000_000_000])
        await station.shutDown()
    }
}

/// A confirmed booking has a price of its own, for its driver and its time (api.md 5.1).
@Suite(.gatewayUp) struct `A charge in a booked slot` {
    private let up = GatewayUp.current

    /// Answers the meeting's number. The stations' clocks are a day behind.
    private func book(for student: Int64, connector: Int32?, from start: TimeInterval, price: Int64 = 20)
        async throws
        -> Int64
    {
        let begin = up.clock.now - 86_400 + start
        let slot: Int64 = try await up.owner.run(
            """
            INSERT INTO accounts.time_slot (tutor_id, start_time, end_time, is_available, charge_point_id, connector_id,
                price_per_kwh, created_at)
            VALUES (\(student), \(begin), \(begin + 3_600), false, 'CP1', \(connector as Int32?), \(price), \(begin))
            RETURNING id
            """)
        return try await up.owner.run(
            """
            INSERT INTO accounts.meeting (slot_id, tutor_id, student_id, subject, status, created_at)
            VALUES (\(slot), \(student), \(student), 'Charge', 'confirmed', \(begin))
            RETURNING id
            """)
    }

    private func charged() async throws -> (price: Int64, meeting: Int64?) {
        let station = try await up.boot("CP1")
        try await station.charge(tag: "04A1", energy: Energy(wattHours: 10_000), over: .seconds(3_600))
        await station.shutDown()
        let meeting: Int64? = try await up.owner.run("SELECT meeting_id FROM gateway.session")
        return (try #require(try await up.sessions.first).price, meeting)
    }

    @Test(.fact(54), arguments: [Int32(1), nil]) func `has the slot's price`(connector: Int32?) async throws {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        try await up.owner.run("UPDATE accounts.connector SET price_per_kwh = 50")
        try await up.setBalance(of: anna.id, 100_000)
        let meeting = try await book(for: anna.id, connector: connector, from: -600)

        let seen = try await charged()

        #expect(seen.price == 200)
        #expect(seen.meeting == meeting)
    }

    @Test func `of another, or at another time, has not`() async throws {
        let (anna, bob) = (try await up.people.person("anna"), try await up.people.person("bob"))
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        try await up.owner.run("UPDATE accounts.connector SET price_per_kwh = 50")
        try await up.setBalance(of: anna.id, 100_000)
        _ = try await book(for: bob.id, connector: 1, from: -600)
        _ = try await book(for: anna.id, connector: 1, from: 7_200)

        let seen = try await charged()

        #expect(seen.price == 500)
        #expect(seen.meeting == nil)
    }
}
