import Core

/// A whole answer. Length, date, connection and request id are the server's business.
package struct Response: Sendable {
    package var status: Status
    package var headers: Headers
    package var body: [UInt8]
    /// In the place of `body`: what is made while it is sent.
    package var stream: BodyStream?

    package init(_ status: Status, headers: Headers = .init(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func json(_ status: Status = .ok, _ value: some Encodable) -> Response {
        Response(
            status, headers: Headers([("Content-Type", "application/json")]), body: JSONWriter.encode(value))
    }

    package static func text(
        _ status: Status = .ok, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status, headers: Headers([("Content-Type", type)]), body: Array(text.utf8))
    }
}
