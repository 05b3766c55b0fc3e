import CHiredis
import Sockets

/// One connection to Redis: hiredis' asynchronous context, driven by the hooks that it offers to event libraries.
///
/// Loop thread only. What one turn of the loop sends leaves in one write at the end of the turn.
final class Wire {
    private let loop: EventLoop
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var watch: Watch?
    private var isConnected = false
    private var mustFlush = false
    private var isFlushing = false
    /// How often something arrived: tells a slow answer from a dead peer.
    private(set) var arrivals: UInt64 = 0
    /// Called once, when the server has accepted the connection.
    var onConnected: (() -> Void)?
    /// Called once, when the connection is gone for whatever reason, after every waiting answer has failed.
    var onGone: ((String) -> Void)?
    /// Every message of the channels that this connection subscribed to; the acknowledgements too.
    var onMessage: (([Reply]) -> Void)?

    /// - Parameter address: numeric; hiredis would block on a name.
    init(to address: WireAddress, on loop: EventLoop) throws(RedisError) {
        self.loop = loop
        let opened =
            switch address {
            case .socket(let host, let port): redisAsyncConnect(host, Int32(port))
            case .path(let path): redisAsyncConnectUnix(path)
            }
        guard let opened else { throw RedisError(.unavailable, "There is no memory for a connection.") }
        guard opened.pointee.err == 0 else {
            let reason = Self.reason(opened)
            redisAsyncFree(opened)
            throw RedisError(.unavailable, reason)
        }
        context = opened
        do {
            watch = try loop.watch(opened.pointee.c.fd, .write) { [unowned self] in ready($0) }
        } catch {
            redisAsyncFree(opened)
            context = nil
            throw RedisError(.unavailable, error.description)
        }
        attach(opened)
    }

    private func attach(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        // Balanced by `cleanup`, which hiredis calls exactly once, before it closes the socket.
        context.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.ev.data = Unmanaged.passRetained(self).toOpaque()
        context.pointee.ev.addRead = { wire(of: $0)?.wants(.read) }
        context.pointee.ev.delRead = { wire(of: $0)?.wantsNoMore(.read) }
        context.pointee.ev.addWrite = { wire(of: $0)?.wants(.write) }
        context.pointee.ev.delWrite = { wire(of: $0)?.wantsNoMore(.write) }
        context.pointee.ev.cleanup = { raw in
            guard let raw else { return }
            Unmanaged<Wire>.fromOpaque(raw).takeRetainedValue().gone()
        }
        redisAsyncSetConnectCallback(context) { context, status in
            guard status == REDIS_OK, let raw = context?.pointee.data else { return }
            Unmanaged<Wire>.fromOpaque(raw).takeUnretainedValue().connected()
        }
    }

    private static func reason(_ context: UnsafeMutablePointer<redisAsyncContext>) -> String {
        // The outer field is a copy of the pointer to the inner text, and is set only on the ways that close.
        guard context.pointee.err != 0, let text = context.pointee.errstr else {
            return "The connection was closed."
        }
        return String(cString: text)
    }

    // What hiredis asks for.

    private func wants(_ interest: Interest) {
        if interest == .write, isConnected, !isFlushing {
            guard !mustFlush else { return }
            mustFlush = true
            loop.beforeWaiting { [self] in flush() }
        } else {
            watch?.interest.insert(interest)
        }
    }

    private func wantsNoMore(_ interest: Interest) {
        watch?.interest.remove(interest)
    }

    private func flush() {
        mustFlush = false
        guard let context else { return }
        isFlushing = true
        redisAsyncHandleWrite(context)
        isFlushing = false
    }

    private func connected() {
        isConnected = true
        onConnected?()
        onConnected = nil
    }

    private func gone() {
        guard let context else { return }
        let reason = Self.reason(context)
        self.context = nil
        watch?.cancel()
        watch = nil
        onConnected = nil
        onMessage = nil
        let report = onGone
        onGone = nil
        report?(reason)
    }

    private func ready(_ readiness: DescriptorReadiness) {
        // Either handler may end the connection, and with it the last reference to this object.
        withExtendedLifetime(self) {
            if readiness.contains(.write), context != nil { flush() }
            if readiness != .write, let context {
                arrivals += 1
                redisAsyncHandleRead(context)
            }
        }
    }

    // What the lanes ask for.

