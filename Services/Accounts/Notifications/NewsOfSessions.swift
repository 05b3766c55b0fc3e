import Contracts
import Core
import FoundationEssentials
import Mail

extension News {
    /// What a driver is told when a session is over and settled.
    ///
    /// - Parameter receipt: its address.
    static func charged(_ event: SessionSettled, for user: ID<User>, receipt: String) -> News {
        News(
            to: user, .system, "Charging ended",
            """
            You charged \(event.energy.kilowattHourText) kWh for \(event.cost.decimal) \(event.cost.currency.code). \
            Receipt: \(receipt)
            """, cause: "settled:\(event.session)")
    }

    static func unpaid(_ event: PaymentFailed) -> News {
        let amount = "\(event.unpaid.decimal) \(event.unpaid.currency.code)"
        let cause = "payment:\(event.session):\(event.attempt)"
        guard let next = event.nextAttemptAt else {
            return News(
                to: event.user, .system, "Payment given up",
                "Charging session \(event.session) could not be paid: \(amount) are open. Please add another card.",
                cause: cause)
        }
        return News(
            to: event.user, .system, "Payment failed",
            """
            Your card could not be charged \(amount) for session \(event.session). It is tried again on \
            \(Timestamp.text(next)).
            """, cause: cause)
    }

    /// Why a session ended that did not end by its driver's wish; nil where there is nothing to say.
    ///
    /// - Parameter target: what the driver asked for.
    static func ended(_ event: SessionEnded, target: Energy?) -> News? {
        guard let user = event.session.user, event.startedAt != nil else { return nil }
        let (session, point) = (event.session.number, event.session.place.chargePoint.text)
        let cause = "ended:\(session)"
        switch event.end {
        case .known(.userStopped), .known(.targetReached): return nil
        case .known(.balanceExhausted):
            return News(
                to: user, .system, "Balance exhausted",
                "Session \(session) at \(point) was stopped: your balance is used up.", cause: cause)
        case .known(.connectionLost):
            return News(
                to: user, .system, "Session closed",
                "\(point) was not heard of any more; session \(session) was closed with its last reading.",
                cause: cause)
        default:
            guard let target, event.energy.wattHours < target.wattHours else { return nil }
            return News(
                to: user, .system, "Charging stopped early",
                """
                Session \(session) at \(point) ended after \(event.energy.kilowattHourText) of \
                \(target.kilowattHourText) kWh.
                """, cause: cause)
        }
    }

    /// The session goes on, but nothing flows.
    static func paused(_ session: ID<ChargingSession>, at point: String, _ user: ID<User>) -> News {
        News(
            to: user, .system, "Charging paused",
            "Session \(session) at \(point) stopped delivering before its target.", cause: "paused:\(session)"
        )
    }
}

extension Letter {
    static func charged(_ event: SessionSettled, receipt: String, in language: MailLanguage) -> Letter {
        let session = language.choose(en: "Session", pl: "Sesja", cs: "Nabíjení")
        let energy = language.choose(en: "Energy", pl: "Energia", cs: "Energie")
        let cost = language.choose(en: "Cost", pl: "Koszt", cs: "Cena")
        return Letter(
            in: language,
            subject: language.choose(
                en: "Your car has been charged", pl: "Ładowanie zakończone", cs: "Nabíjení skončilo"),
            [
                .facts([
                    .init(session, "\(event.session)"), .init(energy, "\(event.energy.kilowattHourText) kWh"),
                    .init(cost, "\(event.cost.decimal) \(event.cost.currency.code)"),
                ]),
                .link(language.choose(en: "Receipt", pl: "Paragon", cs: "Účtenka"), to: receipt),
            ])
    }
}

extension Energy {
    /// Kilowatt hours for people: `12.34`.
    fileprivate var kilowattHourText: String {
        let (whole, rest) = max(0, wattHours).quotientAndRemainder(dividingBy: 1_000)
        return "\(whole).\(rest < 100 ? "0" : "")\(rest / 10)"
    }
}
