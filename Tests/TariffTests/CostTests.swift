import Core
import FoundationEssentials
import Tariff
import TestSupport
import Testing

@Suite struct `A session costs` {
    @Test(
        .fact(52),
        arguments: [
            (15_000, 90, 525, 60), (15_000, 59, 525, 0), (15_000, 60, 525, 0), (15_000, 61, 525, 2),
            (0, 0, 0, 0),
            (1, 0, 0, 0), (28, 0, 0, 0), (29, 0, 1, 0), (999, 0, 34, 0), (57, 75, 1, 30),
        ])
    func `energy and time, each part cut to whole cents`(
        wattHours: Int64, minutes: Int, energy: Int64, time: Int64
    ) {
        let cost = FrozenPrice.standard.cost(
            of: Energy(wattHours: wattHours), lasting: .seconds(minutes * 60))

        #expect(cost.energyPart == euros(energy))
        #expect(cost.timePart == euros(time))
        #expect(cost.total == euros(energy + time))
    }

    @Test func `whole minutes only`() {
        let price = FrozenPrice.standard

        #expect(price.cost(of: .zero, lasting: .seconds(61 * 60 - 1)).timePart == euros(0))
        #expect(price.cost(of: .zero, lasting: .seconds(61 * 60)).timePart == euros(2))
    }

    @Test func `the same by meter and clock as by energy and duration`() {
        let start = moment("2026-11-20T22:00:00Z")

        let cost = FrozenPrice.standard.cost(
            from: Energy(wattHours: 1_000), to: Energy(wattHours: 16_000), between: start,
            and: start + 90 * 60)

        #expect(cost == FrozenPrice.standard.cost(of: Energy(wattHours: 15_000), lasting: .seconds(5_400)))
        #expect(cost.total == euros(585))
    }

    @Test func `nothing when the meter or the clock ran backwards`() {
        let start = moment("2026-11-20T22:00:00Z")

        let cost = FrozenPrice.standard.cost(
            from: Energy(wattHours: 1_000), to: Energy(wattHours: 400), between: start, and: start - 7_200)

        #expect(cost.total == euros(0))
        #expect(cost.energy == .zero)
    }

    @Test func `at most what a number holds, whatever a station reports`() {
        let price = FrozenPrice(
            rule: .connector(1), energyPrice: .cents(.max), timePrice: TimePrice(perHour: .max),
            freeMinutes: .min,
            currency: .eur
        ).discounted(.hundred)
        let start = Date(timeIntervalSince1970: -.greatestFiniteMagnitude)

        let cost = price.cost(
            from: Energy(wattHours: .min), to: Energy(wattHours: .max), between: start,
            and: Date(timeIntervalSince1970: .greatestFiniteMagnitude))

        #expect(cost.beforeDiscount == euros(.max))
        #expect(cost.total == euros(0))
        #expect(price.cost(of: Energy(wattHours: .max), lasting: .seconds(Int64.max)).total == euros(0))
    }

    @Test(
        .fact(74),
        arguments: [
            (1_000, 1_000, 100), (585, 1_000, 59), (584, 1_000, 58), (5, 1_000, 1), (4, 1_000, 0),
            (585, 1_250, 73),
            (585, 10_000, 585), (585, 1, 0),
        ])
    func `less by a discount, a half rounded up`(cents: Int64, hundredths: Int64, discount: Int64) {
        let price = FrozenPrice.energyOnly(cents).discounted(Percent(hundredths: hundredths))

        let cost = price.cost(of: Energy(wattHours: 1_000), lasting: .zero)

        #expect(cost.discount == euros(discount))
        #expect(cost.total == euros(cents - discount))
    }

    @Test func `as estimated, when only energy counts`() {
        let price = FrozenPrice.standard.discounted(.whole(10))

        #expect(price.estimate(for: Energy(wattHours: 15_000)) == euros(472))
    }

    @Test func `never less with more energy or more time`() {
        let price = FrozenPrice.standard.discounted(.whole(33))
        var last = euros(0)
        for step in 0..<2_000 {
            let cost = price.cost(of: Energy(wattHours: Int64(step) * 7), lasting: .seconds(step * 11)).total
            #expect(cost.minorUnits >= last.minorUnits)
            last = cost
        }
    }
}

