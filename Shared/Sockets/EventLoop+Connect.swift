import CEpoll
import Core
import Glibc

extension EventLoop {
    /// Opens a connection to `address`. Loop thread only.
    ///
    /// Throws: `SocketError`; with `ETIMEDOUT` when there was no answer within `timeout`.
    package func connect(
        to address: SocketAddress, timeout: Duration, limits: Connection.Limits = .init()
    ) async throws -> Connection {
        checkIsolated()
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket") }
        do {
            if address.withRaw({ Glibc.connect(descriptor, $0, $1) }) != 0 {
                guard errno == EINPROGRESS else { throw SocketError(call: "connect") }
                try await becomesWritable(descriptor, within: timeout)
                try checkConnected(descriptor)
            }
            return try Connection(descriptor: descriptor, remote: address, limits: limits, loop: self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private func becomesWritable(_ descriptor: Int32, within timeout: Duration) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let attempt = Attempt()
            do {
                attempt.watch = try watch(descriptor, .write) { _ in
                    attempt.finish()
                    continuation.resume()
                }
            } catch {
                return continuation.resume(throwing: error)
            }
            attempt.deadline = schedule(after: timeout) {
                attempt.finish()
                continuation.resume(throwing: SocketError(call: "connect", number: ETIMEDOUT))
            }
        }
    }

    private func checkConnected(_ descriptor: Int32) throws(SocketError) {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
        guard number == 0 else { throw SocketError(call: "connect", number: number) }
    }
}

/// A connection that is being opened: whichever comes first, the watch or the deadline, ends both.
private final class Attempt {
    var watch: Watch?
    var deadline: Deadline?

    func finish() {
        watch?.cancel()
        deadline?.cancel()
    }
}
