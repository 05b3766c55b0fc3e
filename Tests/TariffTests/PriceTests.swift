import Core
import FoundationEssentials
import Tariff
import TestSupport
import Testing

@Suite struct `A price is chosen` {
    /// 50 at the connector, 35 by the driver's plan, 40 at the station, 25 by default.
    private func sources() throws -> PriceSources {
        PriceSources(
            currency: .eur,
            connector: .init(port: 3, chargePoint: "CP77", number: 1, energyPrice: .cents(50)),
            driver: .init(plan: "standard", rows: [.plan("standard", 35)]),
            station: .init(number: 9, energyPrice: .cents(40)), defaultPlan: .plan("default", 25))
    }

    private let noon = moment("2026-11-20T12:00:00Z")

    private func price(_ sources: PriceSources, at text: String? = nil) -> String {
        let frozen = sources.price(at: text.map(moment) ?? noon, in: .gmt)
        return "\(frozen.rule) \(frozen.energyPrice.perKilowattHour)"
    }

    @Test(.fact(54)) func `by the connector before anything else that is not booked`() throws {
        #expect(price(try sources()) == "connector:3 50")
    }

    @Test func `by the connector also when it charges nothing`() throws {
        var sources = try sources()
        sources.connector.energyPrice = .nothing

        #expect(price(sources) == "connector:3 0")
    }

    @Test(.fact(54)) func `by the driver's plan when the connector has no price`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil

        #expect(price(sources) == "plan:standard 35")
    }

    @Test(.fact(54), arguments: ["default", "withdrawn"])
    func `by the station for a driver without a plan of their own`(plan: String) throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = .init(
            plan: plan, rows: plan == "default" ? [.plan("default", 25)] : [.plan(plan, 30, isActive: false)])

        #expect(price(sources) == "station:9 40")
    }

    @Test func `by the station for a session that belongs to nobody`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = nil

        #expect(price(sources) == "station:9 40")
    }

    @Test func `by the default plan when nothing nearer has a price, outside its window too`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = nil
        sources.station = nil
        sources.defaultPlan?.window = try window("22:00", "06:00")

        #expect(price(sources) == "plan:default 25")
    }

    @Test(arguments: [true, false]) func `as none when there is no active default plan`(exists: Bool) throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = nil
        sources.station?.energyPrice = nil
        sources.defaultPlan = exists ? .plan("default", 25, isActive: false) : nil

        #expect(price(sources) == "none 0")
        #expect(sources.price(at: noon, in: .gmt).isFree)
    }

    @Test(.fact(56)) func `as nothing for the owner on an own point`() throws {
        var sources = try sources()
        sources.isOwnPoint = true

        #expect(price(sources) == "own 0")
        #expect(sources.price(at: noon, in: .gmt).isFree)
    }

    @Test func `by the first row of the plan whose window holds the start`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = .init(
            plan: "family",
            rows: [
                .plan("family", 12, isActive: false),
                .plan("family", 20, window: try window("22:00", "06:00")),
                .plan("family", 33, window: try window("06:01", "21:59")), .plan("family", 99),
            ])

        #expect(price(sources, at: "2026-11-20T23:30:00Z") == "plan:family 20")
        #expect(price(sources, at: "2026-11-20T12:00:00Z") == "plan:family 33")
    }

    @Test func `by the station when none of the plan's windows holds`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.driver = .init(
            plan: "night", rows: [.plan("night", 20, window: try window("22:00", "06:00"))])

        #expect(price(sources) == "station:9 40")
    }

    @Test(
        .fact(54),
        arguments: [
            ("2026-11-20T11:59:59Z", "connector:3 50"), ("2026-11-20T12:00:00Z", "slot:7 20"),
            ("2026-11-20T12:59:59Z", "slot:7 20"), ("2026-11-20T13:00:00Z", "connector:3 50"),
        ])
    func `by a booked slot from its first moment up to its last`(start: String, expected: String) throws {
        var sources = try sources()
        sources.slots = [slot(7, "CP77", connector: 1, price: 20)]

        #expect(price(sources, at: start) == expected)
    }

    @Test(
        arguments: [
            ("CP77", nil, 20, "slot:7 20"), ("CP77", 2, 20, "connector:3 50"),
            ("CP78", 1, 20, "connector:3 50"),
            ("CP78", nil, 20, "connector:3 50"), ("CP77", 1, nil, "connector:3 50"),
            ("CP77", 1, 0, "slot:7 0"),
        ] as [(String, Int?, Int64?, String)])
    func `by a slot only for its own connector or point, and only if it has a price`(
        point: String, connector: Int?, price slotPrice: Int64?, expected: String
    ) throws {
        var sources = try sources()
        sources.slots = [slot(7, point, connector: connector, price: slotPrice)]

        #expect(price(sources) == expected)
    }

    @Test func `with a trace of why nothing earlier held`() throws {
        var sources = try sources()
        sources.connector.energyPrice = nil
        sources.slots = [slot(7, "CP77", connector: 2, price: 20)]
        sources.driver = .init(
            plan: "night", rows: [.plan("night", 20, window: try window("22:00", "06:00"))])

        #expect(
            sources.trace(at: noon, in: .gmt).description == """
                own does not apply to this driver; slot:7 is for another connector; \
                connector:3 has no price of its own; plan:night does not hold at this time; station:9 holds
                """)
    }

    @Test func `in the trace as in the session`() throws {
        for bits in 0..<64 {
            var sources = try sources()
            if bits & 1 == 0 { sources.connector.energyPrice = nil }
            if bits & 2 == 0 { sources.driver = nil }
            if bits & 4 == 0 { sources.station = nil }
            if bits & 8 == 0 { sources.defaultPlan = nil }
            if bits & 16 != 0 { sources.slots = [slot(7, "CP77", connector: 1, price: 20)] }
            sources.isOwnPoint = bits & 32 != 0

            let last = sources.trace(at: noon, in: .gmt).steps.last
            #expect(last?.verdict == .taken)
            #expect(last?.rule == sources.price(at: noon, in: .gmt).rule.word)
        }
    }

    private func slot(_ number: Int64, _ point: String, connector: Int?, price: Int64?) -> PriceSources.Slot {
        .init(
            number: number, chargePoint: point, connector: connector, begin: moment("2026-11-20T12:00:00Z"),
            end: moment("2026-11-20T13:00:00Z"), energyPrice: price.map(EnergyPrice.cents))
    }
}

