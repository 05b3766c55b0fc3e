import OCPP
package import Sockets

/// Where a station connects, and as whom.
package struct CentralSystem: Sendable {
    package var address: SocketAddress
    /// Up to the identity, with the last slash.
    package var path: String
    package var password: String?
    /// The subprotocols that are offered; none leaves the field out.
    package var subprotocols = [OCPPVersion.v16.subprotocol]

    package init(address: SocketAddress, path: String = "/", password: String? = nil) {
        self.address = address
        self.path = path.hasSuffix("/") ? path : path + "/"
        self.password = password
    }

    package enum BadURL: Error, Equatable, CustomStringConvertible {
        case notWebSocket
        case needsProxy
        case noHost
        case unknownHost(String)

        package var description: String {
            switch self {
            case .notWebSocket: "the address must begin with ws://"
            case .needsProxy: "wss:// ends at a proxy; give the ws:// address behind it"
            case .noHost: "the address names no host, or no valid port"
            case .unknownHost(let host): "there is no address for \(host)"
            }
        }
    }

    /// Reads `ws://host:port/path`; the port is 9001 where none is named.
    package static func at(_ url: String, password: String? = nil) async throws -> CentralSystem {
        guard !url.hasPrefix("wss://") else { throw BadURL.needsProxy }
        guard url.hasPrefix("ws://") else { throw BadURL.notWebSocket }
        let rest = url.dropFirst(5)
        let authority = rest.prefix { $0 != "/" }
        let (host, port) = try Self.hostAndPort(authority)
        let candidates: [SocketAddress]
        if let numeric = SocketAddress(host: host, port: port) {
            candidates = [numeric]
        } else {
            candidates = (try? await SocketAddress.resolve(host, port: port)) ?? []
        }
        guard let address = candidates.first else { throw BadURL.unknownHost(host) }
        return CentralSystem(
            address: address, path: String(rest.dropFirst(authority.count)), password: password)
    }

    private static func hostAndPort(_ authority: Substring) throws(BadURL) -> (String, Int) {
        var host = authority
        var port = 9_001
        // The colons of an IPv6 address stand within brackets.
        if let colon = authority.lastIndex(of: ":"), authority[colon...].allSatisfy({ $0 != "]" }) {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number)
            else { throw .noHost }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw .noHost }
        return (String(host), port)
    }

    /// Path and query of a station's handshake.
    package func target(of identity: String) -> String { path + Self.percentEncoded(identity) }

    private static func percentEncoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "*-_=:+@.".contains(character) {
                encoded.append(character)
            } else {
                encoded += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
    }
}
