import Core
import Dispatch
import Glibc
import Synchronization

/// Writes lines to a file descriptor on a thread of its own, from a buffer that cannot grow without end: when the
/// reader stalls, lines are lost and counted, and the loops go on.
package final class DescriptorOutput: LogOutput {
    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        var lost = 0
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let capacity: Int
    private let queue = DispatchQueue(label: "log")

    /// One for the process: two buffers on one descriptor would tear each other's lines.
    package static let standardError = DescriptorOutput(descriptor: 2)
    package static let standardOutput = DescriptorOutput(descriptor: 1)

    /// - Parameter capacity: bytes that may wait; a full minute of a busy service.
    package init(descriptor: Int32, capacity: Int = 4 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
    }

    package func take(_ line: [UInt8]) {
        let mustStart = state.withLock { state in
            guard state.waiting.count + line.count <= capacity else {
                state.lost += 1
                return false
            }
            state.waiting += line
            defer { state.isWriting = true }
            return !state.isWriting
        }
        // Waking a thread for each line would cost the loop more than the line; a crash loses these milliseconds.
        if mustStart { queue.asyncAfter(deadline: .now() + .milliseconds(5)) { self.drain() } }
    }

    package func takeLost() -> Int {
        state.withLock { state in
            defer { state.lost = 0 }
            return state.lost
        }
    }

    package func flush(within limit: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            done.signal()
        }
        _ = done.wait(timeout: .now() + .nanoseconds(Int(limit.wholeNanoseconds)))
    }

    private func drain() {
        while let bytes = takeWaiting() { write(bytes) }
    }

    private func takeWaiting() -> [UInt8]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            let bytes = state.waiting
            state.waiting = []
            return bytes
        }
    }

    private func write(_ bytes: [UInt8]) {
        var position = 0
        while position < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + position }, bytes.count - position)
            }
            guard written < 0 else {
                position += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Somebody who shares the terminal made it non-blocking.
                var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&readiness, 1, 1_000)
            default:
                // Nobody reads any more; there is nowhere left to say so but in the count.
                let lines = bytes[position...].count { $0 == UInt8(ascii: "\n") }
                state.withLock { $0.lost += lines }
                return
            }
        }
    }
}
