package import Telemetry

/// What one request was and how it ended: filled on the way, told once at the end, for the log and the metrics.
package struct RequestEvent: Sendable {
    package var method: String
    /// The route's pattern, never the raw path: paths hold names and numbers of people.
    package var route: String
    /// 499 where the client was gone before the answer.
    package var status: Int
    package var milliseconds: Double
    package var requestID: String
    package var client: String
    package var user: Int64?
    /// What was thrown and is not the caller's business.
    package var innerError: String?
    /// What the handler added.
    package var notes: [(name: String, value: LogValue)] = []

    static let clientGone = 499

    init(_ request: Request) {
        method = request.method.rawValue
        route = ""
        status = 0
        milliseconds = 0
        requestID = request.id
        client = request.client
    }

    init(_ malformed: MalformedRequest, client: String, id: String) {
        method = Method.other.rawValue
        route = "malformed"
        status = malformed.status.rawValue
        milliseconds = 0
        requestID = id
        self.client = client
        innerError = malformed.reason
    }
}