    /// Puts a command behind those that are on their way. Its answer is told to `pending`, also when there will be none;
    /// `leaves` is called when the command has left the connection, which for one that nobody waits for any more is later.
    func send(_ words: Words, _ pending: Pending, leaves: (() -> Void)? = nil) {
        guard let context else {
            leaves?()
            return pending.fail(RedisError(.unavailable, "The connection is closed."))
        }
        pending.arrivalsBefore = arrivals
        let token = Unmanaged.passRetained(Passenger(pending, leaves)).toOpaque()
        let result = words.withArguments { count, words, lengths in
            redisAsyncCommandArgv(context, commandAnswered, token, count, words, lengths)
        }
        guard result != REDIS_OK else { return }
        let refused = Unmanaged<Passenger>.fromOpaque(token).takeRetainedValue()
        refused.leaves?()
        pending.fail(RedisError(.unavailable, "The connection is closing."))
    }

    /// Subscribes or unsubscribes; what comes of it is told to `onMessage`.
    func sendSubscription(_ words: Words) {
        guard let context else { return }
        // Fails only while the connection closes, which `onGone` tells.
        _ = words.withArguments { count, words, lengths in
            redisAsyncCommandArgv(context, messageArrived, nil, count, words, lengths)
        }
    }

    fileprivate func arrived(_ message: [Reply]) { onMessage?(message) }

    /// Ends it at once; what waits for an answer fails.
    func close() {
        guard let context else { return }
        redisAsyncFree(context)
    }
}

/// Where a wire leads, with the name resolved.
enum WireAddress {
    case socket(host: String, port: Int)
    case path(String)
}

/// What a command leaves in hiredis' queue, to be found again with the answer.
private final class Passenger {
    let pending: Pending
    let leaves: (() -> Void)?

    init(_ pending: Pending, _ leaves: (() -> Void)?) {
        self.pending = pending
        self.leaves = leaves
    }
}

private func wire(of raw: UnsafeMutableRawPointer?) -> Wire? {
    raw.map { Unmanaged<Wire>.fromOpaque($0).takeUnretainedValue() }
}

/// hiredis calls this once for each command: with the answer, or with none when the connection ends.
private let commandAnswered:
    @convention(c) (
        UnsafeMutablePointer<redisAsyncContext>?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Void = { _, raw, token in
        guard let token else { return }
        let passenger = Unmanaged<Passenger>.fromOpaque(token).takeRetainedValue()
        let pending = passenger.pending
        passenger.leaves?()
        guard let reply = raw?.assumingMemoryBound(to: redisReply.self) else {
            return pending.fail(RedisError(.connectionLost, "The connection broke before the answer."))
        }
        pending.succeed(Reply(reply))
    }

/// hiredis calls this for each message of a subscription.
private let messageArrived:
    @convention(c) (
        UnsafeMutablePointer<redisAsyncContext>?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Void = { context, raw, _ in
        guard let reply = raw?.assumingMemoryBound(to: redisReply.self), let data = context?.pointee.data,
            let elements = Reply(reply).elements
        else { return }
        Unmanaged<Wire>.fromOpaque(data).takeUnretainedValue().arrived(elements)
    }

extension Words {
    fileprivate func withArguments<Result>(
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            // An empty array has no address, but a command is never empty.
            var next = UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) {
                starts in
                for (index, length) in lengths.enumerated() {
                    starts.initializeElement(at: index, to: next)
                    next = next.map { $0 + length }
                }
                return lengths.withUnsafeBufferPointer { lengths in
                    guard let starts = starts.baseAddress, let lengths = lengths.baseAddress else {
                        preconditionFailure("a command has at least its name")
                    }
                    return body(Int32(self.lengths.count), starts, lengths)
                }
            }
        }
    }
}

extension Reply {
    /// Copies what hiredis frees after the call.
    fileprivate init(_ reply: UnsafePointer<redisReply>) {
        let value = reply.pointee
        let bytes = UnsafeRawBufferPointer(start: value.str, count: value.str == nil ? 0 : value.len)
        switch value.type {
        case REDIS_REPLY_STRING: self = .bytes([UInt8](bytes))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(value.integer)
        case REDIS_REPLY_ARRAY:
            self = .array(
                (0..<value.elements).map { index in value.element[index].map { Reply($0) } ?? .null })
        default: self = .null
        }
    }
}
