package import Telemetry

/// What one request was and how it ended: filled on the way, told once at the end, for the log and the metrics.
package struct RequestEvent: Sendable {
    package var method: String
    /// The route's pattern, never the raw path: paths hold names and numbers of people.
    package var route: String
    package var status: Int
    package var milliseconds: Double
    package var requestID: String
    package var client: String
    package var user: Int64?
    /// What was thrown and is not the caller's business.
    package var innerError: String?
    /// What the handler added.
    package var notes: [(name: String, value: LogValue)] = []
}
