import Core
import Synchronization

/// Only goes up: requests, messages, bytes, watt-hours.
package final class Counter: MetricCell {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package func add(_ amount: Int = 1) {
        precondition(amount >= 0, "a counter only goes up")
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    package var value: UInt64 { count.load(ordering: .relaxed) }

    package func write(as name: String, labels: [(name: String, value: String)], to text: inout MetricsText) {
        text.sample(name, labels, Double(value))
    }
}

/// Goes up and down: connections, queue lengths.
package final class Gauge: MetricCell {
    private let count = Atomic<Int64>(0)

    package init() {}

    package func set(_ value: Int) { count.store(Int64(value), ordering: .relaxed) }
    package func add(_ amount: Int = 1) { count.wrappingAdd(Int64(amount), ordering: .relaxed) }
    package func subtract(_ amount: Int = 1) { count.wrappingSubtract(Int64(amount), ordering: .relaxed) }

    package var value: Int64 { count.load(ordering: .relaxed) }

    package func write(as name: String, labels: [(name: String, value: String)], to text: inout MetricsText) {
        text.sample(name, labels, Double(value))
    }
}

/// How often a measure fell below each of some bounds: durations in seconds, sizes in bytes.
package final class Histogram: MetricCell {
    /// From a millisecond to ten seconds: what a person notices.
    package static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private final class Cell: Sendable {
        let count = Atomic<UInt64>(0)
    }

    private let bounds: [Double]
    /// One more than there are bounds: the last takes what lies above them all.
    private let cells: [Cell]
    /// The bits of a Double; Atomic has no addition for those.
    private let sum = Atomic<UInt64>(0)

    init(buckets: [Double]) {
        precondition(
            !buckets.isEmpty && zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }
                && buckets.allSatisfy(\.isFinite), "buckets rise and are finite")
        bounds = buckets
        cells = (0...buckets.count).map { _ in Cell() }
    }

    package func observe(_ duration: Duration) {
        observe(Double(duration.wholeNanoseconds) / 1e9)
    }

    package func observe(_ measure: Double) {
        // NaN would poison the sum for the life of the process.
        guard measure.isFinite else { return }
        let place = bounds.firstIndex { measure <= $0 } ?? bounds.count
        cells[place].count.wrappingAdd(1, ordering: .relaxed)
        var old = sum.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + measure).bitPattern
            let (exchanged, original) = sum.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    package func write(as name: String, labels: [(name: String, value: String)], to text: inout MetricsText) {
        var total = 0.0
        for (bound, cell) in zip(bounds + [.infinity], cells) {
            total += Double(cell.count.load(ordering: .relaxed))
            text.sample("\(name)_bucket", labels + [("le", MetricsText.number(bound))], total)
        }
        text.sample("\(name)_sum", labels, Double(bitPattern: sum.load(ordering: .relaxed)))
        text.sample("\(name)_count", labels, total)
    }
}
