import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff

/// What a session that was settled before came to.
struct SettledBefore: Row, Sendable {
    var session: ID<ChargingSession>
    var cost: Int64
    var paid: Int64
    var refunded: Int64
    var hostCredit: Int64
    var points: Int32
    var amendment: Int32

    static let columns = "session_id, cost, paid, refunded, host_credit, points_earned, amendment"

    init(_ cells: inout Cells) throws {
        session = try cells.next()
        cost = try cells.next()
        paid = try cells.next()
        refunded = try cells.next()
        hostCredit = try cells.next()
        points = try cells.next()
        amendment = try cells.next()
    }
}

/// Closes the money of a session: price, ledger, host's share, points and the use of a code, all or nothing. It reads the session
/// anew, so doubled, late and shuffled events change nothing; a session amended since books the difference.
struct SettleSession {
    let billing: Billing
    let session: ID<ChargingSession>
    let transaction: Transaction
    /// What was read of it since its lock was taken; nil reads it, and takes the lock.
    var known: Known?

    struct Known: Sendable {
        var ended: EndedSession?
        var before: SettledBefore?
    }

    func run() async throws -> [BilledEvent] {
        let facts: Known
        if let known { facts = known } else { facts = try await read() }
        guard let ended = facts.ended, ended.isFinished else { return [] }
        guard let before = facts.before else { return try await settle(ended) }
        guard ended.amendment > before.amendment else { return [] }
        return try await amend(ended, before)
    }

    private func read() async throws -> Known {
        // One settlement at a time, also of two services.
        try await transaction.run(.holdSettlement(of: session))
        return Known(
            ended: try await transaction.run(.endedSession(session)),
            before: try await transaction.run(.settledBefore(session)))
    }

    private func settle(_ ended: EndedSession) async throws -> [BilledEvent] {
        let (cost, now) = (ended.cost, billing.host.clock.now)
        let total = cost.total
        let isPaid = ended.funding == "balance"
        if isPaid, let user = ended.user, total.minorUnits > 0 {
            _ = try await transaction.book(
                payment(-total.minorUnits, user, ended, cause: "session:\(session)"), at: now)
        }
        let credit = try await credit(total, before: 0, ended, cause: "session:\(session)", now)
        let points = try await earn(
            Points.earned(
                for: ended.startedAt == nil ? .zero : ended.energy,
                perKilowattHour: billing.settings.pointsPerKWh, by: ended.price.rule), before: 0, ended,
            cause: "session:\(session)", now)
        if let code = ended.discountCode, total.minorUnits > 0 { try await transaction.run(.useCode(code)) }
        try await transaction.run(
            .enterSettled(
                ended, cost, paid: isPaid ? total.minorUnits : 0, hostCredit: credit, points: points, at: now)
        )
        let event = SessionSettled(
            session: session, user: ended.user, energy: ended.energy, cost: total, pointsEarned: points,
            settledAt: now)
        try await transaction.run(.announce(event))
        let isHeld = ended.funding == "card" ? try await transaction.run(.isHeld(for: session)) : false
        return [.settled(event)] + (ended.user.map { [.moved($0)] } ?? []) + (isHeld ? [.held(session)] : [])
    }

    private func amend(_ ended: EndedSession, _ before: SettledBefore) async throws -> [BilledEvent] {
        let (cost, now) = (ended.cost, billing.host.clock.now)
        let difference = cost.total.minorUnits - before.cost
        let cause = "session:\(session):\(ended.amendment)"
        let isPaid = ended.funding == "balance"
        // What staff gave back already is not given back a second time: what the driver has paid in the end follows from the
        // cost and what was given back alone, however the cost came about.
        let due = max(0, cost.total.minorUnits - before.refunded) - (before.paid - before.refunded)
        if isPaid, let user = ended.user, due != 0 {
            var booking = payment(-due, user, ended, cause: cause)
            if due < 0 { booking.kind = .refund }
            _ = try await transaction.book(booking, at: now)
        }
        let kept = Money(max(0, cost.total.minorUnits - before.refunded), cost.total.currency)
        let credit = try await credit(kept, before: before.hostCredit, ended, cause: cause, now)
        let earned = Points.earned(
            for: ended.energy, perKilowattHour: billing.settings.pointsPerKWh, by: ended.price.rule)
        let points = try await earn(earned, before: Int64(before.points), ended, cause: cause, now)
        try await transaction.run(
            .amendSettled(
                ended, cost, paid: isPaid ? before.paid + due : before.paid, hostCredit: credit,
                points: points))
        if let code = ended.discountCode, before.cost == 0, difference > 0 {
            try await transaction.run(.useCode(code))
        }
        let event = BillAmended(
            session: session, user: ended.user, amendment: Int(ended.amendment), cost: cost.total,
            difference: Money(difference, cost.total.currency), amendedAt: now)
        try await transaction.run(.announce(event))
        return [.amended(event)] + (ended.user.map { [.moved($0)] } ?? [])
    }

