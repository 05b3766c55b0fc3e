import Core
import Sockets

/// The place of one connection in its pool: shared, promised to a transaction, held by one, or waiting for the server.
final class ConnectionSlot {
    var connection: PostgresConnection?
    /// One whose handshake is under way.
    var opening: PostgresConnection?
    /// Who holds it alone.
    var lease: Lease?
    /// Who gets it as soon as it has nothing under way; nothing more is sent on it until then.
    var reservation: LeaseRequest?
    var failures = 0
    var wasConnected = false
    var retry: Deadline?

    var isShared: Bool {
        guard let connection, lease == nil, reservation == nil else { return false }
        return !connection.isCancelling
    }

    var isReserved: Bool { reservation != nil }
    var isQuiet: Bool { (connection?.depth ?? 0) == 0 && reservation == nil }
    var isIdle: Bool { isQuiet && lease == nil }
}

/// The right to use one connection alone.
final class Lease: Sendable {
    let slot: Int

    init(slot: Int) {
        self.slot = slot
    }
}

/// A transaction that waits for a connection. Touched on its loop's thread only.
final class LeaseRequest: @unchecked Sendable {
    let askedAt: MonotonicInstant
    var sequence: UInt64 = 0
    private(set) var isCancelled = false
    private var answer: CheckedContinuation<Lease, any Error>?

    init(askedAt: MonotonicInstant) {
        self.askedAt = askedAt
    }

    func awaitGrant(_ continuation: CheckedContinuation<Lease, any Error>) {
        answer = continuation
    }

    func cancel() {
        isCancelled = true
    }

    /// Returns whether somebody still wanted it.
    func grant(_ lease: Lease) -> Bool {
        guard !isCancelled, let waiting = answer else {
            fail(CancellationError())
            return false
        }
        answer = nil
        waiting.resume(returning: lease)
        return true
    }

    func fail(_ error: any Error) {
        answer?.resume(throwing: error)
        answer = nil
    }
}

/// Pauses that double from attempt to attempt and differ from client to client, so that a server that returns is not stormed.
enum Backoff {
    static func pause(after failures: Int, first: Duration, longest: Duration) -> Duration {
        let doubled = first * (1 << min(max(failures - 1, 0), 16))
        return min(doubled, longest) * Double.random(in: 0.5...1)
    }
}
