import Bus
import Contracts
import Core
import Foundation
import HTTP
import Hosting
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

extension BillingHouse {
    /// A session that runs and is to be paid by this card of its driver.
    func running(_ sample: SampleSession, by card: String) async throws -> Int64 {
        var sample = sample
        sample.isFinished = false
        let number = try await store(sample)
        try await owner.run(
            """
            UPDATE gateway.session
            SET payment_method_id = (SELECT id FROM billing.payment_method WHERE identifier = \(card))
            WHERE session_id = \(number)
            """ as Query<Void>)
        return number
    }

    /// As a gateway asks before it asks the station.
    func hold(_ amount: Int64, for session: Int64) async throws -> Int? {
        let bus = Bus(
            FreshRedis.current.client(), as: .gateway, clock: clock.clock,
            log: Log(service: "gateway", level: .error), metrics: Metrics(service: "gateway"))
        let wish = PlaceHold(for: ID(session), Money(amount, .eur))
        switch try await CommandSender(on: bus).send(wish, by: .system(.gateway)) {
        case .done: return nil
        case .refused(let refusal): return refusal.code
        }
    }

    func holdState(of session: Int64) async throws -> String? {
        try await owner.run("SELECT state FROM billing.card_hold WHERE session_id = \(session)")
    }

    func holdBecomes(_ state: String, of session: Int64) async throws {
        try await Self.eventually("the hold is \(state)") { try await holdState(of: session) == state }
    }
}

@Suite struct `Money held on a card` {
    /// Costs 525.
    private static func sample(_ driver: Person, host: Person? = nil) -> SampleSession {
        SampleSession(driver: driver, host: host, funding: "card", minutes: 59)
    }

    private static func billed(_ house: BillingHouse, _ session: Int64, as person: Person) async throws
        -> Int64?
    {
        try await house.view(session, as: person)["payment_billed"]?.number
    }

    @Test(.house) func `pays what the session cost, once, and may be given back`() async throws {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            let boss = try await house.person("boss", role: "operator")
            try await house.save("card_1", of: anna)
            let sample = Self.sample(anna, host: host)
            let session = try await house.running(sample, by: "card_1")

            #expect(try await house.hold(2_000, for: session) == nil)
            #expect(try await house.hold(2_000, for: session) == nil)
            #expect(try await house.entries(of: anna) == [])
            try await house.finish(session, sample)
            try await house.holdBecomes("captured", of: session)
            try await house.payments()

            let orders = try await house.orders(of: session, as: anna)
            #expect(orders.map { $0["order"] } == [1_200])
            #expect(orders.map { $0["amount"] } == [525])
            #expect(orders.map { $0["result"] } == ["0900"])
            #expect(try await Self.billed(house, session, as: anna) == 525)
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await house.entries(of: host) == [472])
            let back = try await house.call(.post, "/payment/refund/\(session)", as: boss, ["amount": 525])
            #expect(back.status == 200)
            #expect(try await house.entries(of: anna) == [-525, 525])
            #expect(try await house.entries(of: host) == [472, -472])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is never exceeded: what is missing is a second order`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("card_1", of: anna)
            let sample = Self.sample(anna)
            let session = try await house.running(sample, by: "card_1")
            #expect(try await house.hold(300, for: session) == nil)

            try await house.finish(session, sample)
            try await house.holdBecomes("captured", of: session)
            try await house.payments()
            try await house.payments()

            let orders = try await house.orders(of: session, as: anna)
            #expect(orders.map { $0["amount"] } == [300, 225])
            #expect(orders.map { $0["result"] } == ["0900", "0000"])
            #expect(try await house.entries(of: anna) == [-300, -225])
            #expect(try await Self.billed(house, session, as: anna) == 525)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is freed when the session costs nothing`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("card_1", of: anna)
            var sample = Self.sample(anna)
            sample.began = false
            let session = try await house.running(sample, by: "card_1")
            #expect(try await house.hold(2_000, for: session) == nil)

            try await house.finish(
                session, SampleSession(driver: anna, funding: "card", energy: 0, began: false))
            try await house.holdBecomes("released", of: session)
            try await house.payments()