    /// The driver's part. The price includes VAT, so the platform's part is split.
    private func payment(_ amount: Int64, _ user: ID<User>, _ ended: EndedSession, cause: String) -> Booking {
        let currency = ended.price.currency
        let split = VATSplit(of: Money(-amount, currency), at: billing.settings.vatRate)
        return Booking(
            user: user, amount: Money(amount, currency), kind: .payment, subject: .charging,
            description: "Charging at \(ended.point)", car: ended.car, station: ended.station,
            session: session,
            cause: cause, counter: [(.revenue, split.net.minorUnits), (.vat, split.vat.minorUnits)],
            mayOverdraw: true)
    }

    /// The host's share of what others charged on the host's point; booked with the payment, so not yet for cards.
    private func credit(
        _ cost: Money, before: Int64, _ ended: EndedSession, cause: String, _ now: Date
    ) async throws -> Int64 {
        guard let owner = ended.owner, owner != ended.user, ended.funding == "balance" else { return before }
        let share = HostShare(of: cost, commission: billing.settings.commission).credit.minorUnits
        let difference = share - before
        guard difference != 0 else { return share }
        let entry = try await transaction.book(
            Booking(
                user: owner, amount: Money(difference, cost.currency), kind: .credit, subject: .host,
                description: "Charging at \(ended.point)", station: ended.station, session: session,
                cause: cause,
                counter: [(.host, -difference)], mayOverdraw: true), at: now)
        try await transaction.run(
            .enterShare(entry, of: session, kept: cost.minorUnits, energy: ended.energy, at: now))
        return share
    }

    private func earn(
        _ points: Int64, before: Int64, _ ended: EndedSession, cause: String, _ now: Date
    ) async throws -> Int {
        guard let user = ended.user, points != before else { return Int(points) }
        if points > before {
            let description = "Charging at \(ended.point)"
            try await transaction.run(
                .earnPoints(points - before, of: user, for: session, description, cause: cause, at: now))
            return Int(points)
        }
        // Points never fall below nothing, whatever is taken back.
        let move = try await transaction.movePoints(of: user, by: points - before)
        try await transaction.run(
            .enter(
                PointsMove(
                    user: user, points: move.moved, reason: "charging",
                    description: "Charging at \(ended.point)", session: session, balanceAfter: move.after,
                    cause: cause), at: now))
        // What could not be taken back is not given a second time either.
        return Int(before + move.moved)
    }
}

/// What is told when a settlement has committed.
enum BilledEvent: Sendable {
    case settled(SessionSettled)
    case amended(BillAmended)
    /// Somebody's balance or points.
    case moved(ID<User>)
    /// What is held for it can be captured or freed.
    case held(ID<ChargingSession>)
}

extension Query where Result == Void {
    fileprivate static func holdSettlement(of session: ID<ChargingSession>) -> Self {
        "SELECT pg_advisory_xact_lock(8082, \(session)::integer)"
    }

    fileprivate static func useCode(_ code: String) -> Self {
        "UPDATE billing.discount SET usage_count = usage_count + 1 WHERE code = \(code) AND deleted_at IS NULL"
    }

    fileprivate static func enterSettled(
        _ ended: EndedSession, _ cost: SessionCost, paid: Int64, hostCredit: Int64, points: Int, at now: Date
    ) -> Self {
        """
        INSERT INTO billing.settled_session (session_id, user_id, owner_id, charge_point_id, energy_wh, duration_s, price,
            discount, cost, funding, paid, host_credit, points_earned, amendment, settled_at)
        VALUES (\(ended.number), \(ended.user as ID<User>?), \(ended.owner as ID<User>?), \(ended.point), \(ended.energy),
            \(ended.duration.components.seconds), \(cost.beforeDiscount.minorUnits), \(cost.discount.minorUnits),
            \(cost.total.minorUnits), \(ended.funding), \(paid), \(hostCredit), \(Int32(clamping: points)),
            \(ended.amendment), \(now))
        """
    }

    fileprivate static func amendSettled(
        _ ended: EndedSession, _ cost: SessionCost, paid: Int64, hostCredit: Int64, points: Int
    ) -> Self {
        """
        UPDATE billing.settled_session
        SET energy_wh = \(ended.energy), duration_s = \(ended.duration.components.seconds),
            price = \(cost.beforeDiscount.minorUnits), discount = \(cost.discount.minorUnits),
            cost = \(cost.total.minorUnits), paid = \(paid), host_credit = \(hostCredit),
            points_earned = \(Int32(clamping: points)), amendment = \(ended.amendment)
        WHERE session_id = \(ended.number)
        """
    }
}

extension Query where Result == [SettledBefore] {
    static func settledBefore(ofAll sessions: [Int64]) -> Self {
        "SELECT \(columns: SettledBefore.self) FROM billing.settled_session WHERE session_id = ANY(\(sessions))"
    }
}

extension Query where Result == SettledBefore? {
    fileprivate static func settledBefore(_ session: ID<ChargingSession>) -> Self {
        "SELECT \(columns: SettledBefore.self) FROM billing.settled_session WHERE session_id = \(session)"
    }
}
