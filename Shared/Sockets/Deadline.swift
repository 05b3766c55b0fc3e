import Core

/// A moment at which the loop does something, unless it is cancelled before. Loop thread only.
package final class Deadline {
    let instant: MonotonicInstant
    /// Equal instants fire in the order in which they were set.
    let sequence: UInt64
    var action: (() -> Void)?
    /// Where the heap holds it; −1 once it fired or was cancelled.
    var position = -1
    private weak var heap: DeadlineHeap?

    init(instant: MonotonicInstant, sequence: UInt64, heap: DeadlineHeap, action: @escaping () -> Void) {
        self.instant = instant
        self.sequence = sequence
        self.heap = heap
        self.action = action
    }

    package var isPending: Bool { position >= 0 }

    /// Does nothing when it has fired or was cancelled already.
    package func cancel() {
        guard isPending else { return }
        heap?.remove(self)
        action = nil
    }

    static func < (left: Deadline, right: Deadline) -> Bool {
        left.instant == right.instant ? left.sequence < right.sequence : left.instant < right.instant
    }
}

/// The loop's deadlines, earliest first: a binary heap whose members know their place, so that one that is
/// cancelled leaves at once instead of staying until its time.
final class DeadlineHeap {
    private var members: [Deadline] = []
    private var nextSequence: UInt64 = 0

    var earliest: MonotonicInstant? { members.first?.instant }
    var count: Int { members.count }

    func add(at instant: MonotonicInstant, _ action: @escaping () -> Void) -> Deadline {
        let deadline = Deadline(instant: instant, sequence: nextSequence, heap: self, action: action)
        nextSequence += 1
        deadline.position = members.count
        members.append(deadline)
        siftUp(deadline.position)
        return deadline
    }

    /// Takes out the earliest if its time has come.
    func takeDue(at now: MonotonicInstant) -> Deadline? {
        guard let first = members.first, first.instant <= now else { return nil }
        remove(first)
        return first
    }

    func remove(_ deadline: Deadline) {
        let hole = deadline.position
        let last = members.removeLast()
        deadline.position = -1
        guard last !== deadline else { return }
        members[hole] = last
        last.position = hole
        siftUp(hole)
        siftDown(last.position)
    }

    private func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard members[child] < members[parent] else { return }
            exchange(child, parent)
            child = parent
        }
    }

    private func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < members.count && members[child] < members[least] {
                least = child
            }
            guard least != parent else { return }
            exchange(parent, least)
            parent = least
        }
    }

    private func exchange(_ one: Int, _ other: Int) {
        members.swapAt(one, other)
        members[one].position = one
        members[other].position = other
    }
}
