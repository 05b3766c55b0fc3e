import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One charge point of `/report/status`.
struct StatusRow: Codable, Equatable, Sendable {
    var charge_point_id: String
    var state: Reach
    /// The year 1 for never.
    var since: Date
    var duration_seconds: Int64
    /// Of the system log.
    var last_event_text: String

    /// What this family of the API writes for "never".
    static let never = CalendarDay(year: 1, month: 1, day: 1)?.start ?? .distantPast
}

/// What is known of a charge point now.
private struct PresentState: RowDecodable {
    let point: String
    let connected: Date?
    let disconnected: Date?
    let offlineAfter: Date?
    let text: String

    init(_ cells: inout Cells) throws {
        point = try cells.next()
        connected = try cells.next()
        disconnected = try cells.next()
        offlineAfter = try cells.next()
        text = try cells.next()
    }

    func row(at now: Date) -> StatusRow {
        let (state, since): (Reach, Date?) =
            switch (connected, disconnected, offlineAfter) {
            case (nil, _, _): (.unknown, nil)
            case (_, let gone?, _): (.offline, gone)
            case (_, nil, let end?) where end <= now: (.offline, end)
            case (let since, nil, _): (.online, since)
            }
        return StatusRow(
            charge_point_id: point, state: state, since: since ?? StatusRow.never,
            duration_seconds: since.map { max(0, now.duration(since: $0).components.seconds) } ?? 0,
            last_event_text: text)
    }
}

extension Query where Result == [PresentState] {
    fileprivate static var presentStates: Self {
        """
        SELECT point.charge_point_id, station.connected_at, station.disconnected_at, station.offline_after,
            coalesce(line.text, '')
        FROM accounts_view.charge_point AS point
        LEFT JOIN gateway_view.station AS station ON station.charge_point_id = point.charge_point_id
        LEFT JOIN LATERAL (
            SELECT text
            FROM gateway_view.sys_log
            WHERE charge_point_id = point.charge_point_id
            ORDER BY time DESC
            LIMIT 1
        ) AS line ON true
        WHERE NOT point.is_deleted
        ORDER BY point.charge_point_id
        """
    }
}

extension Reporting {
    func reportStatus(_ call: Call<None, CutQuery, None>) async throws -> Listed<StatusRow> {
        let now = host.clock.now
        let rows = try await host.database.run(.presentStates).map { $0.row(at: now) }
        return Listed(rows, call.query, of: call.request)
    }
}
