import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which reservations are asked for.
struct ReservationFilter: Sendable {
    var user: Int64?
    var owner: Int64?
    var point: String?
    var status: ReservationStatus?

    fileprivate var condition: SQL {
        var condition: SQL = "true"
        if let user { condition = "\(condition) AND kept.user_id = \(user)" }
        if let owner { condition = "\(condition) AND point.owner_id = \(owner)" }
        if let point { condition = "\(condition) AND kept.charge_point_id = \(point)" }
        if let status { condition = "\(condition) AND kept.status = \(status.rawValue)" }
        return condition
    }
}

extension SQL {
    /// Nobody asks the station about `kept` just now. A command ends in 12 s: who asked longer ago has gone away.
    fileprivate static func isUnasked(at now: Date) -> SQL {
        "(kept.asked_at IS NULL OR kept.asked_at < \(now - 30))"
    }
}

extension Query where Result == [ReservationRow] {
    static func reservations(_ filter: ReservationFilter, _ cut: Cut) -> Self {
        page(where: filter.condition, by: "kept.id", cut)
    }

    /// Of bookings, whose time has come.
    static func dueReservations(at now: Date) -> Self {
        """
        \(rows: ReservationRow.self)
        WHERE kept.status = 'planned' AND kept.meeting_id IS NOT NULL AND kept.starts_at <= \(now)
            AND kept.expires_at > \(now) AND \(SQL.isUnasked(at: now))
        ORDER BY kept.starts_at, kept.id
        LIMIT 500
        """
    }

    /// Of bookings, whose time passed before a station could be asked.
    static func missedReservations(at now: Date) -> Self {
        """
        \(rows: ReservationRow.self)
        WHERE kept.status = 'planned' AND kept.meeting_id IS NOT NULL AND kept.expires_at <= \(now)
        ORDER BY kept.id
        LIMIT 500
        """
    }

    /// That are over, and of which the station may not know.
    static func untoldReservations(at now: Date) -> Self {
        """
        \(rows: ReservationRow.self)
        WHERE kept.must_tell AND kept.expires_at > \(now) AND \(SQL.isUnasked(at: now))
        ORDER BY kept.id
        LIMIT 500
        """
    }
}

extension Query where Result == Int64 {
    static func countReservations(_ filter: ReservationFilter) -> Self {
        "SELECT count(*) \(ReservationRow.relations) WHERE \(filter.condition)"
    }
}

extension Query where Result == ReservationRow? {
    static func reservation(_ id: ID<Reservation>) -> Self {
        """
        \(rows: ReservationRow.self)
        WHERE kept.id = \(id)
        """
    }
}

extension Query where Result == ID<Reservation> {
    /// On its way to the station, or waiting for its time.
    static func planReservation(
        of user: ID<User>, at point: String, _ connector: Int32, tag: String, meeting: ID<Meeting>?,
        from start: Date, until end: Date, now: Date
    ) -> Self {
        """
        INSERT INTO accounts.reservation
            (user_id, charge_point_id, connector_id, tag, meeting_id, starts_at, expires_at, created_at, changed_at)
        VALUES (\(user), \(point), \(connector), \(tag), \(meeting as ID<Meeting>?), \(start), \(end), \(now), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == RowCount {
    /// Asking its station is this caller's from here on, until it says how that went. No row while somebody else asks.
    static func askAbout(_ id: ID<Reservation>, _ condition: SQL, at now: Date) -> Self {
        """
        UPDATE accounts.reservation AS kept SET asked_at = \(now)
        WHERE kept.id = \(id) AND \(condition) AND \(SQL.isUnasked(at: now))
        """
    }

    /// The station keeps the connector. No row when it was cancelled meanwhile.
    static func activate(_ id: ID<Reservation>, _ connector: Int32, tag: String, at now: Date) -> Self {
        """
        UPDATE accounts.reservation
        SET status = 'active', connector_id = \(connector), tag = \(tag), detail = '', asked_at = NULL,
            changed_at = \(now)
        WHERE id = \(id) AND status = 'planned'
        """
    }

    /// - Parameter mustTell: whether the station may have taken it all the same.
    static func failReservation(
        _ id: ID<Reservation>, _ detail: String, mustTell: Bool, at now: Date
    ) -> Self {
        """
        UPDATE accounts.reservation
        SET status = 'failed', detail = \(detail), must_tell = \(mustTell), asked_at = NULL, changed_at = \(now)
        WHERE id = \(id) AND status = 'planned'
        """
    }

    /// Whose station is told afterwards.
    static func cancelActive(_ id: ID<Reservation>, at now: Date) -> Self {
        """
        UPDATE accounts.reservation SET status = 'cancelled', must_tell = true, changed_at = \(now)
        WHERE id = \(id) AND status = 'active'
        """
    }

    static func expireReservations(at now: Date) -> Self {
        """
        UPDATE accounts.reservation
        SET status = CASE status WHEN 'active' THEN 'expired' ELSE 'failed' END,
            detail = CASE status WHEN 'active' THEN detail ELSE coalesce(nullif(detail, ''), 'its time passed') END,
            changed_at = \(now)
        WHERE status IN ('planned', 'active') AND expires_at <= \(now)
        """
    }

    /// Of a process that went away between asking the station and hearing it.
    static func failForgotten(before limit: Date, at now: Date) -> Self {
        """
        UPDATE accounts.reservation
        SET status = 'failed', detail = 'not finished', must_tell = true, changed_at = \(now)
        WHERE status = 'planned' AND meeting_id IS NULL AND created_at < \(limit)
        """
    }

    /// A session began by it.
    static func useReservation(_ id: ID<Reservation>, at point: String, now: Date) -> Self {
        """
        UPDATE accounts.reservation SET status = 'used', changed_at = \(now)
        WHERE id = \(id) AND charge_point_id = \(point) AND status = 'active'
        """
    }
}

extension Query where Result == Void {
    static func noteWait(of id: ID<Reservation>, _ detail: String, at now: Date) -> Self {
        """
        UPDATE accounts.reservation SET detail = \(detail), asked_at = NULL, changed_at = \(now)
        WHERE id = \(id) AND status = 'planned'
        """
    }

    /// The station has let go of it, or never held it.
    static func toldReservation(_ id: ID<Reservation>) -> Self {
        "UPDATE accounts.reservation SET must_tell = false, asked_at = NULL WHERE id = \(id)"
    }

    /// It could not be asked: whoever comes next may try.
    static func couldNotAsk(_ id: ID<Reservation>) -> Self {
        "UPDATE accounts.reservation SET asked_at = NULL WHERE id = \(id)"
    }

    /// A station may hold what its row says is over.
    static func mustTellReservation(_ id: ID<Reservation>) -> Self {
        "UPDATE accounts.reservation SET must_tell = true, asked_at = NULL WHERE id = \(id)"
    }
}

extension Query where Result == Bool {
    /// Now or later: of a booking that is still to come, too.
    static func isReserved(_ point: String, at now: Date) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM accounts.reservation
            WHERE charge_point_id = \(point) AND status IN ('planned', 'active') AND expires_at > \(now)
        )
        """
    }
}
