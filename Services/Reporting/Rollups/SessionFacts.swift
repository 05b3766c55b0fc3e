import Core
import Postgres

// Facts and flows of a range of sessions, for the one that was told of and for the portions of a rebuild alike.

extension Query where Result == Void {
    /// Nothing for a session that goes on, never began or delivered nothing.
    static func readFacts(of sessions: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.session_fact
            (session_id, started_at, ended_at, charge_point_id, connector_id, station_id, user_id, plan_id, energy_wh,
                amount)
        SELECT charge.session_id,
            greatest(
                least(coalesce(charge.started_at, charge.ended_at), charge.ended_at - interval '1 second'),
                charge.ended_at - interval '31 days'),
            charge.ended_at, charge.charge_point_id, charge.connector_id, charge.station_id,
            coalesce(charge.user_id, 0), charge.plan_id, charge.energy_wh, coalesce(settled.cost, 0)
        FROM gateway_view.session AS charge
        LEFT JOIN billing_view.settled_session AS settled ON settled.session_id = charge.session_id
        WHERE charge.session_id BETWEEN \(sessions.lowerBound) AND \(sessions.upperBound)
            AND charge.is_finished AND charge.ended_at IS NOT NULL AND charge.energy_wh > 0
        """
    }

    /// What flowed in each hour: readings are joined by straight lines, from nothing at the start to all of it at the end.
    /// Rounded on the running sum, so that the hours of a session add up to its energy.
    static func readFlows(of sessions: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.session_flow (session_id, hour, energy_wh, seconds)
        WITH fact AS (
            SELECT session_id, started_at, ended_at, energy_wh
            FROM reporting.session_fact
            WHERE session_id BETWEEN \(sessions.lowerBound) AND \(sessions.upperBound)
        ), told AS (
            SELECT session_id, started_at AS at, 0::bigint AS energy_wh FROM fact
            UNION ALL
            SELECT session_id, ended_at, energy_wh FROM fact
            UNION ALL
            SELECT fact.session_id, reading.taken_at, least(reading.energy_wh, fact.energy_wh)
            FROM fact
            JOIN gateway_view.reading AS reading
                ON reading.session_id = fact.session_id AND reading.taken_at > fact.started_at
                    AND reading.taken_at < fact.ended_at AND reading.grade <> 'rejected'
        ), moment AS (
            SELECT session_id, at, max(max(energy_wh)) OVER (PARTITION BY session_id ORDER BY at) AS energy_wh
            FROM told
            GROUP BY session_id, at
        ), segment AS (
            SELECT session_id, at AS began, lead(at) OVER line AS ended, energy_wh AS low,
                lead(energy_wh) OVER line AS high
            FROM moment
            WINDOW line AS (PARTITION BY session_id ORDER BY at)
        ), piece AS (
            SELECT segment.session_id, part.hour,
                extract(epoch FROM least(segment.ended, part.hour + interval '1 hour')
                    - greatest(segment.began, part.hour)) AS seconds,
                (segment.high - segment.low) / extract(epoch FROM segment.ended - segment.began) AS slope
            FROM segment
            CROSS JOIN LATERAL generate_series(
                date_trunc('hour', segment.began, 'UTC'), segment.ended - interval '1 microsecond',
                interval '1 hour') AS part (hour)
            WHERE segment.ended IS NOT NULL
        ), line AS (
            SELECT session_id, hour, sum(seconds) AS seconds,
                round(sum(sum(seconds * slope)) OVER running) AS energy_wh,
                round(sum(sum(seconds)) OVER running) AS elapsed
            FROM piece
            GROUP BY session_id, hour
            WINDOW running AS (PARTITION BY session_id ORDER BY hour)
        )
        SELECT session_id, hour, energy_wh - coalesce(lag(energy_wh) OVER before, 0),
            elapsed - coalesce(lag(elapsed) OVER before, 0)
        FROM line
        WINDOW before AS (PARTITION BY session_id ORDER BY hour)
        """
    }
}
