import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Mail
import Postgres
import Sockets

struct ExportInput: Codable, Sendable {
    /// The account's own where it is missing.
    var email: Text<0, 254>?
}

struct ExportPath: Codable, Sendable {
    var task_id: String
}

struct FilePath: Codable, Sendable {
    var filename: String
}

struct ExportAsked: Codable, Sendable {
    var task_id: String
}

/// How far an export is; what does not belong to its state is left out.
struct ExportStatus: Codable, Equatable, Sendable {
    struct Result: Codable, Equatable, Sendable {
        var status: String
        var filename: String
        var download_url: String
    }

    var state: ExportTask.State
    var current: Int64?
    var total: Int64?
    var result: Result?
    var error: String?
}

extension Reporting {
    @RouteTable var exportRoutes: [GuardedRoute] {
        Route(.post, "/api/user/export-csv", askForExport).failing("Failed to export")
            .summary("The own parking history as CSV, made in the background").limited(by: .exports).needs(
                .user)
        Route(.get, "/api/user/export-status/:task_id", showExport).failing("Failed to get export")
            .summary("How far an export is").needs(.user)
        Route(.get, "/api/user/download-csv/:filename", downloadExport).failing("Failed to get file")
            .summary("A finished export").needs(.user)
    }

    func askForExport(_ call: Call<None, None, ExportInput>) async throws -> Accepted<ExportAsked> {
        let user = call.identified.user
        let account: ExportOwner = try await host.database.run(
            "SELECT username, email FROM accounts_view.account WHERE user_id = \(user)")
        let wanted = call.body.email.map(\.text) ?? ""
        let email = wanted.isEmpty ? account.email : wanted
        guard Mailbox(address: email) != nil else {
            throw ReportingRefusal.invalid(field: "email", email.isEmpty ? "is missing" : "is no address")
        }
        let now = host.clock.now
        let task = Hex.text(SecureRandom.bytes(16))
        try await host.database.run(
            """
            INSERT INTO reporting.export_task (task_id, user_id, email, filename, asked_at)
            VALUES (\(task), \(user), \(email), \(Self.filename(for: account.username, at: now)), \(now))
            """)
        exportBell.ring()
        return Accepted(ExportAsked(task_id: task))
    }

    /// `parking_history_jan_20261120_103000.csv`
    private static func filename(for username: String, at now: Date) -> String {
        let name = username.map {
            $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_"
        }
        let text = Timestamp.text(now).prefix(19)
        let moment = text.filter(\.isNumber)
        return "parking_history_\(String(name))_\(moment.prefix(8))_\(moment.suffix(6)).csv"
    }

    func showExport(_ call: Call<ExportPath, None, None>) async throws -> OK<ExportStatus> {
        guard
            let task = try await host.database.run(.exportTask(call.path.task_id, of: call.identified.user))
        else { throw ReportingRefusal.noSuchExport }
        switch task.state {
        case .pending: return OK(ExportStatus(state: .pending))
        case .progress: return OK(ExportStatus(state: .progress, current: task.done, total: task.total))
        case .failure: return OK(ExportStatus(state: .failure, error: task.error ?? ""))
        case .success:
            return OK(
                ExportStatus(
                    state: .success,
                    result: .init(
                        status: "completed", filename: task.filename, download_url: downloadURL(of: task))))
        }
    }

    func downloadExport(_ call: Call<FilePath, None, None>) async throws -> Download<CSVFile> {
        let name = call.path.filename
        guard let task = try await host.database.run(.export(named: name, of: call.identified.user)) else {
            throw ReportingRefusal.noSuchExport
        }
        let file = ExportFile(folder: settings.exportFolder, task: task.id)
        guard file.exists else { throw ReportingRefusal.noSuchExport }
        return Download(
            BodyStream { body in
                var offset: UInt64 = 0
                while true {
                    let piece = try await file.read(from: offset)
                    guard !piece.isEmpty else { return }
                    try await body.write(piece)
                    offset += UInt64(piece.count)
                }
            }, fileName: task.filename)
    }
}

/// Whose export it is.
private struct ExportOwner: RowDecodable {
    let username: String
    let email: String

    init(_ cells: inout Cells) throws {
        username = try cells.next()
        email = try cells.next()
    }
}
