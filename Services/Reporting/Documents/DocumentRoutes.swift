import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct DocumentInput: Codable, Sendable {
    var type: DocumentBody.Kind
    var from: Text<1, 40>
    var to: Text<1, 40>
    var format: DocumentBody.Format?
    var scope: DocumentBody.Scope?
}

struct DocumentQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
    var type: DocumentBody.Kind?
}

extension Reporting {
    @RouteTable var documentRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/reports", listDocuments).failing("Failed to get reports")
            .summary("Reports that were asked for, page by page").needs(.user)
        Route(.post, "/api/v1/reports", orderDocument).failing("Failed to create report")
            .summary("Have a report made as PDF, CSV or XLSX").limited(by: .exports).idempotent.needs(.user)
        Route(.get, "/api/v1/reports/:id", showDocument).failing("Failed to get report")
            .summary("One report").needs(.user)
        Route(.get, "/api/v1/reports/:id/download", downloadDocument).failing("Failed to get report")
            .summary("One report as a file").needs(.user)
        Route(.delete, "/api/v1/reports/:id", removeDocument).failing("Failed to delete report")
            .summary("Remove a report").needs(.user)
    }

    private static let longestDocument: TimeInterval = 366 * 86_400

    private func linked(_ document: DocumentBody) -> DocumentBody {
        var document = document
        if document.status == .ready { document.download_url = documentURL(document.id) }
        return document
    }

    func documentURL(_ id: ID<DocumentBody>) -> String {
        "\(host.settings.backendURL)/api/v1/reports/\(id.number)/download"
    }

    func listDocuments(_ call: Call<None, DocumentQuery, None>) async throws -> PagedList<DocumentBody> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        let user = caller.isAdmin && query.all == true ? nil : caller.user
        return try await PagedList(query) {
            Int(try await database.run(.countDocuments(of: user, query.type)))
        } rows: { [self] cut in
            try await database.run(.documents(of: user, query.type, cut)).map(linked)
        }
    }

    func orderDocument(_ call: Call<None, None, DocumentInput>) async throws -> Accepted<DocumentBody> {
        let (input, caller) = (call.body, call.identified)
        let range = try ReportRange(from: input.from.text, to: input.to.text)
        guard range.end.timeIntervalSince(range.begin) <= Self.longestDocument else {
            throw ReportingRefusal.rangeTooLong(366)
        }
        let scope = input.scope ?? (input.type == .statistics ? .all : .own)
        if !caller.isAdmin {
            if input.type == .statistics { throw ReportingRefusal.foreignReport(field: "type") }
            if scope == .all { throw ReportingRefusal.foreignReport(field: "scope") }
        }
        let document: DocumentBody = try await host.database.run(
            """
            INSERT INTO reporting.document (type, scope, format, begins_at, ends_at, user_id, asked_at)
            VALUES (\(input.type.rawValue), \(scope.rawValue), \((input.format ?? .pdf).rawValue), \(range.begin),
                \(range.end), \(caller.user), \(host.clock.now))
            RETURNING \(columns: DocumentBody.self)
            """)
        documents.ring()
        return Accepted(document)
    }

    /// Throws: `ReportingRefusal.noSuchReport`, also for somebody else's.
    private func document(_ id: ID<DocumentBody>, of caller: Caller) async throws -> DocumentBody {
        guard let document = try await host.database.run(.document(id)),
            document.generated_by == caller.user || caller.isAdmin
        else { throw ReportingRefusal.noSuchReport }
        return document
    }

    func showDocument(_ call: Call<ByID<DocumentBody>, None, None>) async throws -> OK<DocumentBody> {
        OK(linked(try await document(call.path.id, of: call.identified)))
    }

    func downloadDocument(_ call: Call<ByID<DocumentBody>, None, None>) async throws -> Download<DocumentFile>
    {
        let document = try await document(call.path.id, of: call.identified)
        guard document.status == .ready else { throw ReportingRefusal.notMade(document.status.rawValue) }
        guard let file = StoredFile(document.fileName, in: Folder(settings.storageFolder)) else {
            throw ReportingRefusal.fileGone
        }
        let days = "\(CalendarDay(of: document.from, in: .gmt).text)"
        return Download(
            file.stream, type: document.format.mediaType,
            fileName: "\(document.type.rawValue.lowercased())-\(days).\(document.format.rawValue)")
    }

    func removeDocument(_ call: Call<ByID<DocumentBody>, None, None>) async throws -> NoContent {
        let id = call.path.id
        _ = try await document(id, of: call.identified)
        guard let gone = try await host.database.run(.removeDocument(id)) else {
            throw ReportingRefusal.notMade("pending")
        }
        Folder(settings.storageFolder).remove(gone.fileName)
        return NoContent()
    }

    /// EXPORT_RETENTION_DAYS.
    func forgetDocuments() async throws -> Int {
        let moment = host.clock.now - Double(settings.exportRetentionDays) * 86_400
        let old = try await host.database.run(.documents(before: moment, limit: 10_000))
        for document in old {
            // The file first: without its row nobody would look for it any more.
            Folder(settings.storageFolder).remove(document.fileName)
            _ = try await host.database.run(.removeDocument(document.id))
        }
        return old.count
    }
}
