import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

struct LogQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var from: Date?
    var to: Date?
}

struct FrameQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var from: Date?
    var to: Date?
    var transaction_id: Int64?
    var action: Text<1, 64>?
}

/// A frame as it went over the wire, secrets masked.
struct FrameBody: Codable, Sendable {
    enum Direction: String, Codable, CaseIterable, Sendable {
        case `in`, out
    }

    var time: Date
    var direction: Direction
    var message_id: String
    var action: String
    /// The payload as text; of a CALLERROR its code and description.
    var frame: String
}

extension Accounts {
    @RouteTable var evidenceRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/log", listLog).failing("Failed to get log")
            .summary("What happened at a charge point").needs(.user)
        Route(.get, "/api/v1/charge-points/:id/frames", listFrames).failing("Failed to get frames")
            .summary("What a charge point and we said to each other").needs(.power)
    }

    func listLog(_ call: Call<PointPath, LogQuery, None>) async throws -> PagedList<LogRow> {
        _ = try await ownChargePointRow(call.path.id, for: Viewer(call.caller))
        let (query, zone) = (call.query, host.settings.jobsZone)
        return try await PagedList(query) {
            Int(try await host.database.run(.countLog(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.log(of: call.path.id, query, cut)).map { $0.body(in: zone) }
        }
    }

    func listFrames(_ call: Call<PointPath, FrameQuery, None>) async throws -> PagedList<FrameBody> {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countFrames(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.frames(of: call.path.id, query, cut)).map(\.body)
        }
    }
}

/// A line of the system log.
private struct LogLine: Row, Sendable {
    var time: Date
    var feature: String
    var point: String
    var text: String
    var importance: String

    static let columns = "time, feature, coalesce(charge_point_id, '*'), text, importance"

    init(_ cells: inout Cells) throws {
        time = try cells.next()
        feature = try cells.next()
        point = try cells.next()
        text = try cells.next()
        importance = try cells.next()
    }

    func body(in zone: TimeZone) -> LogRow {
        LogRow(
            time: LogRow.wallClock(time, in: zone), feature: feature, id: point, text: text, timestamp: time,
            importance: importance)
    }
}

private struct FrameRow: Row, Sendable {
    var time: Date
    var isIncoming: Bool
    var message: String
    var action: String
    var frame: String

    static let columns = "logged_at, is_incoming, message_id, action, frame"

    init(_ cells: inout Cells) throws {
        time = try cells.next()
        isIncoming = try cells.next()
        message = try cells.next()
        action = try cells.next()
        frame = try cells.next()
    }

    var body: FrameBody {
        FrameBody(
            time: time, direction: isIncoming ? .in : .out, message_id: message, action: action, frame: frame)
    }
}

extension SQL {
    fileprivate static func log(of point: String, _ query: LogQuery) -> SQL {
        """
        charge_point_id = \(point) AND time >= coalesce(\(query.from as Date?), '-infinity')
            AND time <= coalesce(\(query.to as Date?), 'infinity')
        """
    }

    /// Of a session all messages that name it, with their answers.
    fileprivate static func frames(of point: String, _ query: FrameQuery) -> SQL {
        var condition: SQL = """
            charge_point_id = \(point) AND logged_at >= coalesce(\(query.from as Date?), '-infinity')
                AND logged_at <= coalesce(\(query.to as Date?), 'infinity')
            """
        if let action = query.action { condition = "\(condition) AND action = \(action.text)" }
        guard let session = query.transaction_id else { return condition }
        let mention = #""transactionId"\s*:\s*\#(session)\M"#
        return """
            \(condition) AND message_id IN (
                SELECT naming.message_id FROM gateway_view.frame AS naming
                JOIN gateway_view.session AS charge ON charge.session_id = \(session)
                    AND charge.charge_point_id = naming.charge_point_id
                WHERE naming.charge_point_id = \(point) AND naming.frame ~ \(mention)
                    AND naming.logged_at BETWEEN charge.requested_at - interval '1 hour'
                        AND coalesce(charge.ended_at, now()) + interval '1 day'
            )
            """
    }
}

extension Query where Result == Int64 {
    fileprivate static func countLog(of point: String, _ query: LogQuery) -> Self {
        "SELECT count(*) FROM gateway_view.sys_log WHERE \(SQL.log(of: point, query))"
    }

    fileprivate static func countFrames(of point: String, _ query: FrameQuery) -> Self {
        "SELECT count(*) FROM gateway_view.frame WHERE \(SQL.frames(of: point, query))"
    }
}

extension Query where Result == [LogLine] {
    fileprivate static func log(of point: String, _ query: LogQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: LogLine.self) FROM gateway_view.sys_log WHERE \(SQL.log(of: point, query))
        ORDER BY time \(cut.direction), id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == [FrameRow] {
    fileprivate static func frames(of point: String, _ query: FrameQuery, _ cut: Cut) -> Self {
        """
        SELECT \(columns: FrameRow.self) FROM gateway_view.frame WHERE \(SQL.frames(of: point, query))
        ORDER BY logged_at \(cut.direction), message_id
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}