@Suite struct `An explanation` {
    @Test func `shows each part and adds up`() {
        let price = FrozenPrice.standard.discounted(.whole(10))
        let cost = price.cost(of: Energy(wattHours: 15_000), lasting: .seconds(5_400))

        let explanation = cost.explained(by: price)

        #expect(
            explanation.description == """
                price by plan:standard, fixed at the start
                energy: 15.000 kWh × 0.35 EUR/kWh = 5.25 EUR
                time: 30 min of 90, 60 free, × 1.20 EUR/h = 0.60 EUR
                discount: code SUN10: 10 % of 5.85 EUR = -0.59 EUR
                total: 5.26 EUR
                """)
        #expect(explanation.lines.reduce(0) { $0 + $1.amount.minorUnits } == explanation.total.minorUnits)
    }

    @Test func `leaves out what the price does not have`() {
        let price = FrozenPrice.energyOnly(50)

        let explanation = price.cost(of: Energy(wattHours: 1_005), lasting: .seconds(60)).explained(by: price)

        #expect(explanation.lines.map(\.reckoning) == ["1.005 kWh × 0.50 EUR/kWh"])
    }
}

@Suite struct `A frozen price` {
    @Test func `is kept as JSON and comes back the same`() throws {
        let price = FrozenPrice.standard.discounted(Percent(hundredths: 1_250))

        let json = JSONWriter.encode(price)

        #expect(
            String(decoding: json, as: UTF8.self) == """
                {"rule":"plan:standard","plan":{"number":4,"version":2},"price_per_kwh":35,"price_per_hour":120,\
                "free_minutes":60,"discount":{"code":"SUN10","value":"12.50"},"currency":"EUR"}
                """)
        #expect(try JSONReader.decode(FrozenPrice.self, from: json) == price)
    }

    @Test func `has bytes for a digest that never change`() {
        #expect(
            String(decoding: FrozenPrice.standard.discounted(.whole(10)).canonicalBytes, as: UTF8.self) == """
                voltbus frozen price 1
                rule 13 plan:standard
                plan 1 4
                plan-version 1 2
                price-per-kwh 2 35
                price-per-hour 3 120
                free-minutes 2 60
                discount-code 5 SUN10
                discount-percent 5 10.00
                currency 3 EUR

                """)
    }

    @Test func `differs in its bytes wherever it differs`() {
        let prices: [FrozenPrice] = [
            .standard, .standard.discounted(.whole(10)), .standard.discounted(.whole(20)), .energyOnly(35),
            .energyOnly(36), FrozenPrice(rule: .own, energyPrice: .nothing, currency: .eur),
            FrozenPrice(rule: .plan("a\nplan 1 4"), energyPrice: .nothing, currency: .eur),
        ]

        #expect(Set(prices.map(\.canonicalBytes)).count == prices.count)
    }

    @Test func `is free without prices or with all of it off`() {
        #expect(FrozenPrice(rule: .none, energyPrice: .nothing, currency: .eur).isFree)
        #expect(FrozenPrice.standard.discounted(.hundred).isFree)
        #expect(!FrozenPrice.standard.discounted(Percent(hundredths: 9_999)).isFree)
        #expect(!FrozenPrice(.timeOnly, in: .eur).isFree)
    }
}

extension PlanRow {
    fileprivate static let timeOnly = PlanRow(
        number: 1, version: 1, name: "time", energyPrice: .nothing, timePrice: TimePrice(perHour: 100))
}

@Suite struct `A percentage` {
    @Test(arguments: [
        ("8", 800, "8.00", "8"), ("10.00", 1_000, "10.00", "10"), ("7.5", 750, "7.50", "7.5"),
        ("12.25", 1_225, "12.25", "12.25"), ("0", 0, "0.00", "0"), ("0.05", 5, "0.05", "0.05"),
    ])
    func `is read and written`(text: String, hundredths: Int64, full: String, short: String) throws {
        let percent = try #require(Percent(text))

        #expect(percent.hundredths == hundredths)
        #expect(percent.description == full)
        #expect(percent.short == short)
    }

    @Test(arguments: ["", ".", "1.", ".5", "1.234", "-1", "+1", "1,5", "1e2", "12345678", "٣", " 1"])
    func `is refused when it is not one`(text: String) {
        #expect(Percent(text) == nil)
    }
}
