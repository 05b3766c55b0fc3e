import Core
import FoundationEssentials
import OCPP
import TestSupport
import Testing

@testable import GatewayService

/// Registers, and the energy that is believed of them.
@Suite struct `The count of a session's energy` {
    private static let start = Date(timeIntervalSince1970: 1_795_170_600)

    private func count(from start: Int64 = 1_000_000, ratingW: Int32 = 11_000) -> EnergyCount {
        EnergyCount(start: start, startedAt: Self.start, ratingW: ratingW)
    }

    private func sample(_ register: String, at minute: Double, powerW: String? = nil) throws
        -> TimedSample
    {
        var values = [V16.SampledValue(value: register)]
        if let powerW {
            var power = V16.SampledValue(value: powerW)
            power.measurand = .known(.powerActiveImport)
            values.append(power)
        }
        let moment = Self.start + minute * 60
        return TimedSample(StationClock.judge(Timestamp(moment), received: moment), values)
    }

    @Test func `is the distance from the start`() throws {
        var count = count()
        var reading = try sample("1005500", at: 30)

        #expect(count.take(&reading.sample, at: reading.clock.moment) == Energy(wattHours: 5_500))
        #expect(reading.sample.grade == .good)
        #expect(count.energy == Energy(wattHours: 5_500))
    }

    @Test func `is the same in whatever order the readings come`() throws {
        let readings = try (1...6).map { try sample("\(1_000_000 + 900 * $0)", at: Double($0) * 5) }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var count = count()
            for reading in readings.shuffled(using: &random) {
                var reading = reading
                count.take(&reading.sample, at: reading.clock.moment)
            }
            #expect(count.energy == Energy(wattHours: 5_400))
        }
    }

    @Test func `does not believe more than the connector can give`() throws {
        var count = count()
        var jump = try sample("1090000", at: 10)
        count.take(&jump.sample, at: jump.clock.moment)
        #expect(jump.sample.grade == .doubtful)
        #expect(count.energy == .zero)

        // The next one is judged by its own moment.
        var reading = try sample("1003000", at: 20)
        count.take(&reading.sample, at: reading.clock.moment)
        #expect(count.energy == Energy(wattHours: 3_000))
    }

    @Test func `lets a register jitter by its rounding`() throws {
        var count = count()
        var (first, second) = (try sample("1003005", at: 20), try sample("1003000", at: 21))
        count.take(&first.sample, at: first.clock.moment)
        count.take(&second.sample, at: second.clock.moment)

        #expect(second.sample.grade == .good)
        #expect(count.energy == Energy(wattHours: 3_005))
    }

    @Test func `tells kilowatt-hours that are called watt-hours by the power beside them`() throws {
        var count = count(from: 0)
        var reading = try sample("5", at: 30, powerW: "10000")
        count.take(&reading.sample, at: reading.clock.moment)

        #expect(reading.sample.grade == .repaired)
        #expect(count.energy == Energy(wattHours: 5_000))
    }

    @Test(arguments: [Int64(-1), 2_147_483_647])
    func `begins with the first reading where the start told none`(
        start: Int64
    ) throws {
        var count = count(from: start)
        var (first, second) = (try sample("1000", at: 5), try sample("3000", at: 20))
        count.take(&first.sample, at: first.clock.moment)
        count.take(&second.sample, at: second.clock.moment)

        #expect(count.energy == Energy(wattHours: 2_000))
        #expect(count.countedFrom == 1_000)
        #expect(second.sample.grade == .good)
    }

    @Test func `goes on with a counter that begins at nothing each time`() throws {
        var count = count()
        for (register, minute) in [("2000", 15.0), ("4000", 30)] {
            var reading = try sample(register, at: minute)
            count.take(&reading.sample, at: reading.clock.moment)
        }
        var none: [TimedSample] = []

        #expect(count.energy == Energy(wattHours: 4_000))
        #expect(count.countedFrom == 0)
        #expect(count.end(meter: 4_500, samples: &none, at: Self.start + 2_400) == nil)
        #expect(count.energy == Energy(wattHours: 4_500))
    }

    @Test func `ends with what the stop's own samples say`() throws {
        var count = count()
        var samples = try [("1000000", "Transaction.Begin", 0.0), ("1006000", "Transaction.End", 40)].map {
            var value = V16.SampledValue(value: $0.0)
            value.context = .known(try #require(V16.ReadingContext(rawValue: $0.1)))
            let moment = Self.start + $0.2 * 60
            return TimedSample(StationClock.judge(Timestamp(moment), received: moment), [value])
        }

        // The stop's meter says another thing.
        #expect(count.end(meter: 1_000_100, samples: &samples, at: Self.start + 2_400) == nil)
        #expect(count.energy == Energy(wattHours: 6_000))
    }

    @Test(
        arguments: [
            (Int64(999_999), "meter at the stop below the start"),
            (9_000_000, "meter at the stop beyond what can have flowed"),
            (1_001_000, "meter at the stop below the last reading"),
        ])
    func `stays at the last reading where the stop cannot be`(meter: Int64, why: String) throws {
        var count = count()
        var reading = try sample("1005000", at: 30)
        count.take(&reading.sample, at: reading.clock.moment)
        var none: [TimedSample] = []

        #expect(count.end(meter: meter, samples: &none, at: Self.start + 2_400) == why)
        #expect(count.energy == Energy(wattHours: 5_000))
    }
}
