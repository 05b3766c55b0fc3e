/// What somebody does with the messages of a WebSocket. Everything is called on the connection's loop.
package protocol WebSocketHandler: AnyObject {
    /// A whole text message, proved to be UTF-8. The bytes are valid during the call only.
    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection)
    /// A whole binary message. The bytes are valid during the call only.
    func received(binary: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection)
    /// Waiting output fell below the low-water mark after having been above the high one.
    func drained(_ socket: WebSocketConnection)
    /// The last call: nothing is received any more and nothing can be sent.
    func ended(_ socket: WebSocketConnection, _ ending: Ending)
}

extension WebSocketHandler {
    /// Unless the handler says otherwise, binary messages are not understood. RFC 6455 §7.4.1.
    package func received(binary: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        socket.close(.unsupportedData, "text only")
    }

    package func drained(_ socket: WebSocketConnection) {}
}

/// Limits and deadlines of one WebSocket.
package struct WebSocketLimits: Sendable {
    package var messageBytes = 256 * 1_024
    package var fragments = 64
    /// Between pings; nil sends none.
    package var pingInterval: Duration? = .seconds(30)
    /// How long after a ping something must have arrived.
    package var pongPatience: Duration = .seconds(20)
    /// What a peer is told that stayed silent for longer; nil ends without a word, since nobody seems to listen.
    package var silenceCode: CloseCode?
    /// How long the peer may take to answer a Close frame.
    package var closePatience: Duration = .seconds(5)

    package init() {}
}
