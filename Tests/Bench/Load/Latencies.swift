import Core

/// How long answers took: counted in buckets that are never wider than a sixty-fourth of what they hold, so that an hour
/// of messages takes as little memory as a second.
struct Latencies {
    private static let fine = 6
    private var buckets = [Int](repeating: 0, count: 64 << fine)
    private(set) var count = 0
    private(set) var longest = Duration.zero

    mutating func add(_ duration: Duration) {
        count += 1
        longest = max(longest, duration)
        buckets[Self.bucket(of: UInt64(max(0, duration.wholeNanoseconds)) / 1_000)] += 1
    }

    /// What so many of a hundred stayed below, in milliseconds.
    func percentile(_ percent: Double) -> Double {
        let wanted = Int((Double(count) * percent / 100).rounded(.up))
        var seen = 0
        for (index, number) in buckets.enumerated() where number > 0 {
            seen += number
            guard seen >= wanted else { continue }
            return min(Double(Self.end(of: index)) / 1_000, longestMilliseconds)
        }
        return longestMilliseconds
    }

    var longestMilliseconds: Double { Double(longest.wholeNanoseconds) / 1_000_000 }

    private static func bucket(of microseconds: UInt64) -> Int {
        let magnitude = 63 - (microseconds | 1).leadingZeroBitCount
        guard magnitude > fine else { return Int(microseconds) }
        let shift = magnitude - fine
        return (shift + 1) << fine + Int(microseconds >> UInt64(shift)) - 1 << fine
    }

    /// The first number of microseconds behind a bucket.
    private static func end(of bucket: Int) -> UInt64 {
        guard bucket >= 1 << (fine + 1) else { return UInt64(bucket) + 1 }
        let shift = bucket >> fine - 1
        return UInt64(bucket & (1 << fine - 1) + 1 << fine + 1) << UInt64(shift)
    }
}
