import Core
import FoundationEssentials
import HTTP
import Lifecycle
import Postgres
import Telemetry

extension Host {
    /// One line and two figures for each request, at whichever door it came in.
    ///
    /// - Parameter kept: also writes down what changed something or failed, for `/log/back`.
    static func telling(_ metrics: Metrics, _ log: Log, _ kept: BackLog?) -> @Sendable (RequestEvent) -> Void
    {
        let requests = metrics.counters(
            "voltbus_http_requests_total", "Requests by how they ended.",
            labels: ["method", "route", "status"])
        let seconds = metrics.histograms(
            "voltbus_http_request_seconds", "How long requests took.", labels: ["method", "route"])
        return { event in
            let route = event.route.isEmpty ? "none" : event.route
            requests.with(event.method, route, String(event.status)).add()
            let duration = Duration.microseconds(Int64(event.milliseconds * 1_000))
            seconds.with(event.method, route).observe(duration)
            kept?.note(event)
            let level = level(of: event)
            guard log.writes(level) else { return }
            var line = LogEvent(
                "http.request", level, ["method": .text(event.method), "route": .text(route)])
            line["status"] = .count(event.status)
            line["ms"] = .number(event.milliseconds)
            line["request"] = .text(event.requestID)
            line["client"] = .text(event.client)
            line["user"] = event.user.map { .integer($0) }
            line["error"] = event.innerError.map { .text($0) }
            for note in event.notes { line[note.name] = note.value }
            log.write(line)
        }
    }

    /// Probes come every few seconds and would drown the rest.
    private static func level(of event: RequestEvent) -> LogLevel {
        if ["/health", "/ready", "/metrics"].contains(event.route) { return .debug }
        return event.status >= 500 ? .error : .info
    }

    /// Writes this service's part of the API's document, as soon as the database lets it.
    func publish(_ part: OpenAPI.Part) async {
        let query: Query<Void> = """
            INSERT INTO \(raw: service.schema).api_part AS kept (part, version, written_at)
            VALUES (\(json: part), \(Program.version), \(clock.now))
            ON CONFLICT (only_one) DO UPDATE
            SET part = excluded.part, version = excluded.version, written_at = excluded.written_at
            WHERE kept.part <> excluded.part OR kept.version <> excluded.version
            """
        while !Task.isCancelled {
            do {
                try await database.run(query)
                return
            } catch {
                log.warning("host.api_part_unwritten", ["error": .text("\(error)")])
                // Cancelled: the loop ends.
                try? await sleep(for: .seconds(5))
            }
        }
    }
}
