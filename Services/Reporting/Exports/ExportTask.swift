import Core
import FoundationEssentials
import Hosting
import Postgres

/// An export that somebody asked for.
struct ExportTask: Row, Sendable {
    enum State: String, Codable, Sendable, PostgresValue {
        case pending = "PENDING"
        case progress = "PROGRESS"
        case success = "SUCCESS"
        case failure = "FAILURE"
    }

    let id: String
    let user: Int64
    let email: String
    let state: State
    let done: Int64
    let total: Int64
    let filename: String
    let attempts: Int16
    let error: String?

    static let columns = "task_id, user_id, email, state, rows_done, rows_total, filename, attempts, error"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        email = try cells.next()
        state = try cells.next()
        done = try cells.next()
        total = try cells.next()
        filename = try cells.next()
        attempts = try cells.next()
        error = try cells.next()
    }
}

extension Query where Result == ExportTask? {
    static func exportTask(_ id: String, of user: Int64) -> Self {
        """
        SELECT \(columns: ExportTask.self)
        FROM reporting.export_task
        WHERE task_id = \(id) AND user_id = \(user)
        """
    }

    /// The newest, where two were asked for in one second.
    static func export(named filename: String, of user: Int64) -> Self {
        """
        SELECT \(columns: ExportTask.self)
        FROM reporting.export_task
        WHERE filename = \(filename) AND user_id = \(user) AND state = 'SUCCESS'
        ORDER BY asked_at DESC, task_id
        LIMIT 1
        """
    }

    /// The oldest that nobody works on.
    static func takeExport(at now: Date, until end: Date) -> Self {
        """
        UPDATE reporting.export_task
        SET state = 'PROGRESS', rows_done = 0, attempts = attempts + 1, leased_until = \(end)
        WHERE task_id = (
            SELECT task_id
            FROM reporting.export_task
            WHERE state = 'PENDING' OR (state = 'PROGRESS' AND leased_until <= \(now))
            ORDER BY asked_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        RETURNING \(columns: ExportTask.self)
        """
    }
}

extension Query where Result == [ExportTask] {
    static func exports(before moment: Date, limit: Int) -> Self {
        """
        SELECT \(columns: ExportTask.self)
        FROM reporting.export_task
        WHERE asked_at < \(moment)
        ORDER BY asked_at, task_id
        LIMIT \(limit)
        """
    }
}

extension Query where Result == Void {
    /// Those whose last try ended without a word.
    static func giveUpExports(after attempts: Int16, at now: Date) -> Self {
        """
        UPDATE reporting.export_task
        SET state = 'FAILURE', error = 'the export could not be written', finished_at = \(now)
        WHERE state = 'PROGRESS' AND leased_until <= \(now) AND attempts >= \(attempts)
        """
    }
}
