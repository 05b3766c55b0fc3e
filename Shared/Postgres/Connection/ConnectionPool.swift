import Core
import Sockets

/// The connections of one loop: statements share them, a transaction has one for itself.
///
/// Who finds none waits in line, within a limit and until a deadline. A broken connection is replaced with growing pauses.
actor ConnectionPool {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let parameters: ConnectionParameters
    private let limits: DatabaseSettings.Limits
    private let slots: [ConnectionSlot]
    private var statements = Queue<Errand>()
    private var leases = Queue<LeaseRequest>()
    private var sequence: UInt64 = 0
    private var supervision: Deadline?
    private var isClosed = false
    private var lastFailure: DatabaseError?
    private var reconnections = 0
    private var onIdle: [CheckedContinuation<Void, Never>] = []

    /// How often deadlines of statements are looked at: they are coarse, and one timer serves them all.
    private static let tick = Duration.milliseconds(20)

    init(_ parameters: ConnectionParameters, size: Int, limits: DatabaseSettings.Limits, loop: EventLoop) {
        self.parameters = parameters
        self.limits = limits
        self.loop = loop
        slots = (0..<size).map { _ in ConnectionSlot() }
    }

    func start() {
        for index in slots.indices { connect(index) }
    }

    // Statements.

    func run(_ sql: SQL, within patience: Duration?) async throws -> RowSet {
        let errand = Errand(.statement(sql), deadline: .now + (patience ?? limits.statement))
        return try await answer(to: errand) { pool in pool.submit(errand) }
    }

    private func answer(
        to errand: Errand, submit: (isolated ConnectionPool) -> Void
    ) async throws -> RowSet {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                errand.awaitAnswer(continuation)
                submit(self)
            }
        } onCancel: {
            errand.loopCancel(on: loop) { [weak self] in
                self?.assumeIsolated { $0.superviseNow() }
            }
        }
    }

    private func submit(_ errand: Errand) {
        if statements.isEmpty, let slot = bestSharedSlot() {
            slot.connection?.send(errand)
            return superviseSoon()
        }
        guard admit({ errand.fail($0) }) else { return }
        sequence += 1
        errand.sequence = sequence
        statements.append(errand)
        superviseSoon()
    }

    /// Whether one more may wait; tells it at once when not.
    private func admit(_ refuse: (DatabaseError) -> Void) -> Bool {
        if isClosed {
            refuse(DatabaseError(.unavailable, "The database was closed."))
        } else if statements.count + leases.count >= limits.waiting {
            refuse(DatabaseError(.overloaded, "Too many statements wait for a connection."))
        } else {
            return true
        }
        return false
    }

    // Leases.

    func lease() async throws -> Lease {
        let request = LeaseRequest(askedAt: .now)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                request.awaitGrant(continuation)
                submit(request)
            }
        } onCancel: {
            loop.execute { [weak self] in
                request.cancel()
                self?.assumeIsolated { $0.superviseNow() }
            }
        }
    }

    private func submit(_ request: LeaseRequest) {
        guard admit({ request.fail($0) }) else { return }
        sequence += 1
        request.sequence = sequence
        leases.append(request)
        serve()
        superviseSoon()
    }

    func run(
        _ work: Errand.Work, on lease: Lease, opening: StaticString?, within patience: Duration?
    ) async throws -> RowSet {
        let errand = Errand(
            work, deadline: .now + (patience ?? limits.statement), opening: opening, isInTransaction: true)
        return try await answer(to: errand) { pool in pool.send(errand, on: lease) }
    }

    /// Ends a transaction: not to be interrupted, or nobody would know how it ended.
    func end(_ statement: SQL, on lease: Lease) async throws -> RowSet {
        let errand = Errand(.statement(statement), deadline: .now + limits.statement, isInTransaction: true)
        return try await withCheckedThrowingContinuation { continuation in
            errand.awaitAnswer(continuation)
            send(errand, on: lease)
        }
    }

    private func send(_ errand: Errand, on lease: Lease) {
        guard let connection = connection(of: lease) else {
            return errand.fail(
                errand.error(.connectionLost(.impossible), "The transaction's connection is gone."))
        }
        connection.send(errand)
        superviseSoon()
    }

    private func connection(of lease: Lease) -> PostgresConnection? {
        let slot = slots[lease.slot]
        return slot.lease === lease ? slot.connection : nil
    }

    /// Gives the connection back; one whose state is not clean is closed and replaced.
    func release(_ lease: Lease, discarding: Bool = false) {
        let slot = slots[lease.slot]
        guard slot.lease === lease else { return }
        slot.lease = nil
        if let connection = slot.connection, discarding || connection.depth > 0 || connection.isInTransaction
        {
            connection.lose(because: "The session was not left clean.")
        }
        serve()
    }

    // Sharing out.

    private func bestSharedSlot() -> ConnectionSlot? {
        var best: ConnectionSlot?
        for slot in slots where slot.isShared {
            guard let connection = slot.connection, connection.depth < limits.pipelineDepth else { continue }
            guard let other = best?.connection, other.depth <= connection.depth else {
                if connection.depth == 0 { return slot }
                best = slot
                continue
            }
        }
        return best
    }

    private func serve() {
        // Whoever waits longer comes first; what a transaction waits for, it gets as soon as a connection has run dry.
        sendWaiting { errand in leases.first.map { errand.sequence < $0.sequence } ?? true }
        for (index, slot) in slots.enumerated() where slot.isReserved { grantIfIdle(slot, index) }
        while let request = leases.first, let index = slotToReserve() {
            leases.popFirst()
            slots[index].reservation = request
            grantIfIdle(slots[index], index)
        }
        sendWaiting { _ in true }
        if statements.isEmpty, leases.isEmpty, slots.allSatisfy(\.isIdle) { resumeDrained() }
    }

    private func sendWaiting(_ mayGo: (Errand) -> Bool) {
        while let errand = statements.first, mayGo(errand), let slot = bestSharedSlot() {
            statements.popFirst()
            slot.connection?.send(errand)
        }
    }

    private func slotToReserve() -> Int? {
        slots.indices.filter { slots[$0].isShared }.min {
            (slots[$0].connection?.depth ?? 0) < (slots[$1].connection?.depth ?? 0)
        }
    }

    private func grantIfIdle(_ slot: ConnectionSlot, _ index: Int) {
        guard let request = slot.reservation, let connection = slot.connection,
            connection.depth == 0, !connection.isCancelling
        else { return }
        slot.reservation = nil
        let lease = Lease(slot: index)
        if request.grant(lease) { slot.lease = lease }
    }

    // Connecting.

    private func connect(_ index: Int) {
        guard !isClosed else { return }
        // Looking up a host's name waits, so it takes a task; the task ends with the attempt.
        Task.immediate(executorPreference: loop) {
            do {
                let parameters = try await self.parameters.resolved()
                try self.open(index, parameters)
            } catch {
                self.connectionFailed(
                    index, (error as? DatabaseError) ?? DatabaseError(.unavailable, "The host is not known."))
            }
        }
    }

    private func open(_ index: Int, _ parameters: ConnectionParameters) throws {
        guard !isClosed else { return }
        let connection = try PostgresConnection(parameters, limits: limits, loop: loop)
        let slot = slots[index]
        slot.opening = connection
        // These run on the loop, which is this actor's executor; the pool outlives its connections.
        connection.onOpened = { [unowned self] failure in
            assumeIsolated { $0.connectionOpened(index, failure) }
        }
        connection.onProgress = { [unowned self] in assumeIsolated { $0.connectionProgressed(index) } }
        connection.onLost = { [unowned self] error in assumeIsolated { $0.connectionLost(index, error) } }
        connection.open()
    }

    private func connectionOpened(_ index: Int, _ failure: DatabaseError?) {
        let slot = slots[index]
        let connection = slot.opening
        slot.opening = nil
        if let failure { return connectionFailed(index, failure) }
        if slot.wasConnected { reconnections += 1 }
        slot.connection = connection
        slot.failures = 0
        slot.wasConnected = true
        lastFailure = nil
        serve()
    }

    private func connectionProgressed(_ index: Int) {
        if !statements.isEmpty || !leases.isEmpty || slots[index].isReserved || !onIdle.isEmpty { serve() }
    }

    private func connectionLost(_ index: Int, _ error: DatabaseError) {
        let slot = slots[index]
        slot.connection = nil
        slot.lease = nil
        if let request = slot.reservation {
            slot.reservation = nil
            request.fail(DatabaseError(.connectionLost(.impossible), error.message))
        }
        lastFailure = error
        connect(index)
        serve()
    }

    private func connectionFailed(_ index: Int, _ error: DatabaseError) {
        let slot = slots[index]
        lastFailure = error
        slot.failures += 1
        guard !isClosed else { return }
        let pause = Backoff.pause(
            after: slot.failures, first: limits.firstReconnect, longest: limits.longestReconnect)
        slot.retry = loop.schedule(after: pause) { [unowned self] in connect(index) }
    }

    // Deadlines.

    private func superviseSoon() {
        guard supervision == nil else { return }
        supervision = loop.schedule(after: Self.tick) { [unowned self] in
            supervision = nil
            superviseNow()
            if !statements.isEmpty || !leases.isEmpty || slots.contains(where: { !$0.isQuiet }) {
                superviseSoon()
            }
        }
    }

    private func superviseNow() {
        let now = MonotonicInstant.now
        for slot in slots { slot.connection?.supervise(at: now) }
        for errand in statements.extract(where: { $0.mustStop(at: now) }) {
            if errand.isCancelled { errand.failAsStopped() } else { errand.fail(absence) }
        }
        // Without any connection at all, waiting is short: the answer is known.
        let isAway = !slots.contains { $0.connection != nil }
        let patience = isAway ? limits.waitForServer : limits.waitForConnection
        for errand in statements.extract(where: { $0.submittedAt + patience <= now }) { errand.fail(absence) }
        for request in leases.extract(where: { $0.isCancelled || $0.askedAt + patience <= now }) {
            request.fail(request.isCancelled ? CancellationError() : absence)
        }
    }

    /// Why nothing can be done now.
    private var absence: DatabaseError {
        if let lastFailure, !slots.contains(where: { $0.connection != nil }) {
            return DatabaseError(
                .unavailable, "There is no connection to the database: \(lastFailure.message)")
        }
        return DatabaseError(.unavailable, "No connection to the database became free in time.")
    }

    // Ending.

    /// Waits for what is under way, within the limit, and closes every connection.
    func close() async {
        guard !isClosed else { return }
        isClosed = true
        let impatience = loop.schedule(after: limits.drain) { [unowned self] in resumeDrained() }
        await withCheckedContinuation { continuation in
            onIdle.append(continuation)
            serve()
        }
        impatience.cancel()
        supervision?.cancel()
        for slot in slots {
            slot.retry?.cancel()
            slot.opening?.close()
            slot.connection?.close()
            slot.opening = nil
            slot.connection = nil
        }
        let closed = DatabaseError(.unavailable, "The database was closed.")
        for errand in statements.removeAll() { errand.fail(closed) }
        for request in leases.removeAll() { request.fail(closed) }
    }

    private func resumeDrained() {
        let waiting = onIdle
        onIdle = []
        for continuation in waiting { continuation.resume() }
    }

    /// Short enough that nobody needs to cut it off.
    func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            loop.schedule(after: duration) { continuation.resume() }
        }
    }

    var state: DatabaseState {
        DatabaseState(
            connections: slots.count { $0.connection != nil }, poolSize: slots.count,
            underWay: slots.reduce(0) { $0 + ($1.connection?.depth ?? 0) },
            leased: slots.count { $0.lease != nil },
            waiting: statements.count + leases.count, reconnections: reconnections)
    }
}

/// How a database's connections stand, for metrics and for `/ready`.
package struct DatabaseState: Hashable, Sendable {
    package var connections = 0
    package var poolSize = 0
    /// Statements that the server has and has not answered.
    package var underWay = 0
    package var leased = 0
    package var waiting = 0
    package var reconnections = 0

    static func + (left: Self, right: Self) -> Self {
        DatabaseState(
            connections: left.connections + right.connections, poolSize: left.poolSize + right.poolSize,
            underWay: left.underWay + right.underWay, leased: left.leased + right.leased,
            waiting: left.waiting + right.waiting, reconnections: left.reconnections + right.reconnections)
    }
}
