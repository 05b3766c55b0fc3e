/// Wakes waiting tasks: by a ring from anywhere, or by the passing of time. A ring while nobody waits is kept, once.
package final class Doorbell: @unchecked Sendable {
    private let loop: EventLoop
    // Touched on the loop's thread only; this confinement is what `@unchecked Sendable` stands for.
    private var isRung = false
    private var sleepers: [Int: Sleeper] = [:]
    private var nextSleeper = 0

    private struct Sleeper {
        let continuation: CheckedContinuation<Void, Never>
        let deadline: Deadline
    }

    package init(on loop: EventLoop) {
        self.loop = loop
    }

    package func ring() {
        if loop.isCurrent { rung() } else { loop.execute { self.rung() } }
    }

    /// Returns at the next ring, at once when it has rung since the last wait, when `patience` is over, or when the task
    /// is cancelled.
    package func wait(atMost patience: Duration) async {
        guard !Task.isCancelled else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute { self.sleep(continuation, patience) }
            }
        } onCancel: {
            ring()
        }
    }

    private func sleep(_ continuation: CheckedContinuation<Void, Never>, _ patience: Duration) {
        guard !isRung else {
            isRung = false
            return continuation.resume()
        }
        let number = nextSleeper
        nextSleeper += 1
        let deadline = loop.schedule(after: patience) { [self] in wake(number) }
        sleepers[number] = Sleeper(continuation: continuation, deadline: deadline)
    }

    private func rung() {
        if sleepers.isEmpty { isRung = true }
        for number in sleepers.keys.sorted() { wake(number) }
    }

    private func wake(_ number: Int) {
        guard let sleeper = sleepers.removeValue(forKey: number) else { return }
        sleeper.deadline.cancel()
        sleeper.continuation.resume()
    }
}
