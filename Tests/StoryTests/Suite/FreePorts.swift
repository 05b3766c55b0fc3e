import Glibc
import Synchronization

/// Ports for one suite: nine in a row that nobody listens on.
enum FreePorts {
    struct None: Error {}

    private static let next = Mutex(Int.random(in: 2_000...4_000))

    static func take() throws(None) -> (first: Int, count: Int) {
        for _ in 0..<500 {
            // Below what the system gives to outgoing connections.
            let first = next.withLock { number in
                number = number >= 4_000 ? 2_000 : number + 1
                return 12_000 + (number - 2_000) * 9
            }
            if (first..<first + 9).allSatisfy(isFree) { return (first, 9) }
        }
        throw None()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
