/// One watched descriptor. It stays watched until `cancel`, which must come before the descriptor is closed.
/// Loop thread only.
package final class Watch {
    package let descriptor: Int32
    /// Tells this watch from an earlier one of the same descriptor number.
    let generation: UInt32
    private unowned let loop: EventLoop
    let onReady: (DescriptorReadiness) -> Void
    private(set) var isActive = true

    init(
        _ descriptor: Int32, _ interest: Interest, generation: UInt32, loop: EventLoop,
        onReady: @escaping (DescriptorReadiness) -> Void
    ) {
        self.descriptor = descriptor
        self.interest = interest
        self.generation = generation
        self.loop = loop
        self.onReady = onReady
    }

    var token: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor)) }

    package var interest: Interest {
        didSet {
            guard isActive, interest != oldValue else { return }
            loop.interestChanged(self)
        }
    }

    package func cancel() {
        guard isActive else { return }
        isActive = false
        loop.forget(self)
    }
}
