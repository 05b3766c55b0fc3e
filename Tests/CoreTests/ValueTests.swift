import Core
import FoundationEssentials
import TestSupport
import Testing

@Suite struct `Times on the wire` {
    @Test(arguments: [
        ("2026-11-20T10:30:00Z", 1_795_170_600, true), ("2026-11-20T11:30:00+01:00", 1_795_170_600, true),
        ("2026-11-20T05:00:00.999-0530", 1_795_170_600, true), ("2026-11-20 10:30:00", 1_795_170_600, false),
        ("2026-11-20t10:30:00z", 1_795_170_600, true), ("1970-01-01T00:00:00Z", 0, true),
        ("0001-01-01T00:00:00Z", -62_135_596_800, true), ("2024-02-29T00:00:00Z", 1_709_164_800, true),
        ("2016-12-31T23:59:60Z", 1_483_228_799, true), ("2026-11-20T11:30:00+01", 1_795_170_600, true),
    ])
    func `are read`(text: String, seconds: Int, hasZone: Bool) throws {
        let time = try #require(Timestamp(text))
        #expect(Int(time.date.timeIntervalSince1970.rounded(.down)) == seconds)
        #expect(time.hasZone == hasZone)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-11-20T10:30", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T10:60:00Z", "2026-11-20T10:30:61Z", "2026-11-20T10:30:00.Z",
        "2026-11-20T10:30:00+1", "2026-11-20T10:30:00+01:", "2026-11-20T10:30:00Zx", "26-11-20T10:30:00Z",
        "2026-11-20X10:30:00Z", "2026-1-20T10:30:00Z",
    ])
    func `are refused when the calendar has no such time`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `come back as they went out, on every day of four centuries`() throws {
        for days in stride(from: -140_000, through: 140_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(days) * 86_400 + 86_399)
            let text = Timestamp.text(date)
            #expect(Timestamp(text)?.date == date, "\(text)")
        }
    }

    @Test(arguments: [("00:00", 0), ("23:59", 1_439), ("06:01", 361)])
    func `of the day are minutes`(text: String, minutes: Int) throws {
        let time = try #require(TimeOfDay(text))
        #expect(time.minutes == minutes)
        #expect(time.text == text)
    }

    @Test(arguments: ["24:00", "6:00", "06:60", "06:00:00", "", "ab:cd"])
    func `of the day are refused when no clock shows them`(text: String) {
        #expect(TimeOfDay(text) == nil)
    }
}

@Suite struct `The time between two moments` {
    /// Three quarters of a microsecond are not kept: the beginning comes back from the database later than it was.
    @Test func `is as long as it lasted, though one of them was kept in between`() {
        let clock = ManualClock(Date(timeIntervalSinceReferenceDate: 816_863_400.123_456_75))
        let begun = clock.clock.now
        for minute in 1...1_000 {
            clock.advance(by: .seconds(60))
            #expect(clock.clock.now.duration(since: begun) == .seconds(60 * minute))
            #expect(begun.duration(since: clock.clock.now) == .seconds(-60 * minute))
        }
    }

    @Test func `stops at a century`() {
        #expect(Date.distantFuture.duration(since: .distantPast) == .seconds(3_155_760_000))
        #expect(Date.distantPast.duration(since: .distantFuture) == .seconds(-3_155_760_000))
    }
}

@Suite struct `An amount of money` {
    @Test(arguments: [
        (0, "0.00"), (5, "0.05"), (794, "7.94"), (-794, "-7.94"), (-5, "-0.05"), (123_456, "1234.56"),
    ])
    func `is shown with the currency's places`(units: Int64, text: String) {
        #expect(Money(units, .eur).decimal == text)
    }

    @Test func `has no places where the currency has none`() throws {
        #expect(Money(-500, try #require(Currency(code: "JPY"))).description == "-500 JPY")
        #expect(Money(1, try #require(Currency(code: "KWD"))).decimal == "0.001")
        #expect(Currency(code: "eur") == nil)
    }
}

@Suite struct `A page of a list` {
    @Test(arguments: [(nil, 10), (0, 10), (-5, 10), (1, 1), (100, 100), (1_000, 100)] as [(Int?, Int)])
    func `has a size within limits`(asked: Int?, given: Int) {
        #expect(Page(size: asked).size == given)
    }

    @Test func `past the end is the last one`() {
        let page = Page(number: 99, size: 10).within(total: 21)
        #expect(page.number == 3)
        #expect(page.offset == 20)
        let shown = Paged([21], page: page, total: 21).pagination
        #expect(
            JSONWriter.text(shown) == """
                {"page":3,"per_page":10,"total_items":21,"total_pages":3,"has_next":false,"has_prev":true}
                """)
    }

    @Test func `of nothing is the first of none`() {
        let page = Page(number: 5).within(total: 0)
        let shown = Paged([Int](), page: page, total: 0).pagination
        #expect(
            JSONWriter.text(shown) == """
                {"page":1,"per_page":10,"total_items":0,"total_pages":0,"has_next":false,"has_prev":false}
                """)
    }
}

