import Core
import Crypto
package import HTTP
package import Sockets

/// The opening handshake, both sides. RFC 6455 §4.
package enum Handshake {
    // RFC 6455 §1.3: appended to the key so that no server answers by accident.
    private static let salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    static func accept(for key: String) -> String { Base64.standard.text(SHA1.hash(key + salt)) }

    /// The subprotocols that a client offers, in its order and spelling.
    package static func subprotocols(of request: Request) -> [String] {
        request.headers.all("Sec-WebSocket-Protocol").flatMap { $0.split(separator: ",") }
            .map { $0.trimmingBlanks }.filter { !$0.isEmpty }
    }

    /// Whether a request asks for a WebSocket at all.
    package static func isAsked(by request: Request) -> Bool {
        request.headers.list("Upgrade").contains("websocket")
    }

    /// What is wrong with a handshake; nil when it may be accepted. RFC 6455 §4.2.1.
    private static func mistake(in request: Request) -> Problem? {
        guard request.method == .get else { return Problem(.badRequest, "a handshake is a GET") }
        guard request.headers.all("Sec-WebSocket-Version") == ["13"] else {
            return Problem(
                .upgradeRequired, "unknown WebSocket version", headers: ["Sec-WebSocket-Version": "13"])
        }
        let keys = request.headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, let key = Base64.standard.bytes(keys[0]), key.count == 16 else {
            return Problem(.badRequest, "malformed Sec-WebSocket-Key")
        }
        guard ExtensionOffer.parse(request.headers.all("Sec-WebSocket-Extensions")) != nil else {
            return Problem(.badRequest, "malformed Sec-WebSocket-Extensions")
        }
        return nil
    }

    /// Accepts a handshake, or refuses it where it is malformed. Who may connect is decided before.
    ///
    /// - Parameters:
    ///   - subprotocol: one of those that the client offers, or nil to name none.
    ///   - deflate: nil to offer no compression.
    ///   - begin: called on the loop with the open socket; must set its handler.
    package static func accept(
        _ request: Request, subprotocol: String? = nil, deflate: DeflatePolicy? = nil,
        limits: WebSocketLimits = .init(), begin: @escaping @Sendable (WebSocketConnection) -> Void
    ) -> Upgrade {
        if let problem = mistake(in: request) { return .failed(problem) }
        var headers = Headers([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept(for: request.headers["Sec-WebSocket-Key"] ?? "")),
        ])
        if let subprotocol { headers.add("Sec-WebSocket-Protocol", subprotocol) }
        let offers = ExtensionOffer.parse(request.headers.all("Sec-WebSocket-Extensions"))
        let choice = deflate.flatMap { policy in DeflateAgreement.choose(from: offers ?? [], policy) }
        if let choice { headers.add("Sec-WebSocket-Extensions", choice.entry.headerValue) }
        let agreement = choice?.agreement
        return .accepted(headers) { connection in
            begin(
                WebSocketConnection(
                    connection, role: .server, subprotocol: subprotocol, deflate: agreement,
                    policy: deflate ?? .init(), limits: limits))
        }
    }
}

/// Why a client got no WebSocket.
package enum HandshakeFailure: Error, Sendable {
    /// The server's own answer.
    case refused(ReceivedResponse)
    /// 101, but not as RFC 6455 §4.2.2 has it.
    case malformed(String)
}

extension WebSocketConnection {
    /// Opens a WebSocket to a server. Loop thread only.
    ///
    /// - Parameters:
    ///   - target: path and query, percent-encoded.
    ///   - headers: further fields, such as `Authorization`.
    ///   - wire: how much may wait on the connection below.
    ///
    /// Throws: `HandshakeFailure`, `HTTPClient.Failure`, `SocketError`.
    package static func open(
        _ target: String, at address: SocketAddress, on loop: EventLoop, headers: Headers = .init(),
        subprotocols: [String] = [], deflate: DeflatePolicy? = nil, limits: WebSocketLimits = .init(),
        wire: Connection.Limits = .init()
    ) async throws -> WebSocketConnection {
        let client = try await HTTPClient.connect(to: address, on: loop, wire: wire)
        let key = Base64.standard.text(SecureRandom.bytes(16))
        var fields = headers
        fields.add("Upgrade", "websocket")
        fields.add("Connection", "Upgrade")
        fields.add("Sec-WebSocket-Version", "13")
        fields.add("Sec-WebSocket-Key", key)
        if !subprotocols.isEmpty {
            fields.add("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
        }
        if let deflate { fields.add("Sec-WebSocket-Extensions", DeflateAgreement.offer(deflate).headerValue) }
        let answer = try await client.send(.get, target, headers: fields)
        do {
            guard answer.status == 101 else { throw HandshakeFailure.refused(answer) }
            let (subprotocol, agreement) = try agreed(answer.headers, key, subprotocols, deflate)
            let connection = client.handOver()
            guard connection.isOpen else { throw HandshakeFailure.malformed("closed behind the answer") }
            return WebSocketConnection(
                connection, role: .client, subprotocol: subprotocol, deflate: agreement,
                policy: deflate ?? .init(), limits: limits)
        } catch {
            client.close()
            throw error
        }
    }

    private static func agreed(
        _ headers: Headers, _ key: String, _ subprotocols: [String], _ policy: DeflatePolicy?
    ) throws(HandshakeFailure) -> (String?, DeflateAgreement?) {
        guard headers.list("Upgrade") == ["websocket"], headers.list("Connection").contains("upgrade") else {
            throw .malformed("no upgrade")
        }
        guard headers.all("Sec-WebSocket-Accept") == [Handshake.accept(for: key)] else {
            throw .malformed("wrong accept")
        }
        let chosen = headers.all("Sec-WebSocket-Protocol")
        let subprotocol = chosen.first
        guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else {
            throw .malformed("unasked subprotocol")
        }
        let entries = ExtensionOffer.parse(headers.all("Sec-WebSocket-Extensions"))
        guard let entries, entries.count <= 1 else { throw .malformed("unasked extension") }
        guard let entry = entries.first else { return (subprotocol, nil) }
        guard let policy, let agreement = DeflateAgreement(answer: entry, to: policy) else {
            throw .malformed("unasked extension")
        }
        return (subprotocol, agreement)
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
