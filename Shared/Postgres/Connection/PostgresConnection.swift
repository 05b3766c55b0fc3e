internal import CLibPQ
import Core
import Dispatch
import Sockets

/// One session with the server in libpq's pipeline mode, confined to its loop.
///
/// Every statement is followed by its own synchronisation, so each one commits or fails alone; many are under way at once and are
/// answered in the order in which they were sent.
final class PostgresConnection {
    enum Phase {
        case connecting
        case open
        case closed
    }

    private let loop: EventLoop
    private let handle: OpaquePointer
    private let limits: DatabaseSettings.Limits
    private var watch: Watch?
    private var connectDeadline: Deadline?
    private var underWay = Queue<Errand>()
    private var prepared: PreparedStatements
    private var stopRequestedAt: MonotonicInstant?
    private var lastCancellation: MonotonicInstant?
    private static let pauseBetweenCancellations = Duration.milliseconds(100)
    private var isDraining = false

    private(set) var phase = Phase.connecting
    /// A cancellation is on its way and might hit whatever is sent next.
    private(set) var isCancelling = false

    /// Called once, when it can be used or never will be.
    var onOpened: @Sendable (DatabaseError?) -> Void = { _ in }
    /// Called when a statement was answered, and so there is room again.
    var onProgress: @Sendable () -> Void = {}
    /// Called once, when an open connection is gone.
    var onLost: @Sendable (DatabaseError) -> Void = { _ in }

    init(_ parameters: ConnectionParameters, limits: DatabaseSettings.Limits, loop: EventLoop)
        throws(DatabaseError)
    {
        self.loop = loop
        self.limits = limits
        prepared = PreparedStatements(limit: limits.preparedStatements)
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        var owned: [UnsafeMutablePointer<CChar>] = []
        defer { owned.forEach { $0.deallocate() } }
        for (keyword, value) in parameters.keywords {
            let copies = [keyword, value].map(Self.cString)
            owned += copies
            keywords.append(copies[0])
            values.append(copies[1])
        }
        keywords.append(nil)
        values.append(nil)
        guard let handle = PQconnectStartParams(keywords, values, 0) else {
            throw DatabaseError(.unavailable, "There is no memory for a connection.")
        }
        self.handle = handle
    }

    deinit { PQfinish(handle) }

    private static func cString(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        return copy
    }

    // Connecting.

    func open() {
        guard PQstatus(handle) != CONNECTION_BAD else { return refuseToOpen() }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        connectDeadline = loop.schedule(after: limits.connect) { [weak self] in
            self?.refuseToOpen(because: "The server did not answer in time.")
        }
        awaitHandshake(.write)
    }

    private func awaitHandshake(_ interest: Interest) {
        do {
            watch = try loop.watch(PQsocket(handle), interest) { [weak self] _ in self?.advanceHandshake() }
        } catch {
            refuseToOpen(because: "\(error)")
        }
    }