@Suite struct `Text with limits` {
    @Test func `is trimmed, and counted in characters`() {
        #expect(Text<1, 3>("  řžč ")?.text == "řžč")
        #expect(Text<1, 3>("abcd") == nil)
        #expect(Text<1, 3>("   ") == nil)
        #expect(Bounded<2>("řž")?.text == "řž")
        #expect(Bounded<2>("abc") == nil)
        #expect(Bounded<2>(cutting: "abc").text == "ab")
        #expect(Text<1, 3>("a\0") == nil)
        #expect(Bounded<2>("a\0") == nil)
    }
}

@Suite struct `Sums of money` {
    @Test func `are exact`() throws {
        #expect(try Money(7_94, .eur) + Money(6, .eur) == Money(8_00, .eur))
        #expect(try Money(7_94, .eur) - Money(8_00, .eur) == Money(-6, .eur))
    }

    @Test func `do not exist across currencies or beyond 64 bits`() throws {
        let yen = try #require(Currency(code: "JPY"))
        #expect(throws: MoneyFault.mixedCurrencies(.eur, yen)) { try Money(1, .eur) + Money(1, yen) }
        #expect(throws: MoneyFault.overflow) { try Money(.max, .eur) + Money(1, .eur) }
        #expect(throws: MoneyFault.overflow) { try Money(.min, .eur) - Money(1, .eur) }
        #expect(throws: MoneyFault.overflow) { try Money(.max, .eur).share(3, of: 2) }
    }

    @Test(
        arguments: [
            (1_05, 10, 100, 11), (1_04, 10, 100, 10), (-1_05, 10, 100, -11), (12_10, 21, 121, 2_10),
            (0, 15, 100, 0),
            (Int64.max, 100, 100, Int64.max),
        ] as [(Int64, Int64, Int64, Int64)])
    func `round a half away from zero in shares`(
        units: Int64, numerator: Int64, denominator: Int64, share: Int64
    )
        throws
    {
        #expect(try Money(units, .eur).share(numerator, of: denominator).minorUnits == share)
    }

    @Test(
        arguments: [("7.94", 794), ("7.9", 790), ("7", 700), ("-0.05", -5), ("0.00", 0)] as [(String, Int64)])
    func `are read as they are shown`(text: String, units: Int64) {
        #expect(Money(decimal: text, .eur)?.minorUnits == units)
    }

    @Test(arguments: [
        "", "-", ".", "7.", ".5", "7.945", "7,94", "+7", "7.9.4", " 7", "1e3", "99999999999999999999",
    ])
    func `are refused in any other form`(text: String) {
        #expect(Money(decimal: text, .eur) == nil)
    }
}

@Suite struct `Power over time` {
    @Test func `is energy, cut off to whole watt-hours`() {
        #expect(Power(watts: 7_360).energy(over: .seconds(1_800)) == Energy(wattHours: 3_680))
        #expect(Power(watts: 1).energy(over: .seconds(3_599)) == .zero)
        #expect(Power(watts: .max).energy(over: .seconds(1 << 40)) == Energy(wattHours: .max))
    }
}

@Suite struct `Clocks on the wall` {
    private let prague: TimeZone

    init() throws {
        prague = try #require(TimeZone.named("Europe/Prague"))
    }

    @Test(arguments: ["CET", "Europe/Nowhere", "", "prague"])
    func `know zones by their full names only`(name: String) {
        #expect(TimeZone.named(name) == nil)
    }

    @Test(arguments: [
        ("2026-01-15", "12:00", "2026-01-15T11:00:00Z"), ("2026-07-15", "12:00", "2026-07-15T10:00:00Z"),
        // Put forward over it, and shown twice.
        ("2026-03-29", "02:30", "2026-03-29T01:30:00Z"), ("2026-10-25", "02:30", "2026-10-25T00:30:00Z"),
        ("2026-03-29", "01:59", "2026-03-29T00:59:00Z"), ("2026-10-25", "03:00", "2026-10-25T02:00:00Z"),
    ])
    func `show a time of a day at one moment`(day: String, time: String, moment: String) throws {
        let day = try #require(CalendarDay(day))
        let time = try #require(TimeOfDay(time))

        #expect(Timestamp.text(time.moment(on: day, in: prague)) == moment)
    }

    @Test func `begin a day at its midnight`() throws {
        let day = try #require(CalendarDay("2026-10-25"))
        #expect(Timestamp.text(day.start(in: prague)) == "2026-10-24T22:00:00Z")
        #expect(day.adding(days: 1).start(in: prague).timeIntervalSince(day.start(in: prague)) == 25 * 3_600)
        #expect(CalendarDay(of: day.start(in: prague), in: prague) == day)
        #expect(CalendarDay(of: day.start(in: prague) - 1, in: prague) == day.adding(days: -1))
        #expect(TimeOfDay(of: day.start(in: prague) - 1, in: prague).text == "23:59")
    }

    @Test func `count months and weekdays`() throws {
        let day = try #require(CalendarDay("2026-11-20"))
        #expect(day.weekday == 5)
        #expect(CalendarDay(daysSinceEpoch: -1).weekday == 3)
        #expect(day.firstOfMonth.text == "2026-11-01")
        #expect(day.firstOfNextMonth.text == "2026-12-01")
        #expect(try #require(CalendarDay("2026-12-31")).firstOfNextMonth.text == "2027-01-01")
        #expect(try #require(CalendarDay("2024-02-01")).firstOfNextMonth.text == "2024-03-01")
    }
}
