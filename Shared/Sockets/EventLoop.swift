import CEpoll
package import Core
import Glibc
import Synchronization

/// One thread that serves sockets, deadlines and Swift tasks.
///
/// It is an executor of both kinds: an actor names it as its `unownedExecutor`, and a task that prefers it
/// (`Task.immediate(executorPreference: loop)`) resumes here without a detour over the global pool. One turn of
/// the loop: jobs from other threads, ready jobs, what asked to run before the wait (mostly writing what became
/// dirty), then waiting, due deadlines, events.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Place among the loops of one `EventLoops`, from 0.
    package let index: Int
    private let poller: Poller
    private let doorbell: Int32
    private let outside = Mutex(Outside())

    // Touched by the loop's own thread only; this confinement is what `@unchecked Sendable` stands for.
    private var ready = JobQueue()
    private let deadlines = DeadlineHeap()
    private var watches: [Watch?] = []
    private var nextGeneration: UInt32 = 1
    private var connectionGeneration: UInt32 = 1
    private var endOfTurn: [() -> Void] = []
    private var cachedNow = MonotonicInstant.now
    private var isStopping = false
    /// Connections of this loop share one input buffer and a pool of output buffers.
    lazy var buffers = LoopBuffers()

    /// What other threads left for this loop.
    private struct Outside {
        var jobs: [UnownedJob] = []
        var work: [@Sendable () -> Void] = []
        /// Only a loop that waits in the kernel needs the doorbell.
        var isAsleep = false
        var mustStop = false
    }

    /// Ready jobs run in one turn before sockets are looked at again.
    private static let jobsPerTurn = 4_096

    init(index: Int) throws(SocketError) {
        self.index = index
        poller = try Poller()
        doorbell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard doorbell >= 0 else { throw SocketError(call: "eventfd") }
        try poller.add(doorbell, .read, token: Self.doorbellToken)
    }

    deinit { Glibc.close(doorbell) }

    private static let currentKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The loop whose thread this is; nil on any other thread.
    package static var current: EventLoop? {
        guard let raw = pthread_getspecific(currentKey) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(raw).takeUnretainedValue()
    }

    package var isCurrent: Bool {
        pthread_getspecific(Self.currentKey)
            == UnsafeMutableRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
        } else {
            leave { $0.jobs.append(job) }
        }
    }

    package nonisolated func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() {
        precondition(isCurrent, "this must run on its event loop")
    }

    /// Runs `work` soon on the loop's thread; from any thread, also from the loop's own.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        leave { $0.work.append(work) }
    }

    private func leave(_ addition: (inout Outside) -> Void) {
        let mustRing = outside.withLock { outside in
            addition(&outside)
            defer { outside.isAsleep = false }
            return outside.isAsleep
        }
        if mustRing { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        // A full counter means that the bell rings already.
        _ = Glibc.write(doorbell, &one, MemoryLayout<UInt64>.size)
    }

    /// Calls `onReady` each time the descriptor is ready for what `interest` names, until the watch is cancelled.
    /// Form the closure inside an actor whose executor is this loop: it is then isolated to that actor.
    package func watch(
        _ descriptor: Int32, _ interest: Interest, _ onReady: @escaping (DescriptorReadiness) -> Void
    ) throws(SocketError) -> Watch {
        checkIsolated()
        let watch = Watch(descriptor, interest, generation: nextGeneration, loop: self, onReady: onReady)
        nextGeneration = nextGeneration == .max ? 1 : nextGeneration + 1
        try poller.add(descriptor, interest, token: watch.token)
        while watches.count <= Int(descriptor) { watches.append(nil) }
        watches[Int(descriptor)] = watch
        return watch
    }

    func interestChanged(_ watch: Watch) {
        checkIsolated()
        // The descriptor is watched already, so that only a broken invariant of ours could make this fail.
        do { try poller.change(watch.descriptor, watch.interest, token: watch.token) } catch {
            preconditionFailure("\(error) for a watched descriptor")
        }
    }

    func forget(_ watch: Watch) {
        checkIsolated()
        poller.remove(watch.descriptor)
        if watches[Int(watch.descriptor)] === watch { watches[Int(watch.descriptor)] = nil }
    }

    /// Monotonic time, read once per turn of the loop.
    package var now: MonotonicInstant {
        checkIsolated()
        return cachedNow
    }

    /// Calls `action` on the loop after at least `delay`, unless the deadline is cancelled before.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> Deadline {
        // Not the turn's own time: a turn may have lasted long, and a deadline must never come too early.
        schedule(at: .now + delay, action)
    }

    /// Calls `action` on the loop at `instant` or soon after, unless the deadline is cancelled before. Deadlines of
    /// one instant fire in the order in which they were set.
    @discardableResult
    package func schedule(at instant: MonotonicInstant, _ action: @escaping () -> Void) -> Deadline {
        checkIsolated()
        return deadlines.add(at: instant, action)
    }

    /// Calls `action` once at the end of the present turn: the place to write out what the turn made dirty.
    package func beforeWaiting(_ action: @escaping () -> Void) {
        checkIsolated()
        endOfTurn.append(action)
    }

    /// Not a descriptor's token: generations never reach this value together with a descriptor of −1.
    private static let doorbellToken = UInt64.max

    func nextConnectionGeneration() -> UInt32 {
        defer { connectionGeneration &+= 1 }
        return connectionGeneration
    }

    func run() {
        pthread_setspecific(Self.currentKey, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Self.currentKey, nil) }
        let serial = asUnownedSerialExecutor()
        let preference = asUnownedTaskExecutor()
        while true {
            takeWhatOthersLeft(beforeSleep: false)
            runReadyJobs(serial, preference)
            runEndOfTurn()
            let patience = takeWhatOthersLeft(beforeSleep: true)
            if isStopping, ready.isEmpty { return }
            poller.wait(milliseconds: patience) { token, readiness in deliver(token, readiness) }
            cachedNow = .now
            while let deadline = deadlines.takeDue(at: cachedNow) {
                let action = deadline.action
                deadline.action = nil
                action?()
            }
        }
    }

    private func runReadyJobs(_ serial: UnownedSerialExecutor, _ preference: UnownedTaskExecutor) {
        var budget = Self.jobsPerTurn
        while budget > 0, let job = ready.popFirst() {
            job.runSynchronously(isolatedTo: serial, taskExecutor: preference)
            budget -= 1
        }
    }

    private func runEndOfTurn() {
        // What an action adds belongs to this turn too, or a write could wait for a whole sleep.
        while !endOfTurn.isEmpty {
            let actions = endOfTurn
            endOfTurn.removeAll(keepingCapacity: true)
            for action in actions { action() }
        }
    }

    /// Moves in the jobs of other threads. Before a sleep it also says how long to wait, in milliseconds, and marks
    /// the loop as asleep when nothing is left to do, so that whoever comes next rings.
    @discardableResult
    private func takeWhatOthersLeft(beforeSleep: Bool) -> Int32 {
        let mayWait = beforeSleep && ready.isEmpty
        let (jobs, work) = outside.withLock { outside in
            let left = (outside.jobs, outside.work)
            if outside.mustStop { isStopping = true }
            outside.jobs = []
            outside.work = []
            outside.isAsleep = mayWait && left.0.isEmpty && left.1.isEmpty && !isStopping
            return left
        }
        for job in jobs { ready.append(job) }
        for action in work { action() }
        guard mayWait, jobs.isEmpty, work.isEmpty, !isStopping else { return 0 }
        guard let earliest = deadlines.earliest else { return -1 }
        return Self.milliseconds(from: .now, to: earliest)
    }

    /// Rounded up, so that a deadline is never looked at too early and then waited for in a busy loop.
    private static func milliseconds(from start: MonotonicInstant, to end: MonotonicInstant) -> Int32 {
        guard end > start else { return 0 }
        let (seconds, attoseconds) = (end - start).components
        guard seconds < 86_400 else { return 86_400_000 }
        return Int32(seconds) * 1_000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private func deliver(_ token: UInt64, _ readiness: DescriptorReadiness) {
        guard token != Self.doorbellToken else {
            var count: UInt64 = 0
            _ = Glibc.read(doorbell, &count, MemoryLayout<UInt64>.size)
            return
        }
        let descriptor = Int(token & 0xFFFF_FFFF)
        // An event for a watch that was cancelled earlier in the same batch, or for its successor on the same number.
        guard descriptor < watches.count, let watch = watches[descriptor], watch.token == token else {
            return
        }
        watch.onReady(readiness)
    }

    /// Lets the thread end once its ready jobs are done.
    func stop() {
        leave { $0.mustStop = true }
    }
}
