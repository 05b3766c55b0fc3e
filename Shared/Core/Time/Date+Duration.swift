package import FoundationEssentials

extension Date {
    /// The nearest whole microsecond, which is what the database keeps.
    package var wholeMicroseconds: Date {
        Date(
            timeIntervalSinceReferenceDate: (timeIntervalSinceReferenceDate * 1_000_000).rounded() / 1_000_000
        )
    }

    /// The time from `earlier` to here, to the microsecond.
    ///
    /// A `Date` is a binary fraction of seconds, exact to some tenth of a microsecond: the difference of two of them
    /// may be 5399.9999999 where 90 minutes passed, and whoever cuts that off to whole minutes bills one too few.
    /// Stops at a century, far beyond any session, so that what a station's clock says cannot overflow.
    package func duration(since earlier: Date) -> Duration {
        let century = 100 * 365.25 * 86_400
        let seconds = min(max(timeIntervalSince(earlier), -century), century)
        return .microseconds(Int64((seconds * 1_000_000).rounded()))
    }
}
