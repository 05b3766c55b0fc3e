import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// One run of a scheduled job of any service.
struct JobRunBody: Codable, Equatable, Sendable, RowDecodable {
    var service: String
    var job: String
    /// The day or the month that it was about; empty for what runs every few seconds.
    var key: String
    var started_at: Date
    @OrNull var finished_at: Date?
    /// `running`, `done`, `failed`.
    var result: String
    /// Why it failed, or what it did.
    @OrNull var detail: String?

    init(_ cells: inout Cells) throws {
        service = try cells.next()
        job = try cells.next()
        key = try cells.next()
        started_at = try cells.next()
        _finished_at = OrNull(wrappedValue: try cells.next())
        result = try cells.next()
        _detail = OrNull(wrappedValue: try cells.next())
    }
}

struct JobQuery: Codable, Sendable, PageParameters {
    var job: Text<1, 100>?
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
}

extension SQL {
    fileprivate static func runs(of job: String?) -> SQL {
        """
        SELECT service, job, key, started_at, finished_at, state, coalesce(error, result::text) AS detail
        FROM (
            SELECT 'accounts' AS service, job, key, started_at, finished_at, state, error, result
            FROM accounts_view.job_run
            UNION ALL
            SELECT 'billing', job, key, started_at, finished_at, state, error, result FROM billing_view.job_run
            UNION ALL
            SELECT 'gateway', job, key, started_at, finished_at, state, error, result FROM gateway_view.job_run
            UNION ALL
            SELECT 'reporting', job, key, started_at, finished_at, state, error, result FROM reporting_view.job_run
        ) AS run
        WHERE \(job as String?)::text IS NULL OR job = \(job as String?)
        """
    }
}

extension Query where Result == [JobRunBody] {
    static func jobRuns(of job: String?, cut: Cut) -> Self {
        """
        SELECT service, job, key, started_at, finished_at, state, detail
        FROM (\(SQL.runs(of: job))) AS run
        ORDER BY started_at \(cut.direction), service, job, key
        LIMIT \(cut.limit)
        OFFSET \(cut.offset)
        """
    }
}

extension Reporting {
    func listJobRuns(_ call: Call<None, JobQuery, None>) async throws -> PagedList<JobRunBody> {
        let (database, job) = (host.database, call.query.job?.text)
        return try await PagedList(call.query) {
            Int(try await database.run("SELECT count(*) FROM (\(SQL.runs(of: job))) AS run") as Int64)
        } rows: { cut in
            try await database.run(.jobRuns(of: job, cut: cut))
        }
    }
}
