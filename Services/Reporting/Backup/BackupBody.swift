import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A backup as administrators see it (api.md 4.10).
struct BackupBody: Codable, Sendable {
    enum Status: String, Codable, CaseIterable, Sendable {
        case pending, ready, failed
    }

    var id: ID<BackupBody>
    var status: Status
    @OrNull var note: String?
    var created_at: Date
    @OrNull var finished_at: Date?
    @OrNull var size: Int64?
    @OrNull var sha256: String?
    /// Rows by table.
    var tables: [String: Int64]
    /// Nobody's are the schedule's.
    @OrNull var created_by: Int64?
    /// Why it failed.
    @OrNull var error: String?
}

extension BackupBody: Row {
    static let columns = "id, status, note, created_at, finished_at, size, sha256, tables, created_by, error"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        status = Status(rawValue: try cells.next()) ?? .failed
        _note = OrNull(wrappedValue: try cells.next())
        created_at = try cells.next()
        _finished_at = OrNull(wrappedValue: try cells.next())
        _size = OrNull(wrappedValue: try cells.next())
        _sha256 = OrNull(wrappedValue: try cells.next())
        tables = try cells.next(json: [String: Int64].self)
        _created_by = OrNull(wrappedValue: try cells.next())
        _error = OrNull(wrappedValue: try cells.next())
    }
}

extension Query where Result == [BackupBody] {
    static func backups(_ cut: Cut) -> Self {
        """
        SELECT \(columns: BackupBody.self)
        FROM reporting.backup
        ORDER BY id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == BackupBody? {
    static func backup(_ id: ID<BackupBody>) -> Self {
        "SELECT \(columns: BackupBody.self) FROM reporting.backup WHERE id = \(id)"
    }

    /// No row while another is under way.
    static func orderBackup(note: String?, by user: Int64?, at now: Date) -> Self {
        """
        INSERT INTO reporting.backup (status, note, created_by, created_at)
        VALUES ('pending', \(note as String?), \(user as Int64?), \(now))
        ON CONFLICT DO NOTHING
        RETURNING \(columns: BackupBody.self)
        """
    }

    /// The one that waits to be made, or whose maker is not heard of any more.
    static func takeBackup(by instance: String, until end: Date, at now: Date) -> Self {
        """
        UPDATE reporting.backup
        SET leased_by = \(instance), leased_until = \(end)
        WHERE status = 'pending' AND (leased_until IS NULL OR leased_until <= \(now))
        RETURNING \(columns: BackupBody.self)
        """
    }
}

extension Query where Result == Int64 {
    static var countBackups: Self { "SELECT count(*) FROM reporting.backup" }
}

extension Query where Result == String? {
    static func fileOfBackup(_ id: ID<BackupBody>) -> Self {
        "SELECT file FROM reporting.backup WHERE id = \(id) AND status = 'ready'"
    }

    /// No row for one that is under way.
    static func removeBackup(_ id: ID<BackupBody>) -> Self {
        "DELETE FROM reporting.backup WHERE id = \(id) AND status <> 'pending' RETURNING coalesce(file, '')"
    }
}

extension Query where Result == [String] {
    /// Files of the schedule's own that are too many; what somebody asked for stays until somebody removes it.
    static func removeOldBackups(keeping count: Int) -> Self {
        """
        DELETE FROM reporting.backup
        WHERE id IN (
            SELECT id FROM reporting.backup
            WHERE created_by IS NULL AND status <> 'pending'
            ORDER BY (status = 'ready') DESC, id DESC
            OFFSET \(count)
        )
        RETURNING coalesce(file, '')
        """
    }
}

extension Query where Result == RowCount {
    static func holdBackup(_ id: ID<BackupBody>, by instance: String, until end: Date) -> Self {
        """
        UPDATE reporting.backup SET leased_until = \(end)
        WHERE id = \(id) AND status = 'pending' AND leased_by = \(instance)
        """
    }

    /// No row when another instance has taken it over.
    static func finishBackup(
        _ id: ID<BackupBody>, by instance: String, file: String, size: Int64, sha256: String,
        tables: [String: Int64], at now: Date
    ) -> Self {
        """
        UPDATE reporting.backup
        SET status = 'ready', finished_at = \(now), file = \(file), size = \(size), sha256 = \(sha256),
            tables = \(json: tables)
        WHERE id = \(id) AND status = 'pending' AND leased_by = \(instance)
        """
    }

    static func failBackup(_ id: ID<BackupBody>, by instance: String, error: String, at now: Date) -> Self {
        """
        UPDATE reporting.backup SET status = 'failed', finished_at = \(now), error = \(error)
        WHERE id = \(id) AND status = 'pending' AND leased_by = \(instance)
        """
    }
}
