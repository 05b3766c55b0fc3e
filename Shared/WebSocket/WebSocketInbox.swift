/// Messages one by one, for those who would rather wait for them than be called: tests, the simulator, tools.
/// Confined to its loop; that is what `@unchecked Sendable` stands for.
package final class WebSocketInbox: WebSocketHandler, @unchecked Sendable {
    package enum Message: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
    }

    package let socket: WebSocketConnection
    private var messages: [Message] = []
    private var waiting: CheckedContinuation<Message?, Never>?
    package private(set) var ending: Ending?

    /// Messages that may wait before reading pauses.
    private static let most = 64

    /// Becomes the socket's handler.
    package init(_ socket: WebSocketConnection) {
        self.socket = socket
        socket.handler = self
        // After a handshake as client the connection waits for somebody to read.
        socket.resumeReading()
    }

    /// The next message; nil once the socket has ended and everything before was taken.
    package func next() async -> Message? {
        if !messages.isEmpty {
            defer { if messages.count < Self.most { socket.resumeReading() } }
            return messages.removeFirst()
        }
        guard ending == nil else { return nil }
        precondition(waiting == nil, "one waits at a time")
        return await withCheckedContinuation { waiting = $0 }
    }

    package func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        put(.text(String(decoding: text, as: UTF8.self)))
    }

    package func received(binary: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        put(.binary(Array(binary)))
    }

    private func put(_ message: Message) {
        if let waiting {
            self.waiting = nil
            return waiting.resume(returning: message)
        }
        messages.append(message)
        if messages.count >= Self.most { socket.pauseReading() }
    }

    package func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        self.ending = ending
        waiting?.resume(returning: nil)
        waiting = nil
    }
}
