import Core
package import Sockets

/// One WebSocket over a connection whose handshake is done. Confined to its loop.
///
/// While it is idle it holds no buffer: frames are read where they arrive, and a message that stands whole in the
/// receive buffer is handed on from there.
package final class WebSocketConnection: ConnectionHandler {
    private enum State {
        case open
        /// Our Close frame is out; the peer's is waited for.
        case closing(Ending)
        case closed
    }

    package let connection: Connection
    /// The subprotocol of the handshake.
    package let subprotocol: String?
    package var handler: (any WebSocketHandler)?

    private let limits: WebSocketLimits
    private let rules: FrameRules
    private let writer: FrameWriter
    private var parser = FrameParser()
    private var assembler = MessageAssembler()
    private let inflater: MessageInflater?
    private let deflater: MessageDeflater?
    private let deflateThreshold: Int
    private var keepAlive: KeepAlive?
    private var deadline: Deadline?
    private var state = State.open
    private var isPaused = false
    private var ending: Ending?

    package init(
        _ connection: Connection, role: Role, subprotocol: String? = nil, deflate: DeflateAgreement? = nil,
        policy: DeflatePolicy = .init(), limits: WebSocketLimits = .init()
    ) {
        self.connection = connection
        self.subprotocol = subprotocol
        self.limits = limits
        rules = FrameRules(
            role: role, frameBytes: limits.messageBytes, messageBytes: limits.messageBytes,
            fragments: limits.fragments, allowsCompression: deflate != nil)
        writer = FrameWriter(role)
        deflateThreshold = policy.threshold
        inflater = deflate.map {
            MessageInflater(keepsContext: role == .server ? $0.clientKeepsContext : $0.serverKeepsContext)
        }
        deflater = deflate.map {
            MessageDeflater(
                windowBits: role == .server ? $0.serverWindowBits : $0.clientWindowBits,
                keepsContext: role == .server ? $0.serverKeepsContext : $0.clientKeepsContext,
                level: policy.level)
        }
        connection.handler = self
        if let interval = limits.pingInterval {
            keepAlive = KeepAlive(interval: interval, patience: limits.pongPatience, now: connection.loop.now)
            watchTheClock()
        }
    }

    package var loop: EventLoop { connection.loop }
    package var isOpen: Bool {
        if case .open = state { connection.isOpen } else { false }
    }

    /// Bytes that the kernel has not taken yet: what a slow reader lets wait.
    package var pendingOutput: Int { connection.pendingOutput }

    package func send(text: String) { send(.text, Array(text.utf8)) }

    package func send(_ kind: MessageKind, _ message: [UInt8]) {
        guard isOpen else { return }
        if let deflater, message.count >= deflateThreshold {
            var packed: [UInt8] = []
            deflater.pack(message.span, to: &packed)
            connection.write { writer.append(kind.opcode, isCompressed: true, packed.span, to: &$0) }
        } else {
            connection.write { writer.append(kind.opcode, message.span, to: &$0) }
        }
    }

    /// Sends what `produce` appends as one text message, without a copy where nothing is to be packed.
    package func sendText(_ produce: (inout [UInt8]) -> Void) {
        guard isOpen else { return }
        guard deflater == nil else {
            var message: [UInt8] = []
            produce(&message)
            return send(.text, message)
        }
        connection.write { writer.append(.text, to: &$0, produce) }
    }

    /// Asks the peer for a sign of life, beside the regular pings.
    package func ping(_ payload: [UInt8] = []) {
        guard isOpen else { return }
        let cut = Array(payload.prefix(longestControl))
        connection.write { writer.append(.ping, cut.span, to: &$0) }
    }

    /// The consumer is behind: nothing more is read until `resumeReading`.
    package func pauseReading() {
        isPaused = true
        connection.pauseReading()
    }

    package func resumeReading() {
        isPaused = false
        connection.resumeReading()
    }

    /// Begins the closing handshake; what was sent before still goes out. RFC 6455 §7.1.2.
    package func close(_ code: CloseCode = .normal, _ reason: String = "") {
        guard case .open = state else { return }
        say(code, reason)
        state = .closing(Ending(code, reason, by: .ours))
        keepAlive = nil
        deadline?.cancel()
        deadline = loop.schedule(after: limits.closePatience) { [unowned self] in connection.close() }
        // The peer's Close frame stands behind whatever the consumer has not read.
        if isPaused { resumeReading() }
    }

    private func say(_ code: CloseCode, _ reason: String) {
        let payload = ClosePayload.bytes(code, reason)
        connection.write { writer.append(.close, payload.span, to: &$0) }
    }

    /// Ends without waiting for the peer: it broke the rules, or has said its last word.
    private func finish(_ ending: Ending) {
        self.ending = ending
        state = .closed
        keepAlive = nil
        deadline?.cancel()
        deadline = nil
        connection.closeAfterFlush()
    }

    package func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        keepAlive?.heard()
        var position = 0
        do throws(Violation) {
            while !isPaused, let event = try nextEvent(in: bytes, from: &position) {
                switch event {
                case .part(let part): try take(part, UnsafeBufferPointer(rebasing: bytes[part.range]))
                case .control(let opcode, let range):
                    try take(opcode, UnsafeBufferPointer(rebasing: bytes[range]))
                }
            }
        } catch {
            if case .closing(let first) = state {
                finish(first)
            } else {
                say(error.code, error.reason)
                finish(Ending(error.code, error.reason, by: .ours))
            }
        }
        if case .closed = state { return bytes.count }
        return position
    }

    private func nextEvent(
        in bytes: UnsafeMutableBufferPointer<UInt8>, from position: inout Int
    ) throws(Violation) -> FrameParser.Event? {
        if case .closed = state { return nil }
        return try parser.next(in: bytes, from: &position, rules)
    }

    private func take(_ part: FrameParser.Part, _ payload: UnsafeBufferPointer<UInt8>) throws(Violation) {
        let outcome = try assembler.add(part, payload, inflater: inflater, limit: limits.messageBytes)
        // After our Close frame nobody listens, though the peer may still be talking.
        guard case .open = state else { return }
        switch outcome {
        case .incomplete: break
        case .inPlace: deliver(part.kind, payload)
        case .assembled(let message): message.withUnsafeBufferPointer { deliver(part.kind, $0) }
        }
    }

    private func deliver(_ kind: MessageKind, _ message: UnsafeBufferPointer<UInt8>) {
        switch kind {
        case .text: handler?.received(text: message, on: self)
        case .binary: handler?.received(binary: message, on: self)
        }
    }

    private func take(_ opcode: Opcode, _ payload: UnsafeBufferPointer<UInt8>) throws(Violation) {
        switch opcode {
        case .ping:
            guard isOpen else { return }
            connection.write { writer.append(.pong, payload.span, to: &$0) }
        case .close:
            let (code, reason) = try ClosePayload.parse(payload)
            if case .closing(let first) = state { return finish(first) }
            say(code, "")
            finish(Ending(code, reason, by: .peer))
        default:
            // A Pong is a sign of life like any other byte.
            break
        }
    }

    private func watchTheClock() {
        guard let next = keepAlive?.next else { return }
        deadline = loop.schedule(at: next) { [unowned self] in
            switch keepAlive?.due(at: .now, isDeaf: isPaused) {
            case .ping: connection.write { writer.append(.ping, [UInt8]().span, to: &$0) }
            case .giveUp:
                ending = Ending(.abnormal, "no answer to a ping", by: .network)
                return connection.close()
            case .wait, nil: break
            }
            watchTheClock()
        }
    }

    package func drained(_ connection: Connection) { handler?.drained(self) }

    package func closed(_ connection: Connection, _ reason: CloseReason) {
        deadline?.cancel()
        deadline = nil
        keepAlive = nil
        let last: Ending
        if let ending {
            last = ending
        } else if case .closing(let first) = state {
            last = first
        } else {
            last = Ending(.abnormal, Self.words(for: reason), by: .network)
        }
        state = .closed
        let handler = handler
        self.handler = nil
        handler?.ended(self, last)
    }

    private static func words(for reason: CloseReason) -> String {
        switch reason {
        case .requested: "closed"
        case .peerClosed: "the peer left without a Close frame"
        case .failed(let error): "\(error)"
        case .slowReader: "the peer reads too slowly"
        case .inputTooLarge: "too much input"
        }
    }
}
