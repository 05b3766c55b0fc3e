import Core
package import Sockets

/// One connection to a server, for tests and tools on this side of the proxy: requests one after the other, plain TCP.
/// Calls to other people's servers go through libcurl, in Outbound.
///
/// Confined to its loop; that is what `@unchecked Sendable` stands for.
package final class HTTPClient: ConnectionHandler, @unchecked Sendable {
    /// Why there is no answer.
    package enum Failure: Error, Equatable {
        case closed(CloseReason)
        case malformed(MalformedRequest)
        case timedOut
    }

    private let connection: Connection
    private let limits: Limits
    private let host: String
    private var parser: ResponseParser
    private var waiting: CheckedContinuation<ReceivedResponse, any Error>?
    private var deadline: Deadline?
    private var end: Failure?

    private init(_ connection: Connection, host: String, limits: Limits) {
        self.connection = connection
        self.host = host
        self.limits = limits
        parser = ResponseParser(limits: limits)
    }

    /// Connects. Loop thread only, like everything else of a client.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, timeout: Duration = .seconds(5),
        limits: Limits = .init(), wire: Connection.Limits = .init()
    ) async throws -> HTTPClient {
        let connection = try await loop.connect(to: address, timeout: timeout, limits: wire)
        let client = HTTPClient(connection, host: address.description, limits: limits)
        connection.handler = client
        return client
    }

    /// Sends one request and waits for its answer.
    ///
    /// Throws: `Failure`.
    package func send(
        _ method: Method, _ target: String, headers: Headers = .init(), body: [UInt8] = [],
        timeout: Duration = .seconds(15)
    ) async throws -> ReceivedResponse {
        precondition(waiting == nil, "a client sends one request at a time")
        if let end { throw end }
        parser = ResponseParser(limits: limits, isForHead: method == .head)
        return try await withCheckedThrowingContinuation { continuation in
            waiting = continuation
            deadline = connection.loop.schedule(after: timeout) { [self] in fail(.timedOut) }
            connection.write { output in
                output.append(contentsOf: "\(method.rawValue) \(target) HTTP/1.1\r\n".utf8)
                if headers["Host"] == nil { output.append(contentsOf: "Host: \(host)\r\n".utf8) }
                for field in headers.fields {
                    output.append(contentsOf: "\(field.name): \(field.value)\r\n".utf8)
                }
                if !body.isEmpty || method == .post || method == .put || method == .patch {
                    output.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8)
                }
                output.append(contentsOf: "\r\n".utf8)
                output.append(contentsOf: body)
            }
        }
    }

    package func close() { connection.close() }

    /// Lets another protocol have the connection, behind an answer with 101.
    package func handOver() -> Connection {
        connection.handler = nil
        return connection
    }

    package func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        // Bytes that nobody asked for may belong to the protocol that takes over.
        guard waiting != nil else { return 0 }
        do throws(MalformedRequest) {
            let (used, response) = try parser.take(UnsafeBufferPointer(bytes).span)
            if let response { answer(response) }
            if response?.status == 101 { connection.pauseReading() }
            return used
        } catch {
            fail(.malformed(error))
            return bytes.count
        }
    }

    package func closed(_ connection: Connection, _ reason: CloseReason) {
        if reason == .peerClosed, let response = parser.ended() { answer(response) }
        fail(.closed(reason))
    }

    private func answer(_ response: ReceivedResponse) {
        deadline?.cancel()
        waiting?.resume(returning: response)
        waiting = nil
    }

    private func fail(_ failure: Failure) {
        end = end ?? failure
        deadline?.cancel()
        waiting?.resume(throwing: failure)
        waiting = nil
        connection.close()
    }
}
