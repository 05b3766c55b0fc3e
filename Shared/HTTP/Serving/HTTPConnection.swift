import Core
import Sockets

/// One client's connection: requests one after the other, each answered before the next is read.
///
/// Confined to its loop; that is what `@unchecked Sendable` stands for, since the tasks that run its handlers prefer
/// that loop.
final class HTTPConnection: ConnectionHandler, @unchecked Sendable {
    private enum Phase {
        case head
        case body(Incoming)
        case answering(Exchange)
        /// The last answer is on its way; nothing more is read.
        case ending
        /// Another protocol has the connection.
        case handedOver
    }

    let server: ServerCore
    let connection: Connection
    private let parser: HeadParser
    private var phase = Phase.head
    private var deadline: Deadline?
    private var isTimingHead = false
    private var isDraining = false

    init(_ connection: Connection, server: ServerCore) {
        self.connection = connection
        self.server = server
        parser = HeadParser(limits: server.limits)
    }

    func begin() {
        phase = .head
        isTimingHead = false
        let last = connection.pendingOutput
        expect(within: server.limits.idle) { [unowned self] in
            // The last answer may still be on its way to a slow reader, as long as it moves.
            if connection.pendingOutput > 0, connection.pendingOutput < last { begin() } else { end() }
        }
    }

    func expect(within patience: Duration, _ otherwise: @escaping () -> Void) {
        deadline?.cancel()
        deadline = connection.loop.schedule(after: patience, otherwise)
    }