            #expect(try await house.orders(of: session, as: anna) == [])
            #expect(try await house.entries(of: anna) == [])
        }
    }

    @Test(.house) func `is refused with the provider's code, and asked for once`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            for card in ["fail_1", "down_1"] { try await house.enterCard(card, of: anna) }
            let refused = try await house.running(Self.sample(anna), by: "fail_1")
            let away = try await house.running(
                SampleSession(point: "CP-2", driver: anna, funding: "card"), by: "down_1")
            let none = try await house.store(
                SampleSession(point: "CP-3", driver: anna, funding: "card", isFinished: false))

            #expect(try await house.hold(2_000, for: refused) == 3_002)
            #expect(try await house.hold(2_000, for: refused) == 3_002)
            #expect(try await house.hold(2_000, for: away) == 3_005)
            #expect(try await house.hold(2_000, for: none) == 3_002)

            #expect(try await house.holdState(of: refused) == "refused")
            #expect(try await house.holdState(of: away) == "refused")
            #expect(try await house.holdState(of: none) == nil)
            let log: [String] = try await house.owner.run(
                "SELECT text FROM billing_view.pay_log WHERE text LIKE 'hold 1200%' ORDER BY logged_at, text LIMIT 9"
            )
            #expect(log.contains { $0.hasSuffix("refused: 0190") })
        }
    }

    /// The start was refused because nobody knew; what the provider did all the same is found out and undone.
    @Test(
        .house,
        arguments: [("slow_1", "released"), ("slow_fail_1", "refused"), ("slow_lost_1", "refused")])
    func `that nobody knows of is asked about, and does not outlive the start`(card: String, end: String)
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.enterCard(card, of: anna)
            var sample = Self.sample(anna)
            (sample.began, sample.energy) = (false, 0)
            let session = try await house.running(sample, by: card)

            #expect(try await house.hold(2_000, for: session) == 3_005)
            #expect(try await house.holdState(of: session) == "asked")
            try await house.finish(session, sample)
            try await house.settled(session)
            try await house.payments()
            try await house.holdBecomes(end, of: session)

            #expect(try await house.entries(of: anna) == [])
            #expect(try await house.orders(of: session, as: anna) == [])
        }
    }

    /// The service dies between the provider's deed and its booking.
    @Test(.house) func `is captured and booked once, though the answer is lost and the service dies`()
        async throws
    {
        let session = Number()
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("late_1", of: anna)
            let sample = Self.sample(anna)
            let number = try await house.running(sample, by: "late_1")
            #expect(try await house.hold(2_000, for: number) == nil)
            try await house.finish(number, sample)
            try await house.holdBecomes("capturing", of: number)
            // Nobody else charges meanwhile.
            let own = try await house.call(.post, "/payment/pay/\(number)", as: anna, [:])
            #expect(own.status == 409 && own.code == 3_002)
            let order = try await house.call(
                .post, "/payment/order", as: anna, ["transaction_id": .integer(number)])
            #expect(order.status == 409)
            await session.set(number, anna)
        }
        try await BillingHouse.open { house in
            let (number, anna) = try #require(await session.value)
            try await house.payments()
            try await house.payments()

            try await house.holdBecomes("captured", of: number)
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await Self.billed(house, number, as: anna) == 525)
            #expect(try await house.booksAgree())
        }
    }

    private actor Number {
        var value: (Int64, Person)?
        func set(_ number: Int64, _ person: Person) { value = (number, person) }
    }

    @Test(.house) func `that has lapsed is charged like any other debt`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.save("lapsed_1", of: anna)
            let sample = Self.sample(anna)
            let session = try await house.running(sample, by: "lapsed_1")
            #expect(try await house.hold(2_000, for: session) == nil)

            try await house.finish(session, sample)
            try await house.holdBecomes("lost", of: session)
            try await house.payments()

            let orders = try await house.orders(of: session, as: anna)
            #expect(orders.map { $0["result"] } == ["0190", "0000"])
            #expect(try await house.entries(of: anna) == [-525])
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["fail_count"] } == [0])
        }
    }

    @Test(.house) func `is asked for behind a start that the station began, and a refusal ends it`()
        async throws
    {
        try await BillingHouse.open(["PREAUTH_AMOUNT": "1500"]) { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            try await house.enterCard("card_1", of: anna)
            try await house.enterCard("fail_1", of: berta)
            let good = Self.sample(anna)
            let bad = SampleSession(point: "CP-2", driver: berta, funding: "card")
            let gateway = HearingGateway()
            let point = try #require(ChargePointID("CP-2"))
            try await BillingHouse.eventually("the holds are followed") {
                try await house.owner.run(
                    "SELECT count(*) FROM billing.event_cursor WHERE consumer = 'holds'" as Query<Int64>) == 1
            }

            try await gateway.serving([point], of: house) {
                let first = try await house.running(good, by: "card_1")
                let second = try await house.running(bad, by: "fail_1")
                for (number, sample) in [(first, good), (second, bad)] {
                    let event = SessionStarted(
                        try house.reference(number, sample), at: house.clock.now, meterStart: .zero,
                        reservation: nil, meeting: nil)
                    try await house.owner.run(.announce(event))
                    house.host.bus.publish(event)
                }
                try await house.holdBecomes("held", of: first)
                try await house.holdBecomes("refused", of: second)
                try await BillingHouse.eventually("it is told to stop") {
                    gateway.stops.map(\.session) == [ID(second)]
                }
                #expect(gateway.stops.first?.cause.known == .deauthorized)
                let held: Int64 = try await house.owner.run(
                    "SELECT amount FROM billing.card_hold WHERE session_id = \(first)")
                #expect(held == 1_500)
            }
        }
    }
}

