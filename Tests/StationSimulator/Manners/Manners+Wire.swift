import OCPP
import Sockets
import WebSocket

// What bad manners do to the wire.

extension Manners {
    /// Sends a frame the way this station does.
    mutating func send(_ bytes: [UInt8], on socket: WebSocketConnection) {
        if allow(.sendsGarbage) { socket.send(.text, Array("\u{7}ÿ{[not json".utf8)) }
        if allow(.sendsBinary) { socket.send(.binary, [0, 1, 2, 0xFF]) }
        if allow(.poisonsQueue) {
            socket.send(.text, Array(#"[2,"poison","MeterValues",{"connectorId":{}}]"#.utf8))
        }
        if allow(.sendsTooMuch) { socket.send(.text, [UInt8](repeating: 0x20, count: 2 * 1_024 * 1_024)) }
        if allow(.compressesUnasked) {
            return socket.sendRaw { $0.append(.text, isCompressed: true, bytes.span, to: &$1) }
        }
        if allow(.dropsMidMessage) {
            socket.sendRaw { writer, output in
                let start = output.count
                writer.append(.text, bytes.span, to: &output)
                output.removeLast((output.count - start) / 2)
            }
            return socket.connection.closeAfterFlush()
        }
        guard allow(.splitsFrames), bytes.count > 2 else { return socket.send(.text, bytes) }
        let third = bytes.count / 3
        let (first, second, last) = (
            Array(bytes[..<third]), Array(bytes[third..<(2 * third)]), Array(bytes[(2 * third)...])
        )
        let nothing: [UInt8] = []
        socket.sendRaw { writer, output in
            writer.append(.text, isFinal: false, first.span, to: &output)
            writer.append(.ping, nothing.span, to: &output)
            writer.append(.continuation, isFinal: false, second.span, to: &output)
            writer.append(.continuation, last.span, to: &output)
        }
    }
}