    // MARK: Reading

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        var used = 0
        do throws(MalformedRequest) {
            while used < bytes.count, connection.isOpen {
                let rest = UnsafeBufferPointer(rebasing: bytes[used...]).span
                guard let taken = try advance(rest), taken > 0 else { break }
                used += taken
            }
        } catch {
            refuse(error)
            return bytes.count
        }
        switch phase {
        // The next request of a pipeline waits, in the socket, for the answer to this one.
        case .answering: if used < bytes.count { connection.pauseReading() }
        case .ending: return bytes.count
        case .head, .body, .handedOver: break
        }
        return used
    }

    /// Takes the next piece. Nil: more bytes, or an answer, must come first.
    private func advance(_ bytes: Span<UInt8>) throws(MalformedRequest) -> Int? {
        switch phase {
        case .answering, .ending, .handedOver: return nil
        case .head:
            guard let (head, used) = try parser.parse(bytes) else {
                timeHead()
                return nil
            }
            begin(head)
            return used
        case .body(let incoming):
            let used: Int
            do {
                used = try incoming.reader.take(bytes)
            } catch {
                refuse(error, incoming.head, incoming.match)
                return nil
            }
            if incoming.reader.isComplete { answer(incoming.head, incoming.match, incoming.reader.body) }
            return used
        }
    }

    /// Starts the clock of a slow client once per request, not anew with each byte.
    private func timeHead() {
        guard !isTimingHead else { return }
        isTimingHead = true
        expect(within: server.limits.head) { [unowned self] in
            refuse(MalformedRequest("the request took too long"))
        }
    }

    private func begin(_ head: RequestHead) {
        let match = server.dispatcher.match(head.method, head.path)
        do throws(MalformedRequest) {
            let limit = server.dispatcher.allowance(for: match).bodyBytes
            let reader = try BodyReader(head.bodyKind, limit: limit)
            guard !reader.isComplete else { return answer(head, match, []) }
            phase = .body(Incoming(head, match, reader))
        } catch {
            return refuse(error, head, match)
        }
        expect(within: server.limits.body) { [unowned self] in
            refuse(MalformedRequest("the body took too long"), head, match)
        }
        if head.expectsContinue { connection.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    }

    // MARK: Answering

    private func answer(_ head: RequestHead, _ match: RouteTree.Match, _ body: [UInt8]) {
        let exchange = Exchange(head, server.request(from: head, body: body, peer: connection.remote), match)
        phase = .answering(exchange)
        expect(within: server.dispatcher.allowance(for: match).deadline) { [unowned self] in
            exchange.give(up: .timedOut)
            finish(exchange, server.failure(Problem(.gatewayTimeout, "the deadline passed"), exchange))
        }
        exchange.task = Task.immediate(executorPreference: connection.loop) { [self] in
            if exchange.asksForUpgrade, let upgrading = server.upgrading,
                await upgrade(exchange, upgrading)
            {
                return
            }
            await deliver(await server.dispatcher.answer(to: exchange.request, match), of: exchange)
        }
    }

    private func isUnderway(_ exchange: Exchange) -> Bool {
        guard connection.isOpen, exchange.end == nil, case .answering(let present) = phase else {
            return false
        }
        return present === exchange
    }

    private func deliver(_ answered: Dispatcher.Answered, of exchange: Exchange) async {
        guard isUnderway(exchange) else {
            return server.dispatcher.tell(answered, status: exchange.end?.status)
        }
        guard let stream = answered.response.stream, exchange.head.method != .head,
            ResponseWriter.mayHaveBody(answered.response.status)
        else {
            finish(exchange, answered.response)
            return server.dispatcher.tell(answered)
        }
        await send(stream, answered, of: exchange)
    }

    /// Sends a body while it is made. The route's deadline holds up to its first byte, and from there on no side may be
    /// silent for long.
    private func send(
        _ stream: BodyStream, _ answered: Dispatcher.Answered, of exchange: Exchange
    ) async {
        let framing = ResponseWriter.Framing(answered.response, isVersion11: exchange.head.isVersion11)
        let keepsAlive = keepsAlive(after: exchange) && framing != .untilEnd
        let writer = BodyWriter(connection, framing) { [unowned self] in
            write(answered.response, framing, keepsAlive: keepsAlive, withoutBody: true)
        } wrote: { [unowned self] in
            watchProgress()
        }
        exchange.writer = writer
        do {
            try await stream.make(writer)
            try writer.end()
            ended(keepsAlive: keepsAlive)
            server.dispatcher.tell(answered)
        } catch {
            fail(error, answered, of: exchange, hasBegun: writer.hasBegun)
        }
    }

    private func fail(
        _ error: any Error, _ answered: Dispatcher.Answered, of exchange: Exchange, hasBegun: Bool
    ) {
        if isUnderway(exchange), !hasBegun {
            let problem = Problem(thrown: error)
            finish(exchange, server.failure(problem, exchange))
            return server.dispatcher.tell(answered, status: problem.status.rawValue, error: error)
        }
        // Whoever reads until the end must not take this for one.
        if isUnderway(exchange) { connection.reset() }
        server.dispatcher.tell(answered, status: exchange.end?.status, error: error)
    }

    /// Ends a connection on which nothing moves: neither does the body grow, nor does the reader take any of it.
    private func watchProgress() {
        let last = connection.pendingOutput
        expect(within: server.limits.stall) { [unowned self] in
            if connection.pendingOutput < last { watchProgress() } else { connection.close(.slowReader) }
        }
    }

    /// Writes the answer, once: after the deadline has answered, the handler's own comes too late.
    private func finish(_ exchange: Exchange, _ response: Response) {
        guard connection.isOpen, case .answering(let present) = phase, present === exchange else { return }
        let keepsAlive = keepsAlive(after: exchange)
        let framing = ResponseWriter.Framing(response, isVersion11: exchange.head.isVersion11)
        write(
            response, framing, keepsAlive: keepsAlive,
            withoutBody: exchange.head.method == .head || response.stream != nil)
        ended(keepsAlive: keepsAlive)
    }

    private func keepsAlive(after exchange: Exchange) -> Bool { exchange.head.keepsAlive && !isDraining }

    private func ended(keepsAlive: Bool) {
        guard connection.isOpen else { return }
        guard keepsAlive else { return end() }
        begin()
        connection.resumeReading()
    }

    func write(
        _ response: Response, _ framing: ResponseWriter.Framing, keepsAlive: Bool, withoutBody: Bool
    ) {
        let date = server.date(on: connection.loop)
        connection.write { output in
            ResponseWriter.append(
                response, framing, to: &output, date: date, keepsAlive: keepsAlive, withoutBody: withoutBody)
        }
    }

    /// Whether the request was dealt with.
    private func upgrade(_ exchange: Exchange, _ upgrading: Upgrading) async -> Bool {
        let response: Response
        var failure: (any Error)?
        do {
            switch try await upgrading(exchange.request) {
            case nil: return false
            case .refused(let refusal): response = server.marked(refusal, exchange.request)
            case .failed(let problem): response = server.failure(problem, exchange)
            case .accepted(let headers, let takeOver):
                let accepted = server.marked(
                    Response(.switchingProtocols, headers: headers), exchange.request)
                if isUnderway(exchange) { handOver(accepted, takeOver) }
                server.tell(upgraded: exchange, accepted.status, nil)
                return true
            }
        } catch {
            failure = error
            response = server.failure(Problem(thrown: error), exchange)
        }
        finish(exchange, response)
        server.tell(upgraded: exchange, response.status, failure)
        return true
    }

    private func handOver(_ accepted: Response, _ takeOver: @Sendable (Connection) -> Void) {
        deadline?.cancel()
        phase = .handedOver
        server.forget(self, on: connection.loop)
        write(accepted, .fixed(0), keepsAlive: true, withoutBody: true)
        // What came behind the request is the other protocol's; it is offered when this turn's reading is over.
        connection.pauseReading()
        takeOver(connection)
        connection.loop.beforeWaiting { [connection] in connection.resumeReading() }
    }

    // MARK: Ending

    private func refuse(_ malformed: MalformedRequest) {
        guard connection.isOpen else { return }
        let response = server.response(to: malformed, from: connection.remote)
        write(response, .fixed(response.body.count), keepsAlive: false, withoutBody: false)
        end()
    }

    /// Refuses a request whose head was well-formed; where the next begins is unknown all the same.
    private func refuse(_ malformed: MalformedRequest, _ head: RequestHead, _ match: RouteTree.Match) {
        guard connection.isOpen else { return }
        let response = server.response(to: malformed, head, match, from: connection.remote)
        write(
            response, .fixed(response.body.count), keepsAlive: false, withoutBody: head.method == .head)
        end()
    }

    /// Ends the connection behind what is written, as soon as its reader has taken the most of it.
    private func end() {
        deadline?.cancel()
        phase = .ending
        guard connection.pendingOutput > connection.limits.highWater else {
            return connection.closeAfterFlush()
        }
        watchProgress()
    }

    func drained(_ connection: Connection) {
        switch phase {
        case .answering(let exchange): exchange.writer?.drained()
        case .ending:
            deadline?.cancel()
            connection.closeAfterFlush()
        case .head, .body, .handedOver: break
        }
    }

    /// Ends the connection behind the present answer, or now when there is none.
    func drain() {
        isDraining = true
        if case .head = phase, !isTimingHead { end() }
    }

    func abort() { connection.close() }

    /// A client that sends its last request and closes its side still wants the answer.
    func peerFinished(_ connection: Connection) {
        isDraining = true
        switch phase {
        case .answering(let exchange) where exchange.writer?.hasBegun != true:
            expect(within: server.limits.halfClosed) { [unowned connection] in connection.close(.peerClosed) }
        case .answering, .ending, .handedOver: return
        case .head where connection.pendingOutput > 0: end()
        case .head, .body: connection.close(.peerClosed)
        }
    }

    func closed(_ connection: Connection, _ reason: CloseReason) {
        deadline?.cancel()
        if case .answering(let exchange) = phase { exchange.give(up: .clientGone) }
        server.forget(self, on: connection.loop)
    }
}
