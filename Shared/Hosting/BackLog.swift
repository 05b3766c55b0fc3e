import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres
import Telemetry

/// What operators read as `/log/back` (api.md 4.12): requests that changed something and requests that failed. Written
/// behind, and the first to be given up.
struct BackLog: Sendable {
    private struct Line: Sendable {
        let at: Date
        let level: String
        let category: String
        let text: String
    }

    private let database: Database
    private let service: Service
    private let clock: Clock
    private let lines: WriteBehind<Line>

    /// Lines that one statement removes.
    private static let portion = 5_000

    init(of service: Service, into database: Database, clock: Clock, metrics: Metrics) {
        self.database = database
        self.service = service
        self.clock = clock
        let lost = metrics.counters(
            "voltbus_back_log_lost_total", "Lines of the log of requests that were given up.", labels: [])
        lines = WriteBehind(
            into: database, most: 10_000, lost: lost.with(), size: { $0.text.utf8.count + 96 }
        ) { rows in
            """
            INSERT INTO \(raw: service.schema).back_log (logged_at, level, category, text)
            SELECT logged_at, level, category, text
            FROM unnest(\(each: rows, \.at), \(each: rows, \.level), \(each: rows, \.category), \(each: rows, \.text))
                AS row (logged_at, level, category, text)
            """
        }
    }

    func note(_ event: RequestEvent) {
        let isReading = ["GET", "HEAD", "OPTIONS"].contains(event.method)
        guard event.status >= 400 || !isReading, event.route.hasPrefix("/") else { return }
        // Never the path as it came: it may hold what a person would not want in a log.
        var text = "\(event.method) \(event.route) \(event.status)"
        if let user = event.user { text += " user \(user)" }
        text += " from \(event.client) request \(event.requestID)"
        let level = event.status >= 500 ? "error" : event.status >= 400 ? "warning" : "info"
        lines.add(
            Line(at: clock.now, level: level, category: Self.category(of: event), text: text))
    }

    /// What the request was about: the first word of its route that names a thing.
    private static func category(of event: RequestEvent) -> String {
        if event.status == 401 { return "auth" }
        let words = event.route.split(separator: "/").filter { !["api", "v1"].contains($0) }
        guard let first = words.first, !first.hasPrefix(":") else { return "other" }
        return ["auth", "2fa"].contains(first) ? "auth" : String(first)
    }

    func run(on host: Host) async { await lines.run(on: host) }

    /// Returns how many lines went.
    func forget(before moment: Date) async throws -> Int {
        var forgotten = 0
        while true {
            let gone: RowCount = try await database.run(
                """
                DELETE FROM \(raw: service.schema).back_log
                WHERE id IN (
                    SELECT id FROM \(raw: service.schema).back_log
                    WHERE logged_at < \(moment)
                    ORDER BY logged_at
                    LIMIT \(Self.portion)
                )
                """)
            forgotten += gone.count
            if gone.count < Self.portion { return forgotten }
        }
    }
}
