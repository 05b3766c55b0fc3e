import Contracts
import Core
import Postgres

/// Brings one session's fact and the sums that it belongs to in line with what gateway and billing publish now. It reads
/// everything anew, so it does not matter what it was called for, in what order, or how often.
struct RollUpSession {
    let session: ID<ChargingSession>

    func run(in transaction: Transaction) async throws {
        let number = session.number
        // A rebuild has the sums for itself while it works on one of its portions.
        try await transaction.run("SELECT pg_advisory_xact_lock_shared(8083, 0)")
        // Two logs may tell of one session at the same moment.
        try await transaction.run(.holdFact(of: session))
        try await transaction.run(.takeOutFlow(of: number))
        try await transaction.run(.takeOutFact(of: number))
        try await transaction.run(.readFacts(of: number...number))
        try await transaction.run(.readFlows(of: number...number))
        try await transaction.run(.addFact(of: number))
        try await transaction.run(.addFlow(of: number))
    }
}

extension Query where Result == Void {
    /// Told from other advisory locks of the database by its first number.
    fileprivate static func holdFact(of session: ID<ChargingSession>) -> Self {
        "SELECT pg_advisory_xact_lock(8083, \(session)::integer)"
    }

    fileprivate static func takeOutFact(of session: Int64) -> Self {
        """
        WITH gone AS (
            DELETE FROM reporting.session_fact
            WHERE session_id = \(session)
            RETURNING ended_at, charge_point_id, user_id, plan_id, energy_wh, amount
        ), hour AS (
            UPDATE reporting.rollup_hour AS sums
            SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
                amount = sums.amount - gone.amount
            FROM gone
            WHERE sums.hour = date_trunc('hour', gone.ended_at, 'UTC')
                AND sums.charge_point_id = gone.charge_point_id
                AND sums.user_id = gone.user_id
                AND sums.plan_id = gone.plan_id
        ), point AS (
            UPDATE reporting.point_month AS sums
            SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
                amount = sums.amount - gone.amount
            FROM gone
            WHERE sums.month = date_trunc('month', gone.ended_at, 'UTC')
                AND sums.charge_point_id = gone.charge_point_id
        )
        UPDATE reporting.user_month AS sums
        SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
            amount = sums.amount - gone.amount
        FROM gone
        WHERE sums.month = date_trunc('month', gone.ended_at, 'UTC') AND sums.user_id = gone.user_id
        """
    }

    fileprivate static func takeOutFlow(of session: Int64) -> Self {
        """
        WITH gone AS (
            DELETE FROM reporting.session_flow AS flow
            USING reporting.session_fact AS fact
            WHERE flow.session_id = \(session) AND fact.session_id = flow.session_id
            RETURNING flow.hour, fact.charge_point_id, fact.user_id, flow.energy_wh, flow.seconds
        )
        UPDATE reporting.flow_hour AS sums
        SET energy_wh = sums.energy_wh - gone.energy_wh, seconds = sums.seconds - gone.seconds
        FROM gone
        WHERE sums.hour = gone.hour AND sums.charge_point_id = gone.charge_point_id
            AND sums.user_id = gone.user_id
        """
    }

    fileprivate static func addFact(of session: Int64) -> Self {
        """
        WITH fact AS (
            SELECT ended_at, charge_point_id, user_id, plan_id, energy_wh, amount
            FROM reporting.session_fact
            WHERE session_id = \(session)
        ), point AS (
            INSERT INTO reporting.point_month AS sums (month, charge_point_id, sessions, energy_wh, amount)
            SELECT date_trunc('month', ended_at, 'UTC'), charge_point_id, 1, energy_wh, amount FROM fact
            ON CONFLICT (month, charge_point_id) DO UPDATE
            SET sessions = sums.sessions + 1, energy_wh = sums.energy_wh + excluded.energy_wh,
                amount = sums.amount + excluded.amount
        ), driver AS (
            INSERT INTO reporting.user_month AS sums (month, user_id, sessions, energy_wh, amount)
            SELECT date_trunc('month', ended_at, 'UTC'), user_id, 1, energy_wh, amount FROM fact
            ON CONFLICT (month, user_id) DO UPDATE
            SET sessions = sums.sessions + 1, energy_wh = sums.energy_wh + excluded.energy_wh,
                amount = sums.amount + excluded.amount
        )
        INSERT INTO reporting.rollup_hour AS sums
            (hour, charge_point_id, user_id, plan_id, sessions, energy_wh, amount)
        SELECT date_trunc('hour', ended_at, 'UTC'), charge_point_id, user_id, plan_id, 1, energy_wh, amount
        FROM fact
        ON CONFLICT (hour, charge_point_id, user_id, plan_id) DO UPDATE
        SET sessions = sums.sessions + 1, energy_wh = sums.energy_wh + excluded.energy_wh,
            amount = sums.amount + excluded.amount
        """
    }

    fileprivate static func addFlow(of session: Int64) -> Self {
        """
        INSERT INTO reporting.flow_hour AS sums (hour, charge_point_id, user_id, energy_wh, seconds)
        SELECT flow.hour, fact.charge_point_id, fact.user_id, flow.energy_wh, flow.seconds
        FROM reporting.session_flow AS flow
        JOIN reporting.session_fact AS fact ON fact.session_id = flow.session_id
        WHERE flow.session_id = \(session)
        ON CONFLICT (hour, charge_point_id, user_id) DO UPDATE
        SET energy_wh = sums.energy_wh + excluded.energy_wh, seconds = sums.seconds + excluded.seconds
        """
    }
}
