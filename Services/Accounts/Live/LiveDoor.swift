import HTTP
import Hosting
import WebSocket

/// Lets apps in: `/ws` and its other names.
struct LiveDoor: Sendable {
    let accounts: Accounts
    let hub: LiveHub

    private static let paths: Set<String> = ["/ws", "/websockets", "/api/v1/ws", "/api/v1/websockets"]

    /// Nil for a request that is no handshake.
    func decide(_ request: Request) async throws -> Upgrade? {
        let path =
            request.path.count > 1 && request.path.hasSuffix("/")
            ? String(request.path.dropLast()) : request.path
        guard Self.paths.contains(path), Handshake.isAsked(by: request) else { return nil }
        if let origin = request.headers["Origin"], !accounts.host.allows(origin: origin) {
            return .failed(Problem(.forbidden, "this origin may not connect"))
        }
        let header = request.headers["Authorization"].flatMap { value -> String? in
            let words = value.split(separator: " ", maxSplits: 1)
            return words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : nil
        }
        var limits = WebSocketLimits()
        limits.messageBytes = 64 * 1_024
        limits.pingInterval = .seconds(30)
        limits.pongPatience = .seconds(90)
        limits.silenceCode = CloseCode(rawValue: 4_408)
        let (hub, accounts) = (hub, accounts)
        return Handshake.accept(request, deflate: DeflatePolicy(), limits: limits) { socket in
            LiveSocket(socket, hub, accounts).begin(token: header)
        }
    }
}
