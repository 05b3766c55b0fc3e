/// A request to somebody else's server. `https` only; `http` to this very machine, where there is nobody to listen.
package struct OutboundRequest: Sendable {
    package var method: Method
    package var url: String
    package var headers: [(name: String, value: String)]
    /// Not sent with a GET.
    package var body: [UInt8]
    package var timeout: Duration
    /// How many redirections a GET follows, to https only; other methods follow none.
    package var redirections: Int

    package init(
        _ method: Method = .get, _ url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(10), redirections: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.redirections = redirections
    }

    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }
}

/// What the other server answered.
package struct OutboundResponse: Sendable {
    package var status: Int
    /// Names in lower case, in the order in which they came.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package subscript(header name: String) -> String? {
        headers.first { $0.name == name.lowercased() }?.value
    }
}
