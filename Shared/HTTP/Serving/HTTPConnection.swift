import Core
import FoundationEssentials
import Sockets

/// One client's connection: requests one after the other, each answered before the next is read.
///
/// Confined to its loop; that is what `@unchecked Sendable` stands for, since the tasks that run its handlers prefer
/// that loop.
final class HTTPConnection: ConnectionHandler, @unchecked Sendable {
    private enum Phase {
        case head
        case body(RequestHead, BodyReader)
        case answering
    }

    private let server: ServerCore
    private let connection: Connection
    private let parser: HeadParser
    private var phase = Phase.head
    private var deadline: Deadline?
    private var task: Task<Void, Never>?
    private var isDraining = false

    init(_ connection: Connection, server: ServerCore) {
        self.connection = connection
        self.server = server
        parser = HeadParser(limits: server.limits)
    }

    func begin() { expect(within: server.limits.idle) { [unowned self] in connection.closeAfterFlush() } }

    private func expect(within patience: Duration, _ otherwise: @escaping () -> Void) {
        deadline?.cancel()
        deadline = connection.loop.schedule(after: patience, otherwise)
    }

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
        // The next request of a pipeline waits, in the socket, for the answer to this one.
        if case .answering = phase, used < bytes.count { connection.pauseReading() }
        return used
    }

    /// Takes the next piece. Nil: more bytes, or an answer, must come first.
    private func advance(_ bytes: Span<UInt8>) throws(MalformedRequest) -> Int? {
        switch phase {
        case .answering: return nil
        case .head:
            guard let (head, used) = try parser.parse(bytes) else {
                slow(within: server.limits.head, "the request took too long")
                return nil
            }
            try begin(head)
            return used
        case .body(let head, var reader):
            let used = try reader.take(bytes)
            phase = .body(head, reader)
            if reader.isComplete { answer(head, reader.body) }
            return used
        }
    }

    private var isTimingHead = false

    /// Starts the clock of a slow client once per request, not anew with each byte.
    private func slow(within patience: Duration, _ reason: String) {
        guard !isTimingHead else { return }
        isTimingHead = true
        expect(within: patience) { [unowned self] in refuse(MalformedRequest(reason)) }
    }

    private func begin(_ head: RequestHead) throws(MalformedRequest) {
        isTimingHead = false
        let reader = try BodyReader(head.bodyKind, limit: server.dispatcher.allowance(for: head).bodyBytes)
        guard !reader.isComplete else { return answer(head, []) }
        phase = .body(head, reader)
        expect(within: server.limits.body) { [unowned self] in
            refuse(MalformedRequest("the body took too long"))
        }
        if head.expectsContinue { connection.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    }

    private func answer(_ head: RequestHead, _ body: [UInt8]) {
        phase = .answering
        let allowance = server.dispatcher.allowance(for: head)
        let request = server.request(from: head, body: body, peer: connection.remote)
        let asksForUpgrade =
            head.headers["Upgrade"] != nil && head.headers.list("Connection").contains("upgrade")
        expect(within: allowance.deadline) { [unowned self] in
            task?.cancel()
            finish(head, request, server.timedOut(request))
        }
        let loop = connection.loop
        task = Task.immediate(executorPreference: loop) { [self] in
            if asksForUpgrade, let upgrading = server.upgrading {
                if await upgrade(head, request, upgrading) { return }
            }
            finish(head, request, await server.dispatcher.respond(to: request))
        }
    }

    /// Whether the request was dealt with.
    private func upgrade(_ head: RequestHead, _ request: Request, _ upgrading: Upgrading) async -> Bool {
        let decision: Upgrade?
        do {
            decision = try await upgrading(request)
        } catch {
            finish(head, request, server.response(to: error, request))
            return true
        }
        switch decision {
        case nil: return false
        case .refused(let response): finish(head, request, response)
        case .accepted(let headers, let takeOver): handOver(headers, takeOver)
        }
        return true
    }

    private func handOver(_ headers: Headers, _ takeOver: @Sendable (Connection) -> Void) {
        guard connection.isOpen, case .answering = phase else { return }
        deadline?.cancel()
        server.forget(self, on: connection.loop)
        write(Response(.switchingProtocols, headers: headers), keepsAlive: true, withoutBody: true)
        takeOver(connection)
        connection.resumeReading()
    }

    /// Writes the answer, once: after the deadline has answered, the handler's own comes too late.
    private func finish(_ head: RequestHead, _ request: Request, _ response: Response) {
        guard connection.isOpen, case .answering = phase else { return }
        task = nil
        let keepsAlive = head.keepsAlive && !isDraining
        write(response, keepsAlive: keepsAlive, withoutBody: head.method == .head)
        guard keepsAlive else {
            deadline?.cancel()
            return connection.closeAfterFlush()
        }
        phase = .head
        begin()
        connection.resumeReading()
    }

    private func write(_ response: Response, keepsAlive: Bool, withoutBody: Bool) {
        let date = server.date(on: connection.loop)
        connection.write { output in
            ResponseWriter.append(
                response, to: &output, date: date, keepsAlive: keepsAlive, withoutBody: withoutBody)
        }
    }

    private func refuse(_ malformed: MalformedRequest) {
        guard connection.isOpen else { return }
        deadline?.cancel()
        task?.cancel()
        phase = .answering
        write(server.response(to: malformed), keepsAlive: false, withoutBody: false)
        connection.closeAfterFlush()
    }

    /// Ends the connection behind the present answer, or now when there is none.
    func drain() {
        isDraining = true
        if case .head = phase, !isTimingHead { connection.closeAfterFlush() }
    }

    func abort() { connection.close() }

    /// A client that sends its last request and closes its side still wants the answer.
    func peerFinished(_ connection: Connection) {
        isDraining = true
        if case .answering = phase { return }
        connection.close(.peerClosed)
    }

    func closed(_ connection: Connection, _ reason: CloseReason) {
        deadline?.cancel()
        task?.cancel()
        server.forget(self, on: connection.loop)
    }
}
