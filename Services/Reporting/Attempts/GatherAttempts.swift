import Core
import FoundationEssentials
import Postgres

/// Finds the attempts that no session came of: plugs and cards with nothing behind them, starts that were refused to an app.
/// It looks when everything that may belong to them has had its time.
struct GatherAttempts: Sendable {
    /// The longest way from a plug to its session, and five minutes for whoever writes late.
    private static let patience: TimeInterval = 20 * 60
    private static let portion: Int64 = 5_000

    let now: Date

    init(at now: Date) {
        self.now = now
    }

    /// Whether there may be more.
    func portion(in transaction: Transaction) async throws -> Bool {
        let limit = now - Self.patience
        let cursor = try await transaction.run(.attemptCursor)
        let signals = cursor.signal...(cursor.signal + Self.portion)
        let requests = cursor.request...(cursor.request + Self.portion)
        let reach = try await transaction.run(.reach(signals, requests, until: limit))
        if reach.signal > cursor.signal {
            let numbers = (cursor.signal + 1)...reach.signal
            try await transaction.run(.dropAttempts("signal", numbers))
            try await transaction.run(.readCards(numbers))
            try await transaction.run(.readPlugs(numbers))
        }
        if reach.request > cursor.request {
            let numbers = (cursor.request + 1)...reach.request
            try await transaction.run(.dropAttempts("request", numbers))
            try await transaction.run(.readRequests(numbers))
        }
        try await transaction.run(
            "UPDATE reporting.attempt_cursor SET signal = \(reach.signal), request = \(reach.request)")
        return reach != cursor
    }
}

/// A place among signals and among requests.
private struct AttemptCursor: RowDecodable, Equatable, Sendable {
    let signal: Int64
    let request: Int64

    init(_ cells: inout Cells) throws {
        signal = try cells.next()
        request = try cells.next()
    }
}

extension Query where Result == AttemptCursor {
    fileprivate static var attemptCursor: Self {
        "SELECT signal, request FROM reporting.attempt_cursor FOR UPDATE"
    }

    /// The last of each that is old enough. A number that was rolled back is a gap, which may be wider than a portion: where
    /// nothing lies in it, it goes on to the next one behind.
    fileprivate static func reach(
        _ signals: ClosedRange<Int64>, _ requests: ClosedRange<Int64>, until limit: Date
    ) -> Self {
        """
        SELECT
            coalesce(
                (
                    SELECT max(id) FROM gateway_view.start_signal
                    WHERE id > \(signals.lowerBound) AND id <= \(signals.upperBound) AND at <= \(limit)
                ),
                (
                    SELECT min(id) FROM gateway_view.start_signal WHERE id > \(signals.upperBound) AND at <= \(limit)
                ),
                \(signals.lowerBound)),
            coalesce(
                (
                    SELECT max(id) FROM accounts_view.refused_start
                    WHERE id > \(requests.lowerBound) AND id <= \(requests.upperBound) AND at <= \(limit)
                ),
                (
                    SELECT min(id) FROM accounts_view.refused_start WHERE id > \(requests.upperBound) AND at <= \(limit)
                ),
                \(requests.lowerBound))
        """
    }
}

extension Query where Result == Void {
    /// All of it is looked at anew.
    static var forgetCursor: Self { "UPDATE reporting.attempt_cursor SET signal = 0, request = 0" }

    fileprivate static func dropAttempts(_ origin: String, _ numbers: ClosedRange<Int64>) -> Self {
        """
        DELETE FROM reporting.attempt
        WHERE origin = \(origin) AND number BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound)
        """
    }

