package import Core
package import Sockets

/// A whole request, as it came.
package struct Request: Sendable {
    package var method: Method
    /// Percent-encoded, as it was sent, without the query; begins with a slash.
    package var path: String
    /// Behind the question mark, as it was sent; empty without one.
    package var query: String
    package var headers: Headers
    package var body: [UInt8]
    /// The other end of the socket: the proxy, where there is one.
    package var peer: SocketAddress
    /// The caller's address, read from forwarded headers only when a trusted proxy wrote them.
    package var client: String
    /// From the caller where it is well-formed, else new; in every answer and every log event.
    package var id: String
    package var received: MonotonicInstant

    package init(
        method: Method, path: String, query: String = "", headers: Headers = .init(), body: [UInt8] = [],
        peer: SocketAddress, client: String, id: String, received: MonotonicInstant
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.client = client
        self.id = id
        self.received = received
    }
}
