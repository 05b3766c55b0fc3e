import CEpoll
import Core
import Glibc

/// Tells one connection from every other of the process: descriptor numbers come back, generations do not.
package struct ConnectionKey: Hashable, Sendable {
    package let descriptor: Int32
    package let generation: UInt32
}

/// What a protocol does with its connection. Everything is called on the connection's loop, never from inside a
/// call of the handler's own.
package protocol ConnectionHandler: AnyObject {
    /// Bytes that arrived; they are valid during the call only and may be changed in place.
    ///
    /// Returns how many were used. The rest comes again, in front of what follows; more than `carriedBytes` of it
    /// closes the connection.
    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int
    /// The peer will send nothing more, though it may still read. Unless the handler says otherwise, that is the end.
    func peerFinished(_ connection: Connection)
    /// Waiting output fell below the low-water mark after having been above the high one.
    func drained(_ connection: Connection)
    /// The last call; the connection is gone.
    func closed(_ connection: Connection, _ reason: CloseReason)
}

extension ConnectionHandler {
    package func peerFinished(_ connection: Connection) { connection.close(.peerClosed) }
    package func drained(_ connection: Connection) {}
}

/// A stream socket, confined to its loop. It reads when there is something to read, and writes once per turn of the
/// loop what was handed to it during the turn.
package final class Connection {
    package let loop: EventLoop
    package let key: ConnectionKey
    package let remote: SocketAddress
    package let limits: Limits
    package var handler: (any ConnectionHandler)?

    private enum State {
        case open
        /// Output is written out, then the writing side is shut.
        case finishing
        /// The writing side is shut; input is read away until the peer closes, so that no reset overtakes our last bytes.
        case lingering
        case closed
    }

    private var state = State.open
    private var watch: Watch?
    private var carried: [UInt8] = []
    private var output: [UInt8]?
    private var outputStart = 0
    private var isDirty = false
    private var isPaused = false
    private var isAboveHighWater = false
    private var lingerDeadline: Deadline?
    var onClose: (() -> Void)?

    init(descriptor: Int32, remote: SocketAddress, limits: Limits, loop: EventLoop) throws(SocketError) {
        self.loop = loop
        self.remote = remote
        self.limits = limits
        key = ConnectionKey(descriptor: descriptor, generation: loop.nextConnectionGeneration())
        configure(descriptor)
        // The loop keeps an open connection alive through its watch; closing lets go of both.
        watch = try loop.watch(descriptor, .read) { readiness in self.onReady(readiness) }
    }

    deinit {
        precondition(state == .closed, "a connection must be closed before it is let go")
    }

    private func configure(_ descriptor: Int32) {
        func set(_ level: Int32, _ name: Int32, _ value: Int32) {
            var value = value
            // A kernel that lacks one of these options serves all the same.
            setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, limits.keepAliveIdleSeconds)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, limits.keepAliveIntervalSeconds)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
        // Unacknowledged output counts against the same patience as silence.
        let patience = limits.keepAliveIdleSeconds + 4 * limits.keepAliveIntervalSeconds
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, patience * 1_000)
    }

    package var isOpen: Bool { state == .open }

    /// Bytes that the kernel has not taken yet.
    package var pendingOutput: Int { (output?.count ?? 0) - outputStart }

    package func pauseReading() {
        isPaused = true
        updateInterest()
    }

    package func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        updateInterest()
        // What was left unused before the pause must not wait for the next packet.
        guard !carried.isEmpty, state == .open else { return }
        loop.beforeWaiting { [self] in offerCarried() }
    }

    private func updateInterest() {
        guard let watch else { return }
        var interest: Interest = []
        if !isPaused || state == .lingering { interest.insert(.read) }
        if pendingOutput > 0, !isDirty { interest.insert(.write) }
        watch.interest = interest
    }

    private func onReady(_ readiness: DescriptorReadiness) {
        if readiness.contains(.write) { flush() }
        guard state != .closed else { return }
        if readiness.contains(.read) {
            read()
        } else if readiness.contains(.error) || readiness.contains(.hangup) {
            close(.failed(pendingError()))
        }
    }

    private func pendingError() -> SocketError {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(key.descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
        return SocketError(call: "socket", number: number == 0 ? EPIPE : number)
    }

    private func read() {
        let input = loop.buffers.input
        let count = Glibc.read(key.descriptor, input.baseAddress, input.count)
        guard count > 0 else {
            if count == 0 { return peerFinished() }
            guard errno != EAGAIN, errno != EINTR else { return }
            return close(.failed(SocketError(call: "read")))
        }
        guard state == .open else { return }
        let arrived = UnsafeMutableBufferPointer(rebasing: input[..<count])
        if carried.isEmpty {
            let used = offer(arrived)
            guard state == .open, used < count else { return }
            carried.append(contentsOf: arrived[used...])
            checkCarried()
        } else {
            carried.append(contentsOf: arrived)
            offerCarried()
        }
    }

    private func offer(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard let handler else { return bytes.count }
        let used = handler.receive(bytes, on: self)
        precondition((0...bytes.count).contains(used), "a handler used bytes that it was not given")
        return used
    }

    private func offerCarried() {
        guard state == .open, !carried.isEmpty, !isPaused else { return }
        // Taken out for the call, so that a handler that closes or pauses meets a consistent connection.
        var bytes = carried
        carried = []
        let used = bytes.withUnsafeMutableBufferPointer { offer($0) }
        guard state == .open, used < bytes.count else { return }
        bytes.removeFirst(used)
        carried = bytes
        checkCarried()
    }

    private func checkCarried() {
        if carried.count > limits.carriedBytes { close(.inputTooLarge) }
    }

    private func peerFinished() {
        guard state == .open, let handler else { return close(.peerClosed) }
        // Told once: a level-triggered end of input would come again with every turn.
        pauseReading()
        handler.peerFinished(self)
    }

    package func write(_ bytes: Span<UInt8>) {
        write { output in
            bytes.withUnsafeBufferPointer { output.append(contentsOf: $0) }
        }
    }

    package func write(_ bytes: [UInt8]) {
        write { $0.append(contentsOf: bytes) }
    }

    /// Appends straight to the output buffer; the bytes leave at the end of this turn of the loop. After the
    /// connection has begun to close nothing more is taken.
    package func write(_ produce: (inout [UInt8]) -> Void) {
        guard state == .open else { return }
        // Taken out of the property while it grows, or each append would copy it.
        var buffer = output ?? loop.buffers.takeOutput()
        output = nil
        produce(&buffer)
        output = buffer
        if pendingOutput > limits.outputBytes { return close(.slowReader) }
        if pendingOutput > limits.highWater { isAboveHighWater = true }
        guard !isDirty else { return }
        isDirty = true
        loop.beforeWaiting { [self] in
            isDirty = false
            flush()
        }
    }

    private func flush() {
        guard state == .open || state == .finishing else { return }
        while let buffer = output, outputStart < buffer.count {
            let sent = buffer.withUnsafeBytes { bytes in
                let waiting = UnsafeRawBufferPointer(rebasing: bytes[outputStart...])
                return send(key.descriptor, waiting.baseAddress, waiting.count, Int32(MSG_NOSIGNAL))
            }
            if sent >= 0 {
                outputStart += sent
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return close(.failed(SocketError(call: "send")))
            }
        }
        if pendingOutput == 0 { releaseOutput() }
        updateInterest()
        if isAboveHighWater, pendingOutput < limits.lowWater {
            isAboveHighWater = false
            handler?.drained(self)
        }
        if state == .finishing, pendingOutput == 0 { linger() }
    }

    private func releaseOutput() {
        outputStart = 0
        guard let buffer = output else { return }
        output = nil
        loop.buffers.giveBack(buffer)
    }

    /// Writes out what waits, then closes in good order; nothing more is read or taken.
    package func closeAfterFlush() {
        guard state == .open else { return }
        state = .finishing
        isPaused = true
        carried = []
        lingerDeadline = loop.schedule(after: .seconds(limits.lingerSeconds)) { [unowned self] in close() }
        if !isDirty { flush() }
    }

    private func linger() {
        state = .lingering
        shutdown(key.descriptor, Int32(SHUT_WR))
        updateInterest()
    }

    /// Ends the connection at once, and so that the peer cannot take it for a good end.
    package func reset() {
        guard state != .closed else { return }
        var now = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(key.descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Ends the connection at once; output that the kernel has not taken is lost.
    package func close(_ reason: CloseReason = .requested) {
        guard state != .closed else { return }
        state = .closed
        lingerDeadline?.cancel()
        lingerDeadline = nil
        watch?.cancel()
        watch = nil
        Glibc.close(key.descriptor)
        carried = []
        releaseOutput()
        // At the end of the turn, so that no handler hears of the end from inside its own call.
        loop.beforeWaiting { [self] in
            let handler = handler
            self.handler = nil
            handler?.closed(self, reason)
            onClose?()
            onClose = nil
        }
    }
}
