import Contracts
import Core
import Postgres

/// Brings one session's fact and the sums that it belongs to in line with what gateway and billing publish now. It reads
/// everything anew, so it does not matter what it was called for, in what order, or how often.
struct RollUpSession {
    let session: ID<ChargingSession>

    func run(in transaction: Transaction) async throws {
        let number = session.number
        try await transaction.run(.holdSums, within: .seconds(300))
        try await transaction.run(.takeOutFlow(of: number))
        try await transaction.run(.takeOutFact(of: number))
        try await transaction.run(.readFacts(of: number...number))
        try await transaction.run(.readFlows(of: number...number))
        try await transaction.run(.addFact(of: number))
        try await transaction.run(.addFlow(of: number))
        try await transaction.run(.dropAttempts(ofSessions: number...number))
        try await transaction.run(.readAttempts(ofSessions: number...number))
        try await transaction.run(.dropAttempts(explainedBy: number))
    }
}

extension Query where Result == Void {
    /// One at a time: the two who follow events meet in the sums of the hour, and a rebuild makes them anew. Whoever waits has to
    /// have patience: a portion of a rebuild may take longer than a statement usually does.
    static var holdSums: Self { "SELECT pg_advisory_xact_lock(8083, 0)" }

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
        ), day AS (
            UPDATE reporting.point_day AS sums
            SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
                amount = sums.amount - gone.amount
            FROM gone
            WHERE sums.day = date_trunc('day', gone.ended_at, 'UTC')
                AND sums.charge_point_id = gone.charge_point_id
        ), year AS (
            UPDATE reporting.user_year AS sums
            SET sessions = sums.sessions - 1, energy_wh = sums.energy_wh - gone.energy_wh,
                amount = sums.amount - gone.amount
            FROM gone
            WHERE sums.year = date_trunc('year', gone.ended_at, 'UTC') AND sums.user_id = gone.user_id
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
        ), network AS (
            UPDATE reporting.network_hour AS sums
            SET energy_wh = sums.energy_wh - gone.energy_wh, seconds = sums.seconds - gone.seconds
            FROM gone
            WHERE sums.hour = gone.hour
        ), day AS (
            UPDATE reporting.point_day AS sums
            SET seconds = sums.seconds - part.seconds
            FROM (
                SELECT date_trunc('day', hour, 'UTC') AS day, charge_point_id, sum(seconds)::bigint AS seconds
                FROM gone
                GROUP BY 1, 2
            ) AS part
            WHERE sums.day = part.day AND sums.charge_point_id = part.charge_point_id
        ), month AS (
            UPDATE reporting.point_month AS sums
            SET seconds = sums.seconds - part.seconds
            FROM (
                SELECT date_trunc('month', hour, 'UTC') AS month, charge_point_id, sum(seconds)::bigint AS seconds
                FROM gone
                GROUP BY 1, 2
            ) AS part
            WHERE sums.month = part.month AND sums.charge_point_id = part.charge_point_id
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
        ), day AS (
            INSERT INTO reporting.point_day AS sums (day, charge_point_id, sessions, energy_wh, amount, seconds)
            SELECT date_trunc('day', ended_at, 'UTC'), charge_point_id, 1, energy_wh, amount, 0 FROM fact
            ON CONFLICT (day, charge_point_id) DO UPDATE
            SET sessions = sums.sessions + 1, energy_wh = sums.energy_wh + excluded.energy_wh,
                amount = sums.amount + excluded.amount
        ), year AS (
            INSERT INTO reporting.user_year AS sums (year, user_id, sessions, energy_wh, amount)
            SELECT date_trunc('year', ended_at, 'UTC'), user_id, 1, energy_wh, amount FROM fact
            ON CONFLICT (year, user_id) DO UPDATE
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
        WITH flow AS (
            SELECT flow.hour, fact.charge_point_id, fact.user_id, flow.energy_wh, flow.seconds
            FROM reporting.session_flow AS flow
            JOIN reporting.session_fact AS fact ON fact.session_id = flow.session_id
            WHERE flow.session_id = \(session)
        ), network AS (
            INSERT INTO reporting.network_hour AS sums (hour, energy_wh, seconds)
            SELECT hour, energy_wh, seconds FROM flow
            ON CONFLICT (hour) DO UPDATE
            SET energy_wh = sums.energy_wh + excluded.energy_wh, seconds = sums.seconds + excluded.seconds
        ), day AS (
            INSERT INTO reporting.point_day AS sums (day, charge_point_id, sessions, energy_wh, amount, seconds)
            SELECT date_trunc('day', hour, 'UTC'), charge_point_id, 0, 0, 0, sum(seconds) FROM flow GROUP BY 1, 2
            ON CONFLICT (day, charge_point_id) DO UPDATE SET seconds = sums.seconds + excluded.seconds
        ), month AS (
            INSERT INTO reporting.point_month AS sums (month, charge_point_id, sessions, energy_wh, amount, seconds)
            SELECT date_trunc('month', hour, 'UTC'), charge_point_id, 0, 0, 0, sum(seconds) FROM flow GROUP BY 1, 2
            ON CONFLICT (month, charge_point_id) DO UPDATE SET seconds = sums.seconds + excluded.seconds
        )
        INSERT INTO reporting.flow_hour AS sums (hour, charge_point_id, user_id, energy_wh, seconds)
        SELECT hour, charge_point_id, user_id, energy_wh, seconds FROM flow
        ON CONFLICT (hour, charge_point_id, user_id) DO UPDATE
        SET energy_wh = sums.energy_wh + excluded.energy_wh, seconds = sums.seconds + excluded.seconds
        """
    }
}
