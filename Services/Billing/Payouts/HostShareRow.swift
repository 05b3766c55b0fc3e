import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

extension Query where Result == Void {
    /// Beside a host's credit: of which whole it is a part, and for how much energy. What the session's earlier credits
    /// covered is taken off.
    ///
    /// - Parameter energy: nil takes it from the settled session.
    static func enterShare(
        _ entry: ID<LedgerEntry>, of session: ID<ChargingSession>, kept: Int64, energy: Energy?, at now: Date
    ) -> Self {
        """
        INSERT INTO billing.host_share (entry_id, user_id, session_id, gross, credit, energy_wh, created_at)
        SELECT entry.id, entry.user_id, \(session), \(kept) - before.gross, entry.amount,
            coalesce(\(energy?.wattHours as Int64?)::bigint, settled.energy_wh, 0) - before.energy_wh, \(now)
        FROM billing.ledger_entry AS entry
        CROSS JOIN (
            SELECT coalesce(sum(gross), 0)::bigint AS gross, coalesce(sum(energy_wh), 0)::bigint AS energy_wh
            FROM billing.host_share
            WHERE session_id = \(session)
        ) AS before
        LEFT JOIN billing.settled_session AS settled ON settled.session_id = \(session)
        WHERE entry.id = \(entry)
        """
    }
}

/// A session in a host's statement.
struct SharedSession: Row, Sendable {
    var entry: Int64
    var session: Int64
    var point: String
    var time: Date
    var energy: Energy
    var gross: Int64
    var credit: Int64

    static let columns = """
        share.entry_id, share.session_id, settled.charge_point_id, share.created_at, share.energy_wh, share.gross, share.credit
        """

    init(_ cells: inout Cells) throws {
        entry = try cells.next()
        session = try cells.next()
        point = try cells.next()
        time = try cells.next()
        energy = try cells.next()
        gross = try cells.next()
        credit = try cells.next()
    }
}

extension Query where Result == [SharedSession] {
    /// - Parameter last: what came before; nil for the first part.
    fileprivate static func sessions(ofPayout payout: Int64, after last: SharedSession?, limit: Int) -> Self {
        """
        SELECT \(columns: SharedSession.self)
        FROM billing.host_share AS share
        JOIN billing.settled_session AS settled ON settled.session_id = share.session_id
        WHERE share.payout_id = \(payout)
            AND (\(last?.time as Date?)::timestamptz IS NULL
                OR (share.created_at, share.entry_id) > (\(last?.time as Date?), \(last?.entry as Int64?)))
        ORDER BY share.created_at, share.entry_id
        LIMIT \(limit)
        """
    }
}

extension Billing {
    /// Of however many, part by part: no statement leaves one out. More than a document can hold is refused by the printer.
    func sessions(ofPayout payout: Int64, atOnce limit: Int = 2_000) async throws -> [SharedSession] {
        var all: [SharedSession] = []
        while true {
            let part = try await host.database.run(
                .sessions(ofPayout: payout, after: all.last, limit: limit))
            all += part
            if part.count < limit { return all }
        }
    }
}
