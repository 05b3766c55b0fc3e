import Synchronization

/// Lets so many in at once; the others wait in the order in which they came, also behind one who wants several places.
package final class Places: Sendable {
    private struct Waiting {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var free: Int
        var waiting: [Waiting] = []

        /// Whose turn it is, with all that they want.
        mutating func admit() -> [Waiting] {
            var admitted: [Waiting] = []
            while let first = waiting.first, first.count <= free {
                free -= first.count
                admitted.append(waiting.removeFirst())
            }
            return admitted
        }
    }

    /// How many there are.
    let count: Int
    private let state: Mutex<State>

    package init(_ count: Int) {
        self.count = count
        state = Mutex(State(free: count))
    }

    package func take(_ wanted: Int = 1) async {
        await withCheckedContinuation { continuation in
            let admitted = state.withLock { state in
                state.waiting.append(Waiting(count: wanted, continuation: continuation))
                return state.admit()
            }
            for next in admitted { next.continuation.resume() }
        }
    }

    package func giveBack(_ taken: Int = 1) {
        let admitted = state.withLock { state in
            state.free += taken
            return state.admit()
        }
        for next in admitted { next.continuation.resume() }
    }
}
