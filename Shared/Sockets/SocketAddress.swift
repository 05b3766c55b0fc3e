import CEpoll
import Dispatch
import Glibc

/// Where a socket listens or connects to: an IPv4 or IPv6 address with its port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The numeric address as text, without brackets; for a scoped IPv6 address with `%` and the scope.
    package let host: String
    package let port: Int
    let family: Int32

    /// Reads a numeric address; nil for a name, which `resolve` looks up.
    package init?(host: String, port: Int) {
        guard (0...65_535).contains(port) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            family = AF_INET
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            family = AF_INET6
        } else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// Reads what the kernel filled in; nil for a family that is neither IPv4 nor IPv6.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(storage.ss_family) {
        case AF_INET:
            let (number, address) = withUnsafePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    ($0.pointee.sin_port, $0.pointee.sin_addr)
                }
            }
            var copy = address
            inet_ntop(AF_INET, &copy, &text, socklen_t(text.count))
            family = AF_INET
            port = Int(UInt16(bigEndian: number))
        case AF_INET6:
            let (number, address) = withUnsafePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    ($0.pointee.sin6_port, $0.pointee.sin6_addr)
                }
            }
            var copy = address
            inet_ntop(AF_INET6, &copy, &text, socklen_t(text.count))
            family = AF_INET6
            port = Int(UInt16(bigEndian: number))
        default:
            return nil
        }
        let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        let full = String(decoding: bytes, as: UTF8.self)
        // A dual-stack listener sees IPv4 callers as mapped addresses; everybody else knows them by their own.
        host = full.hasPrefix("::ffff:") && full.contains(".") ? String(full.dropFirst(7)) : full
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Looks a name up off the loop, since the resolver blocks. Numeric addresses answer at once.
    ///
    /// Throws: `SocketError` with the call `getaddrinfo` when the name is unknown or no server answered.
    package static func resolve(_ host: String, port: Int) async throws -> [SocketAddress] {
        if let numeric = SocketAddress(host: host, port: port) { return [numeric] }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try lookUp(host, port: port) })
            }
        }
    }

    private static func lookUp(_ host: String, port: Int) throws(SocketError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_family = AF_UNSPEC
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else {
            throw SocketError(call: "getaddrinfo", number: ENOENT)
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let raw = entry.ai_addr {
                var storage = sockaddr_storage()
                memcpy(&storage, raw, Int(entry.ai_addrlen))
                if let address = SocketAddress(storage) { found.append(address) }
            }
            next = entry.ai_next
        }
        return found
    }

    /// Calls `body` with the address in the kernel's form.
    func withRaw<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        var storage = sockaddr_storage()
        let length: Int
        if family == AF_INET {
            length = MemoryLayout<sockaddr_in>.size
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { raw in
                    raw.pointee.sin_family = sa_family_t(AF_INET)
                    raw.pointee.sin_port = UInt16(port).bigEndian
                    inet_pton(AF_INET, host, &raw.pointee.sin_addr)
                }
            }
        } else {
            length = MemoryLayout<sockaddr_in6>.size
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { raw in
                    raw.pointee.sin6_family = sa_family_t(AF_INET6)
                    raw.pointee.sin6_port = UInt16(port).bigEndian
                    inet_pton(AF_INET6, host, &raw.pointee.sin6_addr)
                }
            }
        }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
