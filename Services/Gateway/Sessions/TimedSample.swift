import Core
import FoundationEssentials
import OCPP

/// A sample with the moment that its time is worth, and the words it was read from.
struct TimedSample: Sendable {
    let clock: StationClock
    var sample: Sample
    private let values: [V16.SampledValue]

    init(_ clock: StationClock, _ values: [V16.SampledValue]) {
        self.clock = clock
        self.values = values
        sample = Sample(values)
        if let doubt = clock.doubt { sample.repair(doubt) }
    }

    /// The meter of a stop that is not believed.
    init(meterAtStop meter: Int64, at moment: Date, doubt: String) {
        clock = StationClock(moment: moment, doubt: nil)
        values = [V16.SampledValue(value: String(meter), context: .known(.transactionEnd))]
        sample = Sample(values)
        sample.doubt(doubt)
    }

    /// JSON as the station wrote it; empty where nothing was done to it, since the frame log has it too.
    var raw: String { sample.grade == .good ? "" : JSONWriter.text(values) }
}

extension TimedSample: Comparable {
    /// By time, then Begin, Periodic, End: shuffled delivery changes nothing.
    static func < (left: Self, right: Self) -> Bool {
        (left.clock.moment, left.sample.context) < (right.clock.moment, right.sample.context)
    }

    static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }
}

extension TimedSample {
    /// What had flowed since `start` when it was taken; nothing where that cannot be believed.
    func energy(from start: Int64?) -> Energy {
        guard let start, let register = sample.register, sample.grade <= .repaired, register >= Double(start)
        else { return .zero }
        return Energy(wattHours: Int64(register.rounded()) - start)
    }
}
