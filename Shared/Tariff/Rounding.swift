/// The two roundings of the suite's money. Both work in 128 bits, where no product of two 64-bit numbers
/// overflows; a result that no 64-bit amount could hold stops at the largest one instead of trapping, for
/// what goes in was reported by a station and may be anything.
enum Rounding {
    /// `value × factor ÷ divisor`, the fraction cut off: the parts of a session's price.
    static func truncated(_ value: Int64, times factor: Int64, over divisor: Int64) -> Int64 {
        Int64(clamping: Int128(value) * Int128(factor) / Int128(divisor))
    }

    /// `value × factor ÷ divisor`, a half away from zero: discount, VAT, commission. The sign plays no part,
    /// so that a correction takes back exactly what its invoice said. `divisor` is positive.
    static func halfUp(_ value: Int64, times factor: Int64, over divisor: Int64) -> Int64 {
        let twice = 2 * Int128(value) * Int128(factor)
        let half = Int128(divisor)
        return Int64(clamping: (twice + (twice < 0 ? -half : half)) / (2 * half))
    }
}
