import Core
import Sockets

/// A body that is made while it is sent: an export of a million rows, a backup. It is held in memory nowhere, and it
/// waits for its reader.
///
///     Download(
///         BodyStream { body in
///             for try await page in pages { try await body.write(page) }
///         }, fileName: "sessions.csv")
///
/// What is thrown before the first byte becomes an ordinary answer. Behind it the connection is torn, so that nobody
/// takes a part for the whole.
package struct BodyStream: Sendable {
    /// Where it is known: more or fewer bytes than that are a defect, and tear the connection.
    package let length: Int?
    let make: @Sendable (BodyWriter) async throws -> Void

    package init(length: Int? = nil, _ make: @escaping @Sendable (BodyWriter) async throws -> Void) {
        self.length = length
        self.make = make
    }
}

/// Where a body goes that is made while it is sent.
///
/// Confined to its connection's loop; that is what `@unchecked Sendable` stands for. The task that makes the body
/// prefers that loop.
package final class BodyWriter: @unchecked Sendable {
    /// Why a body cannot be sent to its end.
    enum Failure: Error, Equatable {
        /// The client has gone, or the answer came too late.
        case nobodyWaits
        case longerThanSaid
        case shorterThanSaid
    }

    private let connection: Connection
    private let framing: ResponseWriter.Framing
    /// Puts the head of the answer in front of the first byte.
    private let begin: () -> Void
    /// Tells that something was written, so that the clock of a silent side starts anew.
    private let wrote: () -> Void
    private(set) var hasBegun = false
    private var isOver = false
    private var left: Int?
    private var waiting: CheckedContinuation<Void, any Error>?

    /// Written at once, then the reader is looked after; as much as one packet from a fast producer.
    private static let piece = 64 * 1_024

    init(
        _ connection: Connection, _ framing: ResponseWriter.Framing, begin: @escaping () -> Void,
        wrote: @escaping () -> Void
    ) {
        self.connection = connection
        self.framing = framing
        self.begin = begin
        self.wrote = wrote
        if case .fixed(let length) = framing { left = length }
    }

    /// Sends some of the body; returns when there is room for more.
    ///
    /// Throws: when nobody waits for it any more. Let it pass through.
    package func write(_ bytes: [UInt8]) async throws {
        connection.loop.checkIsolated()
        precondition(waiting == nil, "a body is written by one task, one piece after the other")
        var start = 0
        while start < bytes.count {
            let piece = bytes[start..<min(start + Self.piece, bytes.count)]
            try put(piece)
            start = piece.endIndex
            if connection.pendingOutput > connection.limits.highWater {
                try await withCheckedThrowingContinuation { waiting = $0 }
            }
        }
    }

    package func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    private func put(_ piece: ArraySlice<UInt8>) throws {
        guard !isOver, connection.isOpen else { throw Failure.nobodyWaits }
        if let left {
            guard piece.count <= left else { throw Failure.longerThanSaid }
            self.left = left - piece.count
        }
        start()
        connection.write { output in
            if framing == .chunked { output.append(contentsOf: "\(String(piece.count, radix: 16))\r\n".utf8) }
            output.append(contentsOf: piece)
            if framing == .chunked { output.append(contentsOf: "\r\n".utf8) }
        }
        wrote()
    }

    private func start() {
        guard !hasBegun else { return }
        hasBegun = true
        begin()
    }

    /// The body is whole.
    func end() throws {
        guard !isOver, connection.isOpen else { throw Failure.nobodyWaits }
        guard left ?? 0 == 0 else { throw Failure.shorterThanSaid }
        start()
        if framing == .chunked { connection.write(Array("0\r\n\r\n".utf8)) }
        isOver = true
    }

    /// Nobody waits for the rest.
    func stop() {
        isOver = true
        waiting?.resume(throwing: Failure.nobodyWaits)
        waiting = nil
    }

    func drained() {
        waiting?.resume()
        waiting = nil
    }
}
