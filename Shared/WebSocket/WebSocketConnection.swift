package import Core
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
        /// Nothing is heard or said any more, though the transport may still be writing out.
        case over(Ending)
    }

    package let connection: Connection
    /// The subprotocol of the handshake.
    package let subprotocol: String?
    package var handler: (any WebSocketHandler)?
    /// When the peer last sent anything, be it only a Pong.
    package private(set) var lastHeard: MonotonicInstant

    private let limits: WebSocketLimits
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

    package init(
        _ connection: Connection, role: Role, subprotocol: String? = nil, deflate: DeflateAgreement? = nil,
        policy: DeflatePolicy = .init(), limits: WebSocketLimits = .init()
    ) {
        self.connection = connection
        self.subprotocol = subprotocol
        self.limits = limits
        lastHeard = connection.loop.now
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
            keepAlive = KeepAlive(interval: interval, patience: limits.pongPatience, now: lastHeard)
            watchTheClock()
        }
    }

    package var loop: EventLoop { connection.loop }
    package var role: Role { writer.role }
    /// Whether the handshake agreed on packed messages.
    package var isPacking: Bool { deflater != nil }
    package var isOpen: Bool {
        if case .open = state { connection.isOpen } else { false }
    }

    /// Bytes that the kernel has not taken yet: what a slow reader lets wait.
    package var pendingOutput: Int { connection.pendingOutput }

    /// How it ended; nil while it goes on.
    package var ending: Ending? {
        if case .over(let ending) = state { ending } else { nil }
    }

    package func send(text: String) {
        var text = text
        text.withUTF8 { send(.text, $0.span) }
    }

    package func send(_ kind: MessageKind, _ message: [UInt8]) { send(kind, message.span) }

    /// Sends a whole message; text must be UTF-8.
    package func send(_ kind: MessageKind, _ message: Span<UInt8>) {
        guard isOpen else { return }
        if let deflater, message.count >= deflateThreshold {
            var packed: [UInt8] = []
            deflater.pack(message, to: &packed)
            connection.write { writer.append(kind.opcode, isCompressed: true, packed.span, to: &$0) }
        } else {
            connection.write { writer.append(kind.opcode, message, to: &$0) }
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

    /// Appends whatever `produce` appends, also what breaks the protocol: for tests and for the simulator's bad
    /// manners.
    package func sendRaw(_ produce: (FrameWriter, inout [UInt8]) -> Void) {
        connection.write { produce(writer, &$0) }
    }

    /// The consumer is behind: nothing more is read until `resumeReading`, and messages behind the present one wait.
    package func pauseReading() {
        guard case .open = state else { return }
        isPaused = true
        connection.pauseReading()
    }

    package func resumeReading() {
        isPaused = false
        connection.resumeReading()
    }

    /// Ends without a word, as a broken cable does.
    package func abort() { connection.close() }

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

    /// Says the last word, if one is left to say, and leaves the rest to the transport. The handler hears of it now,
    /// not when the last packet was acknowledged: what counts as connected must not depend on a peer's manners.
    private func finish(_ ending: Ending) {
        connection.closeAfterFlush()
        end(ending)
    }

    private func end(_ ending: Ending) {
        if case .over = state { return }
        state = .over(ending)
        keepAlive = nil
        deadline?.cancel()
        deadline = nil
        let handler = handler
        self.handler = nil
        handler?.ended(self, ending)
    }

    package func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        lastHeard = loop.now
        keepAlive?.heard()
        let rules = FrameRules(
            role: writer.role, frameBytes: limits.messageBytes, messageBytes: limits.messageBytes,
            fragments: limits.fragments, allowsCompression: inflater != nil)
        var position = 0
        do throws(Violation) {
            while !isPaused, let event = try parser.next(in: bytes, from: &position, rules) {
                switch event {
                case .part(let part): try take(part, UnsafeBufferPointer(rebasing: bytes[part.range]))
                case .control(let opcode, let range):
                    try take(opcode, UnsafeBufferPointer(rebasing: bytes[range]))
                }
                if case .over = state { return bytes.count }
            }
            return position
        } catch {
            fail(error)
            return bytes.count
        }
    }

    /// Tells the peer what it did wrong, unless we have said goodbye already. RFC 6455 §7.1.7.
    private func fail(_ violation: Violation) {
        if case .closing(let first) = state { return finish(first) }
        say(violation.code, violation.reason)
        finish(Ending(violation.code, violation.reason, by: .ours))
    }

    private func take(_ part: FrameParser.Part, _ payload: UnsafeBufferPointer<UInt8>) throws(Violation) {
        // After our Close frame nobody listens, though the peer may still be talking.
        guard case .open = state else { return }
        switch try assembler.add(part, payload, inflater: inflater, limit: limits.messageBytes) {
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
            switch keepAlive?.due(at: loop.now, isDeaf: isPaused) {
            case .ping: ping()
            case .giveUp: return giveUp()
            case .wait, nil: break
            }
            watchTheClock()
        }
    }

    private func giveUp() {
        let silence = "no answer to a ping"
        guard let code = limits.silenceCode else {
            end(Ending(.abnormal, silence, by: .network))
            return connection.close()
        }
        say(code, silence)
        finish(Ending(code, silence, by: .ours))
    }

    package func drained(_ connection: Connection) { handler?.drained(self) }

    /// Without a Close frame first; what we have said already may still reach the peer.
    package func peerFinished(_ connection: Connection) {
        connection.closeAfterFlush()
        endByTransport(.peerClosed)
    }

    package func closed(_ connection: Connection, _ reason: CloseReason) {
        endByTransport(reason)
    }

    private func endByTransport(_ reason: CloseReason) {
        if case .closing(let ours) = state { return end(ours) }
        end(Ending(.abnormal, Self.words(for: reason), by: reason == .requested ? .ours : .network))
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
