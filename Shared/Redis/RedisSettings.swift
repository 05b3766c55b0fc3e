/// Which Redis, and how much of everything.
package struct RedisSettings: Sendable {
    /// Where the server is.
    package enum Endpoint: Hashable, Sendable {
        case host(String, port: Int)
        case path(String)
        /// Wherever one of these sentinels says that the master of this name is now.
        case sentinels([Place], master: String)
    }

    /// A host by name or number, and a port there.
    package struct Place: Hashable, Sendable {
        package var host: String
        package var port: Int

        package init(_ host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package var endpoint: Endpoint
    package var database = 0
    package var user: String?
    /// Never printed.
    package var password: String?
    /// What the sentinels themselves ask for; never printed.
    package var sentinelPassword: String?
    /// What `CLIENT LIST` shows.
    package var name = "voltbus"
    package var limits = Limits()

    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    package struct Limits: Sendable {
        /// From the call to the answer, unless the call says otherwise.
        package var command: Duration = .seconds(2)
        package var connect: Duration = .seconds(2)
        /// Commands of one loop that wait for an answer or for a connection that is being opened.
        package var inFlight = 10_000
        package var firstReconnect: Duration = .milliseconds(50)
        package var longestReconnect: Duration = .seconds(2)
        /// How long a subscribing connection may be silent before it is asked whether it still lives.
        package var keepAlive: Duration = .seconds(15)

        package init() {}
    }
}

extension RedisSettings {
    /// Reads `redis://user:password@host:port/database`, `unix:///run/redis.sock?db=1` (also `redis+unix:`), or
    /// `redis+sentinel://user:password@one:26379,two:26379/master/database?sentinel_password=…`.
    ///
    /// Throws: `RedisError` whose message names the mistake but never repeats the URL, which may hold a password.
    package init(url: String) throws(RedisError) {
        if let rest = url.dropping(prefix: "redis://") {
            self = try Self(network: rest)
        } else if let rest = url.dropping(prefix: "unix://") ?? url.dropping(prefix: "redis+unix://") {
            self = try Self(local: rest)
        } else if let rest = url.dropping(prefix: "redis+sentinel://") {
            self = try Self(watched: rest)
        } else {
            throw RedisError(
                .badConfiguration, "The URL must begin with redis://, unix:// or redis+sentinel://.")
        }
    }

    private init(network text: Substring) throws(RedisError) {
        let (authority, path) = text.split(atFirst: "/")
        let (credentials, place) = authority.split(atLast: "@")
        let server = try Self.place(place, otherwise: 6_379)
        self.init(endpoint: .host(server.host, port: server.port))
        if let credentials { try read(credentials: credentials) }
        if let path, !path.isEmpty { database = try Self.database(path) }
    }

    private init(local text: Substring) throws(RedisError) {
        let (place, question) = text.split(atFirst: "?")
        let (credentials, path) = place.split(atLast: "@")
        guard let path = path.percentDecoded, path.hasPrefix("/") else {
            throw RedisError(.badConfiguration, "The socket's path must be absolute: unix:///run/redis.sock.")
        }
        self.init(endpoint: .path(path))
        if let credentials { try read(credentials: credentials) }
        for pair in question?.split(separator: "&") ?? [] {
            guard let number = pair.dropping(prefix: "db=") else { continue }
            database = try Self.database(number)
        }
    }

    private init(watched text: Substring) throws(RedisError) {
        let (address, question) = text.split(atFirst: "?")
        let (authority, path) = address.split(atFirst: "/")
        let (credentials, list) = authority.split(atLast: "@")
        let (name, number) = (path ?? "").split(atFirst: "/")
        guard let master = name.percentDecoded, !master.isEmpty else {
            throw RedisError(
                .badConfiguration, "The URL must name the master: redis+sentinel://one,two/master.")
        }
        var sentinels: [Place] = []
        for part in list.split(separator: ",") { sentinels.append(try Self.place(part, otherwise: 26_379)) }
        guard !sentinels.isEmpty else {
            throw RedisError(
                .badConfiguration, "The URL must name a sentinel: redis+sentinel://one,two/master.")
        }
        self.init(endpoint: .sentinels(sentinels, master: master))
        if let credentials { try read(credentials: credentials) }
        if let number, !number.isEmpty { database = try Self.database(number) }
        for pair in question?.split(separator: "&") ?? [] {
            guard let password = pair.dropping(prefix: "sentinel_password=") else { continue }
            guard let password = password.percentDecoded else {
                throw RedisError(.badConfiguration, "The sentinels' password has a wrong percent code.")
            }
            sentinelPassword = password
        }
    }

    private static func place(_ text: Substring, otherwise standard: Int) throws(RedisError) -> Place {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            port = rest.isEmpty ? nil : rest.dropping(prefix: ":") ?? "none"
        } else {
            (host, port) = text.split(atFirst: ":")
        }
        guard let number = port.map({ Int($0) }) ?? standard, (1...65_535).contains(number) else {
            throw RedisError(.badConfiguration, "The URL's port must be between 1 and 65535.")
        }
        return Place(host.isEmpty ? "127.0.0.1" : String(host), port: number)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw RedisError(.badConfiguration, "The URL's database must be a number.")
        }
        return number
    }

    private mutating func read(credentials: Substring) throws(RedisError) {
        let (user, password) = credentials.split(atFirst: ":")
        guard let user = user.percentDecoded, let password = (password ?? "").percentDecoded else {
            throw RedisError(.badConfiguration, "The URL's user or password has a wrong percent code.")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password.isEmpty ? nil : password
    }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func dropping(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }

    /// What stands before and behind the first `separator`; no second part without one.
    fileprivate func split(atFirst separator: Character) -> (Substring, Substring?) {
        guard let place = firstIndex(of: separator) else { return (self[...], nil) }
        return (self[..<place], self[index(after: place)...])
    }

    /// What stands before and behind the last `separator`; no first part without one.
    fileprivate func split(atLast separator: Character) -> (Substring?, Substring) {
        guard let place = lastIndex(of: separator) else { return (nil, self[...]) }
        return (self[..<place], self[index(after: place)...])
    }

    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.count >= 2
            else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
