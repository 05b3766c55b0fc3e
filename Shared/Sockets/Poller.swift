import CEpoll
import Glibc

/// What a watcher of a descriptor wants to hear of.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: 1)
    package static let write = Interest(rawValue: 2)
}

/// What a descriptor is ready for. Hang-up and errors are told without asking.
package struct DescriptorReadiness: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = DescriptorReadiness(rawValue: 1)
    package static let write = DescriptorReadiness(rawValue: 2)
    package static let hangup = DescriptorReadiness(rawValue: 4)
    package static let error = DescriptorReadiness(rawValue: 8)
}

/// One epoll descriptor, level-triggered, and the room for the events of one wait.
final class Poller {
    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// Events taken from the kernel at one time; more wait for the next turn.
    private static let eventsPerWait = 512

    init() throws(SocketError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SocketError(call: "epoll_create1") }
        events = .allocate(capacity: Self.eventsPerWait)
    }

    deinit {
        close(descriptor)
        events.deallocate()
    }

    /// `token` comes back with each event of this descriptor.
    func add(_ watched: Int32, _ interest: Interest, token: UInt64) throws(SocketError) {
        try control(EPOLL_CTL_ADD, watched, interest, token)
    }

    func change(_ watched: Int32, _ interest: Interest, token: UInt64) throws(SocketError) {
        try control(EPOLL_CTL_MOD, watched, interest, token)
    }

    /// A descriptor that was closed already has left by itself; nothing is reported then.
    func remove(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    private func control(
        _ operation: Int32, _ watched: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SocketError) {
        var event = epoll_event()
        if interest.contains(.read) { event.events |= voltbus_epoll_in }
        if interest.contains(.write) { event.events |= voltbus_epoll_out }
        event.data.u64 = token
        guard epoll_ctl(descriptor, operation, watched, &event) == 0 else {
            throw SocketError(call: "epoll_ctl")
        }
    }

    /// Waits until something is ready or `milliseconds` have passed (−1 waits for ever, 0 only looks), then calls
    /// `deliver` once for each event.
    func wait(milliseconds: Int32, _ deliver: (UInt64, DescriptorReadiness) -> Void) {
        let count = epoll_wait(descriptor, events.baseAddress, Int32(Self.eventsPerWait), milliseconds)
        // Interrupted by a signal: the loop simply takes another turn.
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = events[index]
            var ready: DescriptorReadiness = []
            if event.events & voltbus_epoll_in != 0 { ready.insert(.read) }
            if event.events & voltbus_epoll_out != 0 { ready.insert(.write) }
            if event.events & voltbus_epoll_hangup != 0 { ready.insert(.hangup) }
            if event.events & voltbus_epoll_error != 0 { ready.insert(.error) }
            deliver(event.data.u64, ready)
        }
    }
}
