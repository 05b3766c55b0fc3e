import Contracts
import Core
import Postgres

/// Brings one session's fact and the sums that it belongs to in line with what gateway and billing publish now. It reads
/// everything anew, so it does not matter what it was called for, in what order, or how often.
struct RollUpSession {
    let session: ID<ChargingSession>

    func run(in transaction: Transaction) async throws {
        // Two logs may tell of one session at the same moment.
        try await transaction.run(.holdFact(of: session))
        try await transaction.run(.takeOutFact(of: session))
        try await transaction.run(.readFact(of: session))
        try await transaction.run(.addFact(of: session))
    }
}

extension Query where Result == Void {
    /// Told from other advisory locks of the database by its first number.
    fileprivate static func holdFact(of session: ID<ChargingSession>) -> Self {
        "SELECT pg_advisory_xact_lock(8083, \(session)::integer)"
    }

    fileprivate static func takeOutFact(of session: ID<ChargingSession>) -> Self {
        """
        WITH gone AS (
            DELETE FROM reporting.session_fact
            WHERE session_id = \(session)
            RETURNING ended_at, charge_point_id, user_id, plan_id, energy_wh, amount
        )
        UPDATE reporting.rollup_hour AS sums
        SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
            amount = sums.amount - gone.amount
        FROM gone
        WHERE sums.hour = date_trunc('hour', gone.ended_at, 'UTC')
            AND sums.charge_point_id = gone.charge_point_id
            AND sums.user_id = gone.user_id
            AND sums.plan_id = gone.plan_id
        """
    }

    /// Nothing for a session that goes on, never began or delivered nothing.
    fileprivate static func readFact(of session: ID<ChargingSession>) -> Self {
        """
        INSERT INTO reporting.session_fact
            (session_id, ended_at, charge_point_id, station_id, user_id, plan_id, energy_wh, amount)
        SELECT charge.session_id, charge.ended_at, charge.charge_point_id, charge.station_id,
            coalesce(charge.user_id, 0), charge.plan_id, charge.energy_wh, coalesce(settled.cost, 0)
        FROM gateway_view.session AS charge
        LEFT JOIN billing_view.settled_session AS settled ON settled.session_id = charge.session_id
        WHERE charge.session_id = \(session)
            AND charge.is_finished AND charge.ended_at IS NOT NULL AND charge.energy_wh > 0
        """
    }

    fileprivate static func addFact(of session: ID<ChargingSession>) -> Self {
        """
        INSERT INTO reporting.rollup_hour AS sums
            (hour, charge_point_id, user_id, plan_id, sessions, energy_wh, amount)
        SELECT date_trunc('hour', ended_at, 'UTC'), charge_point_id, user_id, plan_id, 1, energy_wh, amount
        FROM reporting.session_fact
        WHERE session_id = \(session)
        ON CONFLICT (hour, charge_point_id, user_id, plan_id) DO UPDATE
        SET sessions = sums.sessions + 1, energy_wh = sums.energy_wh + excluded.energy_wh,
            amount = sums.amount + excluded.amount
        """
    }
}
