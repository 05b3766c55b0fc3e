import Core
import FoundationEssentials
import Tariff
import TestSupport
import Testing

/// The rule's text (5.1, 5.10) reckoned a second time, with whole numbers and nothing of what it checks.
private enum Pencil {
    struct Row {
        var perKWh: Int
        var perHour: Int
        var freeMinutes: Int
        /// Minutes of the day, both inside; nil: always.
        var window: (first: Int, last: Int)?
        var isActive: Bool
    }

    /// Summer time of 2026 in Prague, in seconds since 1970.
    private static let summer = 1_774_746_000..<1_792_890_000

    /// What a clock on a wall in Prague shows.
    static func minuteOfDay(_ second: Int) -> Int {
        let shifted = second + (summer.contains(second) ? 7_200 : 3_600)
        return shifted / 60 % 1_440
    }

    /// Walks from the window's first minute to its last, over midnight where it must.
    static func holds(_ row: Row, at second: Int) -> Bool {
        guard row.isActive else { return false }
        guard let window = row.window else { return true }
        var minute = window.first
        while true {
            if minute == minuteOfDay(second) { return true }
            if minute == window.last { return false }
            minute = (minute + 1) % 1_440
        }
    }

    /// A half is rounded up.
    static func rounded(_ dividend: Int, _ divisor: Int) -> Int {
        let (whole, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        return whole + (rest * 2 >= divisor ? 1 : 0)
    }

    static func price(_ row: Row, wattHours: Int, seconds: Int) -> Int {
        var sum = wattHours * row.perKWh / 1_000
        let minutes = seconds / 60 - row.freeMinutes
        if minutes > 0 { sum += minutes * row.perHour / 60 }
        return sum
    }
}

@Suite struct `A bill and its VAT` {
    private static func row(_ own: Pencil.Row, _ number: Int64) throws -> PlanRow {
        PlanRow(
            number: number, version: 1, name: "family", isActive: own.isActive,
            energyPrice: .cents(Int64(own.perKWh)), timePrice: TimePrice(perHour: Int64(own.perHour)),
            freeMinutes: Int64(own.freeMinutes),
            window: try own.window.map { ends in
                PlanWindow(
                    from: try #require(TimeOfDay(minutes: ends.first)),
                    through: try #require(TimeOfDay(minutes: ends.last)))
            })
    }

    @Test(.fact(52, 53, 77), arguments: [0, 8, 21, 23], [UInt64(1), 2])
    func `are what a pencil makes of them, over windows, midnight, free minutes and discounts`(
        vat: Int, seed: UInt64
    ) throws {
        // Numerical Recipes' generator: the same cases each time.
        var state = seed &* 100 &+ UInt64(vat)
        func upTo(_ most: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(most + 1))
        }
        let rate = try #require(Percent("\(vat)"))
        var reckoned = (inWindow: 0, overMidnight: 0, byDefault: 0, withTime: 0, discounted: 0)
        for _ in 0..<2_000 {
            let rows = (0...upTo(3)).map { _ in
                Pencil.Row(
                    perKWh: upTo(150), perHour: upTo(700), freeMinutes: upTo(120),
                    window: upTo(4) == 0 ? nil : (upTo(1_439), upTo(1_439)), isActive: upTo(5) > 0)
            }
            let standard = Pencil.Row(
                perKWh: upTo(90), perHour: upTo(300), freeMinutes: upTo(60), window: nil, isActive: true)
            // Any second of 2026.
            let start = 1_767_225_600 + upTo(365 * 86_400 - 1)
            let (wattHours, seconds, hundredths) = (
                upTo(90_000), upTo(20 * 3_600), upTo(2) == 0 ? 0 : upTo(10_000)
            )
            let chosen = rows.first { Pencil.holds($0, at: start) }
            let used = chosen ?? standard
            let before = Pencil.price(used, wattHours: wattHours, seconds: seconds)
            let cost = before - Pencil.rounded(before * hundredths, 10_000)
            let net = Pencil.rounded(cost * 100, 100 + vat)

            var price = PriceSources(
                currency: .eur, connector: .init(port: 1, chargePoint: "CP1", number: 1),
                driver: .init(
                    plan: "family", rows: try rows.enumerated().map { try Self.row($1, Int64($0)) }),
                defaultPlan: try Self.row(standard, 99)
            ).price(at: Date(timeIntervalSince1970: Double(start)), in: try prague)
            if hundredths > 0 {
                price.discount = FrozenDiscount(code: "SOME", value: Percent(hundredths: Int64(hundredths)))
            }
            let bill = price.cost(of: Energy(wattHours: Int64(wattHours)), lasting: .seconds(seconds))
            let split = VATSplit(of: bill.total, at: rate)

            #expect(bill.beforeDiscount == euros(Int64(before)), "start \(start)")
            #expect(bill.total == euros(Int64(cost)), "start \(start)")
            #expect(split.net == euros(Int64(net)) && split.vat == euros(Int64(cost - net)))
            if let window = chosen?.window {
                reckoned.inWindow += 1
                if window.first > window.last { reckoned.overMidnight += 1 }
            }
            if chosen == nil { reckoned.byDefault += 1 }
            if seconds / 60 > used.freeMinutes { reckoned.withTime += 1 }
            if hundredths > 0 { reckoned.discounted += 1 }
        }
        // It was not all of one kind.
        #expect(min(reckoned.inWindow, reckoned.overMidnight, reckoned.byDefault) > 100)
        #expect(min(reckoned.withTime, reckoned.discounted) > 500)
    }
}