    /// Cards: refused ones, and accepted ones behind which no charge point began.
    fileprivate static func readCards(_ numbers: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.attempt
            (origin, number, at, charge_point_id, plugged, authorised, started, energised, stopped, paid, cause)
        SELECT 'signal', id, at, charge_point_id, plugged, refusal = '', false, false, false, false,
            CASE WHEN refusal <> '' THEN 'refused' WHEN plugged THEN 'no_start' ELSE 'not_plugged' END
        FROM (
            SELECT signal.id, signal.at, signal.charge_point_id, signal.refusal, EXISTS (
                    SELECT FROM gateway_view.start_signal AS plug
                    WHERE plug.charge_point_id = signal.charge_point_id AND plug.kind = 'plug'
                        AND plug.at >= signal.at - interval '15 minutes' AND plug.at <= signal.at + interval '2 minutes'
                ) AS plugged
            FROM gateway_view.start_signal AS signal
            WHERE signal.id BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound) AND signal.kind = 'card'
                AND \(SQL.isCardOfItsOwn)
        ) AS card
        """
    }

    /// Plugs behind which nothing came: no charge at their connector, no card that was shown in vain, no app.
    fileprivate static func readPlugs(_ numbers: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.attempt
            (origin, number, at, charge_point_id, plugged, authorised, started, energised, stopped, paid, cause)
        SELECT 'signal', plug.id, plug.at, plug.charge_point_id, true, false, false, false, false, false, 'abandoned'
        FROM gateway_view.start_signal AS plug
        WHERE plug.id BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound) AND plug.kind = 'plug'
            AND NOT EXISTS (
                SELECT FROM gateway_view.start_signal AS signal WHERE signal.id = plug.id AND \(SQL.hasCharge)
            )
            AND NOT EXISTS (
                SELECT FROM gateway_view.start_signal AS signal
                WHERE signal.charge_point_id = plug.charge_point_id AND signal.kind = 'card'
                    AND signal.at >= plug.at - interval '2 minutes' AND signal.at <= plug.at + interval '15 minutes'
                    AND \(SQL.isCardOfItsOwn)
            )
            AND NOT EXISTS (
                SELECT FROM gateway_view.start_signal AS earlier
                WHERE earlier.charge_point_id = plug.charge_point_id AND earlier.connector_id = plug.connector_id
                    AND earlier.kind = 'plug' AND earlier.id < plug.id
                    AND earlier.at >= plug.at - interval '1 minute' AND earlier.at <= plug.at
            )
            AND NOT EXISTS (
                SELECT FROM accounts_view.refused_start AS request
                WHERE request.charge_point_id = plug.charge_point_id AND request.connector_id = plug.connector_id
                    AND request.at >= plug.at - interval '2 minutes' AND request.at <= plug.at + interval '15 minutes'
            )
        """
    }

    /// Starts that an app was refused before there was a session. Whoever asks again within a minute has not given up.
    fileprivate static func readRequests(_ numbers: ClosedRange<Int64>) -> Self {
        """
        INSERT INTO reporting.attempt
            (origin, number, at, charge_point_id, plugged, authorised, started, energised, stopped, paid, cause)
        SELECT 'request', request.id, request.at, request.charge_point_id, EXISTS (
                SELECT FROM gateway_view.start_signal AS plug
                WHERE plug.charge_point_id = request.charge_point_id AND plug.connector_id = request.connector_id
                    AND plug.kind = 'plug' AND plug.at >= request.at - interval '15 minutes'
                    AND plug.at <= request.at + interval '2 minutes'
            ), false, false, false, false, false,
            CASE
                WHEN request.code = 2020 THEN 'offline'
                WHEN request.code IN (2021, 2022) THEN 'rejected'
                WHEN request.code IN (2040, 2041, 2042, 3002, 3005) THEN 'no_means'
                ELSE 'unavailable'
            END
        FROM accounts_view.refused_start AS request
        WHERE request.id BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound)
            AND NOT EXISTS (
                SELECT FROM accounts_view.refused_start AS earlier
                WHERE earlier.charge_point_id = request.charge_point_id AND earlier.user_id = request.user_id
                    AND earlier.id < request.id AND earlier.at >= request.at - interval '1 minute'
                    AND earlier.at <= request.at
            )
            AND NOT EXISTS (
                SELECT FROM gateway_view.session AS charge
                WHERE charge.charge_point_id = request.charge_point_id AND charge.connector_id = request.connector_id
                    AND charge.user_id = request.user_id AND charge.door <> 'station'
                    AND charge.requested_at >= request.at - interval '30 seconds'
                    AND charge.requested_at <= request.at + interval '1 second'
            )
        """
    }
}

extension SQL {
    /// Whether a `signal` is part of a session. Only the last fifty sessions of a point are looked at, of which one at each of
    /// its connectors may still have gone on.
    fileprivate static let hasCharge: SQL = """
        EXISTS (
            SELECT FROM (
                SELECT requested_at, ended_at, connector_id, tag, is_refused
                FROM gateway_view.session
                WHERE charge_point_id = signal.charge_point_id AND requested_at <= signal.at + interval '15 minutes'
                ORDER BY requested_at DESC
                LIMIT 50
            ) AS charge
            WHERE \(signalBelongsToCharge)
        )
        """

    /// Whether a `signal` is a card that no session came of, and not the same card shown once more.
    fileprivate static let isCardOfItsOwn: SQL = """
        NOT \(hasCharge)
            AND NOT EXISTS (
                SELECT FROM gateway_view.start_signal AS earlier
                WHERE earlier.charge_point_id = signal.charge_point_id AND earlier.kind = 'card'
                    AND earlier.tag = signal.tag AND earlier.id < signal.id AND earlier.at <= signal.at
                    AND (earlier.refusal = '') = (signal.refusal = '')
                    AND earlier.at >= signal.at - CASE signal.refusal WHEN '' THEN interval '5 minutes' ELSE interval '1 minute' END
            )
        """
}
