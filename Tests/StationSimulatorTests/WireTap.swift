import Sockets
import WebSocket

/// Stands between a connection and its WebSocket, and keeps what came over the wire as it came.
final class WireTap: ConnectionHandler {
    private let socket: WebSocketConnection
    private let heard: ([UInt8]) -> Void
    /// How much of what comes next was seen already: the rest that the socket could not use yet.
    private var seen = 0

    init(_ socket: WebSocketConnection, heard: @escaping ([UInt8]) -> Void) {
        self.socket = socket
        self.heard = heard
    }

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        // Before the socket unmasks it in place.
        heard(Array(bytes[seen...]))
        let count = bytes.count
        let used = socket.receive(bytes, on: connection)
        seen = count - used
        return used
    }

    func peerFinished(_ connection: Connection) { socket.peerFinished(connection) }
    func drained(_ connection: Connection) { socket.drained(connection) }
    func closed(_ connection: Connection, _ reason: CloseReason) { socket.closed(connection, reason) }
}

extension TestCentral {
    /// Takes a stream apart by RFC 6455 §5.2, by the book and without the parser under test.
    static func frames(in stream: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = stream[...]
        while rest.count >= 2 {
            let first = rest.removeFirst()
            let second = rest.removeFirst()
            var length = Int(second & 0x7F)
            let longer = length == 126 ? 2 : length == 127 ? 8 : 0
            if longer > 0 { length = rest.prefix(longer).reduce(0) { $0 << 8 | Int($1) } }
            rest = rest.dropFirst(longer + (second & 0x80 != 0 ? 4 : 0))
            frames.append(
                Frame(
                    opcode: first & 0x0F, isFinal: first & 0x80 != 0, isCompressed: first & 0x40 != 0,
                    isMasked: second & 0x80 != 0, length: length, isWhole: rest.count >= length))
            rest = rest.dropFirst(length)
        }
        return frames
    }
}
