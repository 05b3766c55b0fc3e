internal import CLibPQ
import Core
import Sockets

/// What libpq needs to reach the server: the URL's keywords, and what every session of ours is given.
struct ConnectionParameters: Sendable {
    private(set) var keywords: [String: String]

    init(_ settings: DatabaseSettings) throws(DatabaseError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(settings.url, &message) else {
            // libpq's own words quote the URL, password included.
            PQfreemem(message)
            throw DatabaseError(.badConfiguration, "The database's URL is not one.")
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        keywords.merge(settings.overrides) { _, override in override }
        var session = settings.sessionParameters
        session["timezone"] = "UTC"
        session["idle_in_transaction_session_timeout"] =
            "\(settings.limits.idleInTransaction.wholeMilliseconds)"
        // A server whose client has gone should notice before it has finished the statement.
        session["client_connection_check_interval"] = "10s"
        let own = session.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(Self.escaped($0.value))" }
        keywords["options"] = ([keywords["options"]].compactMap(\.self) + own).joined(separator: " ")
        keywords["client_encoding"] = "UTF8"
        keywords["application_name", default: settings.name] = keywords["application_name"] ?? settings.name
        keywords["keepalives_idle"] = keywords["keepalives_idle"] ?? "30"
        keywords["tcp_user_timeout"] = keywords["tcp_user_timeout"] ?? "20000"
        self.keywords = keywords
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
    }

    /// With the host's address looked up off the loop: libpq would look it up on it, and block.
    func resolved() async throws -> ConnectionParameters {
        guard let host = keywords["host"], !host.isEmpty, !host.hasPrefix("/"), !host.contains(","),
            keywords["hostaddr"] == nil
        else { return self }
        let addresses = try await SocketAddress.resolve(host, port: Int(keywords["port"] ?? "") ?? 5_432)
        var copy = self
        copy.keywords["host"] = addresses.map { _ in host }.joined(separator: ",")
        copy.keywords["hostaddr"] = addresses.map(\.host).joined(separator: ",")
        return copy
    }
}