@Suite struct `Redsys holds` {
    private static func scene(
        _ house: BillingHouse, energy: Int64 = 15_000, began: Bool = true
    ) async throws -> (Person, Int64) {
        let anna = try await house.person("anna")
        try await house.save("token_1", of: anna)
        var sample = SampleSession(driver: anna, funding: "card", energy: energy, minutes: 59)
        sample.began = began
        let session = try await house.running(sample, by: "token_1")
        #expect(try await house.hold(2_000, for: session) == nil)
        try await house.finish(session, sample)
        return (anna, session)
    }

    @Test(.house) func `by a pre-authorisation that a confirmation charges`() async throws {
        try await RedsysServer.open { house, redsys in
            let (anna, session) = try await Self.scene(house)
            try await house.holdBecomes("captured", of: session)
            try await house.payments()

            #expect(
                redsys.done.withLock { $0 } == [
                    .init(order: "1200", type: "1", amount: "2000", response: "0000"),
                    .init(order: "1200", type: "2", amount: "525", response: "0900"),
                ])
            #expect(try await house.entries(of: anna) == [-525])
        }
    }

    @Test(.house) func `and a cancellation frees`() async throws {
        try await RedsysServer.open { house, redsys in
            let (anna, session) = try await Self.scene(house, energy: 0, began: false)
            try await house.holdBecomes("released", of: session)

            #expect(
                redsys.done.withLock { $0 }.map(\.type) == ["1", "9"])
            #expect(try await house.entries(of: anna) == [])
        }
    }

    /// Confirmed, and the answer lost; or never arrived at all.
    @Test(.house, arguments: [RedsysServer.Fate.mute, .lost])
    func `and confirms once, whatever became of the answer`(fate: RedsysServer.Fate) async throws {
        try await RedsysServer.open { house, redsys in
            redsys.confirmation.withLock { $0 = fate }
            let (anna, session) = try await Self.scene(house)
            try await house.holdBecomes("capturing", of: session)
            try await BillingHouse.eventually("the confirmation was asked for") {
                redsys.asked.withLock { $0.contains { $0["DS_MERCHANT_TRANSACTIONTYPE"] == "2" } }
            }
            redsys.confirmation.withLock { $0 = .answered }
            try await house.payments()
            try await house.payments()

            try await house.holdBecomes("captured", of: session)
            #expect(redsys.done.withLock { $0 }.count { $0.type == "2" } == 1)
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await house.booksAgree())
        }
    }
}
