import Core
import Sockets
import Testing

@Suite struct `An echo over loopback` {
    @Test func `comes back through both loops`() async throws {
        let loops = try EventLoops(count: 2)
        let listener = try await Listener.open(
            try #require(SocketAddress(host: "127.0.0.1", port: 0)), on: loops
        ) {
            $0.handler = Echo()
        }
        let address = listener.address

        for loop in loops.all {
            let answer = try await Task(executorPreference: loop) {
                try await Caller.ask("hello", of: address, on: loop)
            }.value
            #expect(answer == "hello")
        }

        await listener.close()
        await loops.stop()
    }
}

/// Sends back what it hears.
private final class Echo: ConnectionHandler {
    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        connection.write(Array(bytes))
        return bytes.count
    }
    func closed(_ connection: Connection, _ reason: CloseReason) {}
}

/// Asks once and waits for an answer of the same length.
private final class Caller: ConnectionHandler {
    private let expected: Int
    private let continuation: CheckedContinuation<String, any Error>

    private init(expected: Int, _ continuation: CheckedContinuation<String, any Error>) {
        self.expected = expected
        self.continuation = continuation
    }

    static func ask(_ text: String, of address: SocketAddress, on loop: EventLoop) async throws -> String {
        let connection = try await loop.connect(to: address, timeout: .seconds(5))
        return try await withCheckedThrowingContinuation { continuation in
            connection.handler = Caller(expected: text.utf8.count, continuation)
            connection.write(Array(text.utf8))
        }
    }

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        guard bytes.count >= expected else { return 0 }
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        connection.close()
        return bytes.count
    }
    func closed(_ connection: Connection, _ reason: CloseReason) {}
}
