import CEpoll
import Core
import Glibc

/// Accepts connections on one address, with a socket for each loop (SO_REUSEPORT), so that a connection lives and
/// dies on the loop that accepted it.
package final class Listener: Sendable {
    /// The address with the port that the kernel chose where 0 was asked for.
    package let address: SocketAddress
    private let acceptors: [Acceptor]

    private init(address: SocketAddress, acceptors: [Acceptor]) {
        self.address = address
        self.acceptors = acceptors
    }

    /// Listens on every loop.
    ///
    /// - Parameters:
    ///   - address: `0.0.0.0` for all of IPv4, `::` for both families.
    ///   - accept: called on the connection's loop; must set its handler before it returns.
    ///
    /// Throws: `SocketError` naming the call, such as `bind: Address already in use`.
    package static func open(
        _ address: SocketAddress, on loops: EventLoops, limits: Connection.Limits = .init(),
        accept: @escaping @Sendable (Connection) -> Void
    ) async throws -> Listener {
        var descriptors: [Int32] = []
        var bound = address
        do throws(SocketError) {
            for _ in loops.all {
                let descriptor = try listen(bound)
                descriptors.append(descriptor)
                bound = try localAddress(of: descriptor)
            }
        } catch {
            for descriptor in descriptors { Glibc.close(descriptor) }
            throw error
        }
        var acceptors: [Acceptor] = []
        for (loop, descriptor) in zip(loops.all, descriptors) {
            let acceptor = Acceptor(descriptor: descriptor, limits: limits, loop: loop, accept: accept)
            try await loop.run { try acceptor.start() }
            acceptors.append(acceptor)
        }
        return Listener(address: bound, acceptors: acceptors)
    }

    /// Stops listening. Who was waiting in the kernel's queue is accepted first; accepted connections stay.
    package func close() async {
        for acceptor in acceptors {
            // Stopping does not throw; only the way to the loop is written as if it could.
            try? await acceptor.loop.run { acceptor.stop() }
        }
    }

    private static func listen(_ address: SocketAddress) throws(SocketError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket") }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, size)
        if address.family == AF_INET6 {
            var no: Int32 = 0
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, size)
        }
        guard address.withRaw({ bind(descriptor, $0, $1) }) == 0 else {
            throw closing(descriptor, after: "bind")
        }
        // The kernel cuts this to its own net.core.somaxconn.
        guard Glibc.listen(descriptor, 4_096) == 0 else { throw closing(descriptor, after: "listen") }
        return descriptor
    }

    private static func closing(_ descriptor: Int32, after call: String) -> SocketError {
        let error = SocketError(call: call)
        Glibc.close(descriptor)
        return error
    }

    private static func localAddress(of descriptor: Int32) throws(SocketError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failure = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard failure == 0, let address = SocketAddress(storage) else {
            throw SocketError(call: "getsockname")
        }
        return address
    }
}

/// The listening socket of one loop. Touched on that loop's thread only.
private final class Acceptor: @unchecked Sendable {
    let loop: EventLoop
    private let descriptor: Int32
    private let limits: Connection.Limits
    private let accept: @Sendable (Connection) -> Void
    private var watch: Watch?
    private var connections = 0
    private var isStopped = false

    init(
        descriptor: Int32, limits: Connection.Limits, loop: EventLoop,
        accept: @escaping @Sendable (Connection) -> Void
    ) {
        self.descriptor = descriptor
        self.limits = limits
        self.loop = loop
        self.accept = accept
    }

    func start() throws(SocketError) {
        watch = try loop.watch(descriptor, .read) { [unowned self] _ in
            acceptBurst(most: limits.acceptsPerTurn)
        }
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        acceptBurst(most: .max)
        watch?.cancel()
        watch = nil
        close(descriptor)
    }

    private func acceptBurst(most: Int) {
        var left = most
        while left > 0, connections < limits.connectionsPerLoop {
            left -= 1
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept4(
                        descriptor, $0, &length, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
                }
            }
            guard accepted >= 0 else {
                // A caller that gave up while it waited is nobody's error; no descriptors left is a matter of time.
                if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM { pause() }
                return
            }
            welcome(accepted, storage)
        }
        if connections >= limits.connectionsPerLoop { watch?.interest = [] }
    }

    private func welcome(_ accepted: Int32, _ storage: sockaddr_storage) {
        guard let remote = SocketAddress(storage),
            // Only a process without memory for one more watch gets here without a connection.
            let connection = try? Connection(descriptor: accepted, remote: remote, limits: limits, loop: loop)
        else {
            close(accepted)
            return
        }
        connections += 1
        connection.onClose = { [self] in
            connections -= 1
            if !isStopped { watch?.interest = .read }
        }
        accept(connection)
    }

    /// Out of descriptors or memory: looks again in a moment instead of spinning on a queue it cannot empty.
    private func pause() {
        watch?.interest = []
        loop.schedule(after: .milliseconds(100)) { [self] in
            if !isStopped { watch?.interest = .read }
        }
    }
}