@Suite struct `A plan's window` {
    @Test(
        .fact(53),
        arguments: [
            ("21:59", false), ("22:00", true), ("23:30", true), ("00:00", true), ("06:00", true),
            ("06:01", false),
            ("12:00", false),
        ])
    func `runs over midnight with both ends inside`(time: String, isInside: Bool) throws {
        #expect(try window("22:00", "06:00").contains(try #require(TimeOfDay(time))) == isInside)
    }

    @Test(arguments: [("07:59", false), ("08:00", true), ("20:00", true), ("20:01", false), ("00:00", false)])
    func `lies within a day`(time: String, isInside: Bool) throws {
        #expect(try window("08:00", "20:00").contains(try #require(TimeOfDay(time))) == isInside)
    }

    @Test func `of equal ends is that one minute`() throws {
        let window = try window("08:00", "08:00")

        #expect(window.contains(moment("2026-11-20T08:00:59Z"), in: .gmt))
        #expect(!window.contains(moment("2026-11-20T08:01:00Z"), in: .gmt))
    }

    @Test func `counts its last minute to the end`() throws {
        let window = try window("22:00", "06:00")

        #expect(window.contains(moment("2026-11-20T06:00:59Z"), in: .gmt))
        #expect(!window.contains(moment("2026-11-20T06:01:00Z"), in: .gmt))
    }

    // Prague: clocks go from 02:00 to 03:00 on 29 March 2026 at 01:00 UTC, back from 03:00 to 02:00 on 25 October.
    @Test(arguments: [
        ("2026-01-10T21:00:00Z", "22:00"), ("2026-07-10T20:00:00Z", "22:00"),
        ("2026-03-29T00:59:59Z", "01:59"),
        ("2026-03-29T01:00:00Z", "03:00"), ("2026-10-25T00:30:00Z", "02:30"),
        ("2026-10-25T01:30:00Z", "02:30"),
        ("1969-12-31T23:59:00Z", "00:59"),
    ])
    func `is read in the tariff's zone, summer time included`(start: String, clock: String) throws {
        #expect(TimeOfDay(of: moment(start), in: try prague).text == clock)
    }

    @Test func `holds twice in the hour that autumn repeats and never in the one that spring skips`() throws {
        let window = try window("02:00", "02:59")

        let autumn = try ["2026-10-25T00:00:00Z", "2026-10-25T01:59:59Z"].map {
            window.contains(moment($0), in: try prague)
        }
        let spring = try (0..<180).contains { minute in
            window.contains(moment("2026-03-29T00:00:00Z") + Double(minute * 60), in: try prague)
        }

        #expect(autumn == [true, true])
        #expect(!spring)
    }
}

@Suite struct `A price rule` {
    @Test(arguments: [
        (PriceRule.own, "own"), (.slot(7), "slot:7"), (.connector(3), "connector:3"),
        (.plan("night"), "plan:night"),
        (.plan("12"), "plan:12"), (.station(9), "station:9"), (.none, "none"),
    ])
    func `is written in a word and read from it`(rule: PriceRule, word: String) {
        #expect(rule.word == word)
        #expect(PriceRule(word: word) == rule)
    }

    @Test(arguments: ["", "plan:", "slot:", "slot:x", "port:3", "Own", "connector: 3"])
    func `is not read from another word`(word: String) {
        #expect(PriceRule(word: word) == nil)
    }
}
