import Postgres

// Every session that is over is an attempt, also one that never began or was refused.

extension Query where Result == Void {
    static func dropAttempts(ofSessions sessions: ClosedRange<Int64>) -> Self {
        """
        DELETE FROM reporting.attempt
        WHERE origin = 'session' AND number BETWEEN \(sessions.lowerBound) AND \(sessions.upperBound)
        """
    }

    /// What a car that charged was, whatever its connector said: plugged in.
    static func readAttempts(ofSessions sessions: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.attempt
            (origin, number, at, charge_point_id, plugged, authorised, started, energised, stopped, paid, cause)
        SELECT 'session', session_id, at, charge_point_id, plugged, authorised, started, energised,
            energised AND end_reason NOT IN ('system_error', 'connection_lost', 'deauthorized'), paid,
            CASE
                WHEN refusal = 'means' THEN 'no_means'
                WHEN refusal IN ('place', 'reserved') THEN 'unavailable'
                WHEN NOT authorised OR end_reason = 'deauthorized' THEN 'refused'
                WHEN NOT started AND end_reason = 'start_rejected' THEN 'rejected'
                WHEN NOT started AND plugged THEN 'no_start'
                WHEN NOT started THEN 'not_plugged'
                WHEN end_reason = 'connection_lost' THEN 'lost'
                WHEN end_reason = 'system_error' THEN 'fault'
                WHEN NOT energised THEN 'no_energy'
                WHEN is_unpaid THEN 'unpaid'
                ELSE ''
            END
        FROM (
            SELECT charge.session_id, least(charge.requested_at, charge.started_at) AS at, charge.charge_point_id,
                charge.refusal, coalesce(charge.end_reason, '') AS end_reason, NOT charge.is_refused AS authorised,
                NOT charge.is_refused AND charge.started_at IS NOT NULL AS started,
                NOT charge.is_refused AND charge.energy_wh > 0 AS energised,
                (NOT charge.is_refused AND charge.energy_wh > 0) OR EXISTS (
                    SELECT FROM gateway_view.start_signal AS plug
                    WHERE plug.charge_point_id = charge.charge_point_id AND plug.connector_id = charge.connector_id
                        AND plug.kind = 'plug' AND plug.at >= charge.requested_at - interval '15 minutes'
                        AND plug.at <= greatest(charge.requested_at, charge.started_at,
                            CASE WHEN charge.started_at IS NULL THEN charge.ended_at END) + interval '1 minute'
                ) AS plugged,
                coalesce(charge.energy_wh > 0 AND settled.paid >= settled.cost, false) AS paid,
                coalesce(settled.payment_error <> '' AND settled.paid < settled.cost, false) AS is_unpaid
            FROM gateway_view.session AS charge
            LEFT JOIN billing_view.settled_session AS settled ON settled.session_id = charge.session_id
            WHERE charge.session_id BETWEEN \(sessions.lowerBound) AND \(sessions.upperBound) AND charge.is_finished
        ) AS tried
        """
    }

    /// What had looked like an attempt of its own until this session was told of.
    static func dropAttempts(explainedBy session: Int64) -> Self {
        """
        DELETE FROM reporting.attempt AS attempt
        USING gateway_view.session AS charge, gateway_view.start_signal AS signal
        WHERE charge.session_id = \(session) AND signal.charge_point_id = charge.charge_point_id
            AND signal.at >= charge.requested_at - interval '15 minutes'
            AND signal.at <= coalesce(greatest(charge.ended_at, charge.requested_at), 'infinity') + interval '1 minute'
            AND \(SQL.signalBelongsToCharge)
            AND attempt.origin = 'signal' AND attempt.number = signal.id
        """
    }
}

extension SQL {
    /// Whether a `signal` is part of a `charge` at the same point: its plug, its card, or a card that was shown while it went on.
    /// A refused start is over at once, and what was refused before a start that was allowed is an attempt of its own.
    static let signalBelongsToCharge: SQL = """
        charge.requested_at <= signal.at
                + CASE signal.kind WHEN 'plug' THEN interval '15 minutes' ELSE interval '5 minutes' END
            AND signal.at <= interval '1 minute' + CASE
                WHEN charge.is_refused THEN charge.requested_at
                ELSE coalesce(greatest(charge.ended_at, charge.requested_at), 'infinity')
            END
            AND signal.connector_id IN (0, charge.connector_id)
            AND signal.tag IN ('', charge.tag)
            AND (signal.refusal = '' OR charge.is_refused OR charge.requested_at <= signal.at)
        """
}
