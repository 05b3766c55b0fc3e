package import FoundationEssentials

/// How a price came about: each rule in its order, up to the one that held, and why the earlier ones did not.
package struct PriceTrace: Hashable, Sendable {
    package var steps: [Step]

    package struct Step: Hashable, Sendable {
        /// `slot:7`, `plan:night`, or the bare name of a rule for which nothing was found.
        package var rule: String
        package var verdict: Verdict
    }

    package enum Verdict: String, Sendable {
        case taken = "holds"
        case absent = "there is none"
        case withoutPrice = "has no price of its own"
        case elsewhere = "is for another connector"
        case outsideItsTime = "does not hold at this time"
        case inactive = "is not active"
        case notTheirs = "does not apply to this driver"
    }
}

extension PriceTrace: CustomStringConvertible {
    package var description: String {
        steps.map { "\($0.rule) \($0.verdict.rawValue)" }.joined(separator: "; ")
    }
}

extension PriceSources {
    /// The way to `price(at:in:)`, for `explain` and for an operator who wonders. Its last step is the one taken.
    package func trace(at moment: Date, in zone: TimeZone) -> PriceTrace {
        let taken = price(at: moment, in: zone).rule
        var steps: [PriceTrace.Step] = []
        for step in considered(at: moment, in: zone) {
            steps.append(step)
            if step.verdict == .taken { break }
        }
        if steps.last?.verdict != .taken { steps.append(.init(rule: taken.word, verdict: .taken)) }
        return PriceTrace(steps: steps)
    }

    private func considered(at moment: Date, in zone: TimeZone) -> [PriceTrace.Step] {
        var steps: [PriceTrace.Step] = []
        func consider(_ rule: String, _ verdict: PriceTrace.Verdict) {
            steps.append(.init(rule: rule, verdict: verdict))
        }

        consider("own", isOwnPoint ? .taken : .notTheirs)
        for slot in slots { consider(PriceRule.slot(slot.number).word, verdict(on: slot, at: moment)) }
        if slots.isEmpty { consider("slot", .absent) }
        consider(
            PriceRule.connector(connector.port).word, connector.energyPrice == nil ? .withoutPrice : .taken)
        if let driver, driver.hasPlan {
            for row in driver.rows {
                consider(PriceRule.plan(row.name).word, row.verdict(at: moment, in: zone))
            }
        } else {
            consider("plan", .notTheirs)
        }
        if let station {
            consider(
                PriceRule.station(station.number).word, station.energyPrice == nil ? .withoutPrice : .taken)
        } else {
            consider("station", .absent)
        }
        if let defaultPlan {
            consider(PriceRule.plan(defaultPlan.name).word, defaultPlan.isActive ? .taken : .inactive)
        } else {
            consider("default plan", .absent)
        }
        return steps
    }
}

extension PlanRow {
    fileprivate func verdict(at moment: Date, in zone: TimeZone) -> PriceTrace.Verdict {
        guard isActive else { return .inactive }
        return holds(at: moment, in: zone) ? .taken : .outsideItsTime
    }
}