    private func advanceHandshake() {
        // libpq may close this socket and open another under the same number: unwatch before, watch anew after.
        watch?.cancel()
        watch = nil
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: awaitHandshake(.read)
        case PGRES_POLLING_WRITING: awaitHandshake(.write)
        case PGRES_POLLING_OK: finishOpening()
        default: refuseToOpen()
        }
    }

    private func finishOpening() {
        connectDeadline?.cancel()
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            return refuseToOpen()
        }
        do {
            watch = try loop.watch(PQsocket(handle), .read) { [weak self] in self?.react(to: $0) }
        } catch {
            return refuseToOpen(because: "\(error)")
        }
        phase = .open
        onOpened(nil)
    }

    private func refuseToOpen(because reason: String? = nil) {
        guard phase == .connecting else { return }
        retire()
        onOpened(DatabaseError(.unavailable, reason ?? ServerMessage.connection(handle)))
    }

    // Sending.

    var depth: Int { underWay.count }
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    func send(_ errand: Errand) {
        guard phase == .open else {
            return errand.fail(errand.error(.unavailable, "The connection is closed."))
        }
        errand.timesSent += 1
        let wasSent: Bool
        switch errand.work {
        case .statement(let sql): wasSent = send(sql, of: errand)
        case .script(let text): wasSent = send(script: text, of: errand)
        }
        underWay.append(errand)
        if wasSent { flush() } else { lose() }
    }

    private func send(_ sql: SQL, of errand: Errand) -> Bool {
        if let opening = errand.opening {
            errand.steps.append(.begin)
            let sent = opening.utf8Start.withMemoryRebound(
                to: CChar.self, capacity: opening.utf8CodeUnitCount + 1
            ) {
                PQsendQueryParams(handle, $0, 0, nil, nil, nil, nil, 1)
            }
            guard sent == 1 else { return false }
        }
        var name = prepared.name(of: sql.shape)
        if name == nil {
            let (new, evicted) = prepared.add(sql.shape)
            name = new
            // In front of this statement and synchronised on its own: forgetting must not fail what follows.
            if let evicted, errand.opening == nil { guard forget(evicted) else { return false } }
            errand.steps.append(.prepare)
            let types = sql.shape.parameterTypes.map(\.oid)
            guard PQsendPrepare(handle, new, sql.shape.text, Int32(types.count), types) == 1 else {
                return false
            }
        }
        errand.steps.append(.execute)
        return execute(name ?? "", sql.binds) && PQpipelineSync(handle) == 1
    }

    private func execute(_ name: String, _ binds: Binds) -> Bool {
        let count = binds.count
        return binds.bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { lengths in
                    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { formats in
                        // An empty value has an address too: without one it would be NULL.
                        let none = UnsafeRawPointer(values.baseAddress)?.assumingMemoryBound(to: CChar.self)
                        for (index, span) in binds.spans.enumerated() {
                            let start = bytes.baseAddress.map { $0 + span.offset }
                            let value = start?.assumingMemoryBound(to: CChar.self) ?? none
                            values.initializeElement(at: index, to: span.length < 0 ? nil : value)
                            lengths.initializeElement(at: index, to: max(0, span.length))
                            formats.initializeElement(at: index, to: 1)
                        }
                        return PQsendQueryPrepared(
                            handle, name, Int32(count), values.baseAddress, lengths.baseAddress,
                            formats.baseAddress, 1) == 1
                    }
                }
            }
        }
    }

    /// Lets the server forget a statement; nobody waits for the answer.
    private func forget(_ name: String) -> Bool {
        let errand = Errand(.script("DEALLOCATE \(name)"), deadline: .now + limits.statement)
        errand.steps = [.execute]
        underWay.append(errand)
        return PQsendQueryParams(handle, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1
            && PQpipelineSync(handle) == 1
    }

    private func send(script: String, of errand: Errand) -> Bool {
        guard underWay.isEmpty, PQexitPipelineMode(handle) == 1 else { return false }
        errand.steps = [.execute]
        return PQsendQuery(handle, script) == 1
    }

    private func flush() {
        let outcome = PQflush(handle)
        // A socket that libpq has closed must not be touched any more.
        guard outcome >= 0, PQsocket(handle) >= 0 else { return lose() }
        watch?.interest = outcome == 0 ? .read : [.read, .write]
    }

    // Receiving.

    private func react(to readiness: DescriptorReadiness) {
        if readiness.contains(.write) { flush() }
        guard phase == .open, !readiness.isDisjoint(with: [.read, .hangup, .error]) else { return }
        let isAlive = PQconsumeInput(handle) == 1
        drain()
        if phase == .open, !isAlive || PQstatus(handle) == CONNECTION_BAD { lose() }
    }

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        var answered = false
        var silences = 0
        while phase == .open, PQisBusy(handle) == 0, let errand = underWay.first {
            guard let result = PQgetResult(handle) else {
                silences += 1
                errand.stepsDone += 1
                if PQpipelineStatus(handle) == PQ_PIPELINE_OFF {
                    guard PQenterPipelineMode(handle) == 1 else { break }
                    answered = true
                    finish(errand)
                } else if silences > 2 {
                    // libpq has nothing more to say about statements that it was given: it has lost the thread.
                    break
                }
                continue
            }
            silences = 0
            if take(result, for: errand) {
                answered = true
                finish(errand)
            }
        }
        // With nothing under way, this is what lets libpq see the server's farewell.
        if underWay.isEmpty, phase == .open { _ = PQisBusy(handle) }
        if answered, phase == .open { onProgress() }
    }

    /// Returns whether this was the end of the errand.
    private func take(_ result: OpaquePointer, for errand: Errand) -> Bool {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return true
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            if step(of: errand) == .execute {
                errand.result = RowSet(result, of: errand.shape ?? StatementShape())
            } else {
                PQclear(result)
            }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
        case PGRES_FATAL_ERROR:
            if step(of: errand) == .prepare { errand.preparationFailed = true }
            if errand.failure == nil { errand.failure = ServerMessage.error(in: result, of: errand) }
            PQclear(result)
        default:
            PQclear(result)
            errand.failure = errand.error(.badConfiguration, "COPY is not spoken here.")
            lose()
        }
        return false
    }

    private func step(of errand: Errand) -> Errand.Step {
        errand.stepsDone < errand.steps.count ? errand.steps[errand.stepsDone] : .execute
    }

    private func finish(_ errand: Errand) {
        underWay.popFirst()
        if errand.wasAskedToStop { stopRequestedAt = nil }
        guard let failure = errand.failure else {
            if let result = errand.result {
                errand.succeed(result)
            } else {
                errand.fail(errand.error(.unavailable, "The server did not answer the statement."))
            }
            return
        }
        if let shape = errand.shape, errand.preparationFailed || failure.asksToPrepareAnew {
            if let name = prepared.remove(shape), !errand.preparationFailed, !errand.isInTransaction {
                _ = forget(name)
            }
        }
        if errand.wasAskedToStop, failure.state == .queryCanceled {
            errand.failAsStopped()
        } else if mayBeSentAgain(errand, failure) {
            errand.reset()
            send(errand)
        } else {
            errand.fail(failure)
        }
    }

    /// What failed for a reason of our own making failed without effect, and runs once more.
    private func mayBeSentAgain(_ errand: Errand, _ failure: DatabaseError) -> Bool {
        guard !errand.isInTransaction, errand.timesSent < 3, errand.shape != nil, !errand.isCancelled else {
            return false
        }
        // Either its plan went stale, or a cancellation that was meant for the statement before hit this one.
        return failure.asksToPrepareAnew || failure.state == .queryCanceled
    }

    // Stopping.

    /// Looks at the statement that the server is working on: one that nobody waits for any more, or too long, is cancelled.
    func supervise(at now: MonotonicInstant) {
        guard phase == .open, let errand = underWay.first else { return }
        if let asked = stopRequestedAt, asked + limits.cancellation <= now {
            return lose(because: "The server did not cancel a statement in time.")
        }
        guard !isCancelling, errand.mustStop(at: now) else { return }
        // Asked again and again: a server that has not begun the statement overlooks a cancellation.
        if let last = lastCancellation, errand.wasAskedToStop, now < last + Self.pauseBetweenCancellations {
            return
        }
        if !errand.wasAskedToStop { stopRequestedAt = now }
        errand.wasAskedToStop = true
        lastCancellation = now
        cancelOnServer()
    }

    private func cancelOnServer() {
        guard let cancellation = PQgetCancel(handle) else { return }
        isCancelling = true
        nonisolated(unsafe) let request = cancellation
        nonisolated(unsafe) let connection = self
        let loop = loop
        // PQcancel connects to the server and waits for it: never on a loop.
        DispatchQueue.global().async {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(request, &message, Int32(message.count))
            PQfreeCancel(request)
            loop.execute {
                connection.isCancelling = false
                if connection.phase == .open { connection.onProgress() }
            }
        }
    }

    // Ending.

    func close() {
        guard phase != .closed else { return }
        retire()
        failUnderWay(DatabaseError(.unavailable, "The database was closed."))
    }

    /// Gives the connection up: what was under way may have been executed, and nobody will know.
    func lose(because reason: String? = nil) {
        guard phase == .open else { return }
        let message = reason ?? ServerMessage.connection(handle)
        retire()
        let error = DatabaseError(.connectionLost(.possible), message)
        failUnderWay(error)
        onLost(error)
    }

    private func retire() {
        phase = .closed
        connectDeadline?.cancel()
        watch?.cancel()
        watch = nil
    }

    private func failUnderWay(_ error: DatabaseError) {
        for errand in underWay.removeAll() {
            errand.fail(errand.shape.map { error.placed(in: $0) } ?? error)
        }
    }
}
