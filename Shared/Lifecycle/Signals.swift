import Dispatch
import Glibc
import Synchronization

/// The signals of an orderly life: SIGTERM and SIGINT ask to stop, a second one ends the process on the spot, SIGHUP
/// is noted, SIGPIPE is no reason to die.
///
/// A handler may do next to nothing, so it writes a byte into a pipe, and Dispatch reads that. The second request
/// is obeyed in the handler itself, because then even a process whose every thread hangs can be ended.
enum Signals {
    enum Heard: Equatable, Sendable {
        case stop(String)
        case hangup
    }

    /// Once a process.
    static func install(_ heard: @escaping @Sendable (Heard) -> Void) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { fatalError("no pipe for signals: errno \(errno)") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        pipeEnd.store(ends[1], ordering: .releasing)
        let source = DispatchSource.makeReadSource(
            fileDescriptor: ends[0], queue: DispatchQueue(label: "signals"))
        let descriptor = ends[0]
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(descriptor, &bytes, bytes.count)
            for byte in bytes.prefix(max(count, 0)) { tell(Int32(byte), to: heard) }
        }
        source.activate()
        // Kept for the life of the process: a source that nobody holds stops.
        keeper = source
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, receive) }
    }

    private static func tell(_ number: Int32, to heard: (Heard) -> Void) {
        switch number {
        case SIGTERM: heard(.stop("SIGTERM"))
        case SIGINT: heard(.stop("SIGINT"))
        default: heard(.hangup)
        }
    }

    // Written once, at the start, and never read.
    private nonisolated(unsafe) static var keeper: (any DispatchSourceRead)?
}

private let pipeEnd = Atomic<Int32>(-1)
/// CLOCK_MONOTONIC in milliseconds of the first request to stop; 0 before it.
private let firstRequest = Atomic<Int64>(0)

/// Ctrl-C reaches a whole process group, and a script that hears it passes it on: two requests at once are one wish.
private let sameWish: Int64 = 500

private func receive(_ number: Int32) {
    let savedError = errno
    if number == SIGTERM || number == SIGINT {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        let (isFirst, first) = firstRequest.compareExchange(expected: 0, desired: now, ordering: .relaxed)
        if !isFirst, now - first > sameWish { _exit(128 + number) }
    }
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(pipeEnd.load(ordering: .relaxed), &byte, 1)
    errno = savedError
}
