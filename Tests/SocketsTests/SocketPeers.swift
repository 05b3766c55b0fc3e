import Core
import Sockets

/// Sends back what it hears.
final class Echo: ConnectionHandler {
    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        connection.write(Array(bytes))
        return bytes.count
    }
    func closed(_ connection: Connection, _ reason: CloseReason) {}
}

/// Collects what arrives until the connection ends, and then tells how it ended.
final class Listening: ConnectionHandler {
    struct Heard: Sendable {
        var bytes: [UInt8]
        var reason: CloseReason
    }

    private var bytes: [UInt8] = []
    private let continuation: CheckedContinuation<Heard, Never>

    init(_ continuation: CheckedContinuation<Heard, Never>) {
        self.continuation = continuation
    }

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        self.bytes.append(contentsOf: bytes)
        return bytes.count
    }
    func closed(_ connection: Connection, _ reason: CloseReason) {
        continuation.resume(returning: Heard(bytes: bytes, reason: reason))
    }
}

/// A handler made of closures, for the one thing that a test is about.
final class Scripted: ConnectionHandler {
    var onBytes: (UnsafeMutableBufferPointer<UInt8>, Connection) -> Int = { bytes, _ in bytes.count }
    var onDrained: (Connection) -> Void = { _ in }
    var onClosed: (CloseReason) -> Void = { _ in }

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        onBytes(bytes, connection)
    }
    func drained(_ connection: Connection) { onDrained(connection) }
    func closed(_ connection: Connection, _ reason: CloseReason) { onClosed(reason) }
}

/// A listener with loops of its own, for one test.
func withServer<Result: Sendable>(
    loops count: Int = 1, limits: Connection.Limits = .init(), host: String = "127.0.0.1",
    accept: @escaping @Sendable (Connection) -> Void,
    _ body: @Sendable @escaping (SocketAddress, EventLoop) async throws -> Result
) async throws -> Result {
    let loops = try EventLoops(count: count)
    guard let any = SocketAddress(host: host, port: 0) else {
        throw SocketError(call: "inet_pton", number: 0)
    }
    let listener = try await Listener.open(any, on: loops, limits: limits, accept: accept)
    let loop = loops.next()
    let result = try await Task(executorPreference: loop) { try await body(listener.address, loop) }.value
    await listener.close()
    await loops.stop()
    return result
}

/// Connects on the loop, says `text` and hears until the end.
func converse(
    with address: SocketAddress, on loop: EventLoop, saying text: String = "",
    _ prepare: (Connection) -> Void = { _ in }
) async throws -> Listening.Heard {
    let connection = try await loop.connect(to: address, timeout: .seconds(5))
    prepare(connection)
    return await withCheckedContinuation { continuation in
        connection.handler = Listening(continuation)
        connection.write(Array(text.utf8))
    }
}
