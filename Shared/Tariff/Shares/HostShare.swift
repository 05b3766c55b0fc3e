package import Core

/// What a host gets of a session that somebody else charged on the host's point.
package struct HostShare: Hashable, Sendable {
    package var commission: Money
    package var credit: Money

    package init(of cost: Money, commission percent: Percent) {
        commission = percent.share(of: cost)
        credit = cost.minus(commission)
    }

    /// What a refund takes back of the credit. Several refunds that add up to the cost take back exactly what was
    /// credited, however they were cut.
    package static func takenBack(
        by refund: Money, of cost: Money, refundedBefore: Money, commission percent: Percent
    ) -> Money {
        let left = cost.minus(refundedBefore)
        return HostShare(of: left, commission: percent).credit
            .minus(HostShare(of: left.minus(refund), commission: percent).credit)
    }
}
