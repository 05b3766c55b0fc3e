import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A report that somebody asked for, as its owner sees it (api.md 4.10: Report).
struct DocumentBody: Codable, Sendable {
    enum Kind: String, Codable, CaseIterable, Sendable {
        case usage = "Usage"
        case cost = "Cost"
        case statistics = "Statistics"
        case invoice = "Invoice"
    }

    enum Scope: String, Codable, CaseIterable, Sendable {
        case own = "self"
        case all
    }

    enum Format: String, Codable, CaseIterable, Sendable {
        case pdf, csv, xlsx

        var mediaType: String {
            switch self {
            case .pdf: "application/pdf"
            case .csv: "text/csv; charset=utf-8"
            case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        }
    }

    enum Status: String, Codable, CaseIterable, Sendable {
        case pending, ready, failed
    }

    var id: ID<DocumentBody>
    var type: Kind
    var scope: Scope
    var format: Format
    var from: Date
    /// Before it, not at it.
    var to: Date
    var status: Status
    /// Rows that have been written so far.
    var rows: Int64
    @OrNull var error: String?
    @OrNull var generated_on: Date?
    var generated_by: Int64
    @OrNull var size: Int64?
    @OrNull var download_url: String?

    var fileName: String { "report-\(id.number).\(format.rawValue)" }
}

extension DocumentBody: Row {
    static let columns = """
        id, type, scope, format, begins_at, ends_at, status, rows_done, error, finished_at, user_id, size
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        type = Kind(rawValue: try cells.next()) ?? .usage
        scope = Scope(rawValue: try cells.next()) ?? .own
        format = Format(rawValue: try cells.next()) ?? .pdf
        from = try cells.next()
        to = try cells.next()
        status = Status(rawValue: try cells.next()) ?? .failed
        rows = try cells.next()
        _error = OrNull(wrappedValue: try cells.next())
        _generated_on = OrNull(wrappedValue: try cells.next())
        generated_by = try cells.next()
        _size = OrNull(wrappedValue: try cells.next())
        _download_url = OrNull(wrappedValue: nil)
    }
}

extension Query where Result == [DocumentBody] {
    static func documents(of user: Int64?, _ type: DocumentBody.Kind?, _ cut: Cut) -> Self {
        """
        SELECT \(columns: DocumentBody.self)
        FROM reporting.document
        WHERE \(SQL.documents(of: user, type))
        ORDER BY id \(cut.direction)
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }

    static func documents(before date: Date, limit: Int) -> Self {
        """
        SELECT \(columns: DocumentBody.self)
        FROM reporting.document
        WHERE asked_at < \(date) AND status <> 'pending'
        ORDER BY id
        LIMIT \(limit)
        """
    }
}

extension Query where Result == Int64 {
    static func countDocuments(of user: Int64?, _ type: DocumentBody.Kind?) -> Self {
        "SELECT count(*) FROM reporting.document WHERE \(SQL.documents(of: user, type))"
    }
}

extension SQL {
    fileprivate static func documents(of user: Int64?, _ type: DocumentBody.Kind?) -> SQL {
        var conditions: [SQL] = []
        if let user { conditions.append("user_id = \(user)") }
        if let type { conditions.append("type = \(type.rawValue)") }
        return conditions.joined(by: " AND ", otherwise: "true")
    }
}

extension Query where Result == DocumentBody? {
    static func document(_ id: ID<DocumentBody>) -> Self {
        "SELECT \(columns: DocumentBody.self) FROM reporting.document WHERE id = \(id)"
    }

    /// The one that has waited longest, or whose maker is not heard of any more.
    static func takeDocument(until end: Date, at now: Date) -> Self {
        """
        UPDATE reporting.document
        SET leased_until = \(end), attempts = attempts + 1
        WHERE id = (
            SELECT id FROM reporting.document
            WHERE status = 'pending' AND (leased_until IS NULL OR leased_until <= \(now))
            ORDER BY id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        RETURNING \(columns: DocumentBody.self)
        """
    }

    /// No row for one that is being made.
    static func removeDocument(_ id: ID<DocumentBody>) -> Self {
        """
        DELETE FROM reporting.document WHERE id = \(id) AND status <> 'pending'
        RETURNING \(columns: DocumentBody.self)
        """
    }
}

enum DocumentFile: FileKind {
    static var mediaTypes: [String] { DocumentBody.Format.allCases.map(\.mediaType) }
}
