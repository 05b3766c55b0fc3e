import Contracts
import Core
import FoundationEssentials

/// A long series as 60 points, linearly over time: numbers between two samples are interpolated, the first and the last stay
/// (api.md 2.3.1).
enum ResampleReadings {
    static let points = 60

    /// - Parameter total: how many there are, where only those that are needed were read.
    static func run(_ readings: [TransactionMeter], of total: Int) -> [TransactionMeter] {
        guard total > points, let first = readings.first, let last = readings.last else { return readings }
        let begin = first.time.timeIntervalSince1970
        let step = (last.time.timeIntervalSince1970 - begin) / Double(points - 1)
        guard step > 0 else { return Array(readings.prefix(points - 1)) + [last] }
        var result = [first]
        var index = 0
        for number in 1..<(points - 1) {
            let time = begin + step * Double(number)
            while index + 2 < readings.count, readings[index + 1].time.timeIntervalSince1970 < time {
                index += 1
            }
            result.append(between(readings[index], readings[index + 1], at: time, from: begin))
        }
        return result + [last]
    }

    private static func between(
        _ left: TransactionMeter, _ right: TransactionMeter, at time: Double, from begin: Double
    )
        -> TransactionMeter
    {
        let (start, end) = (left.time.timeIntervalSince1970, right.time.timeIntervalSince1970)
        let share = end > start ? min(1, max(0, (time - start) / (end - start))) : 0
        func mix(_ one: Int64, _ other: Int64) -> Int64 {
            one + Int64((Double(other - one) * share).rounded())
        }
        func mix(_ one: Int, _ other: Int) -> Int { Int(mix(Int64(one), Int64(other))) }
        func mix(_ one: Double?, _ other: Double?) -> Double? {
            guard let one, let other else { return one ?? other }
            return one + (other - one) * share
        }
        var mixed = left
        mixed.value = mix(left.value, right.value)
        mixed.power_rate = mix(left.power_rate, right.power_rate)
        mixed.battery_level = mix(left.battery_level, right.battery_level)
        mixed.consumed_energy = mix(left.consumed_energy, right.consumed_energy)
        mixed.price = mix(left.price, right.price)
        mixed.minute = mix(left.minute, right.minute)
        mixed.voltage = mix(left.voltage, right.voltage)
        mixed.current_import = mix(left.current_import, right.current_import)
        mixed.current_offered = mix(left.current_offered, right.current_offered)
        mixed.time = Date(timeIntervalSince1970: time)
        mixed.timestamp = Int64(time)
        return mixed
    }
}
