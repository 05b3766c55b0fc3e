/// Memory that the connections of one loop share: a connection that is idle holds none.
final class LoopBuffers {
    /// Where every read of this loop lands first.
    let input: UnsafeMutableBufferPointer<UInt8>
    private var spare: [[UInt8]] = []

    private static let inputBytes = 64 * 1_024
    private static let outputBytes = 4 * 1_024
    /// A buffer that grew beyond this is given back to the system instead of the pool.
    private static let largestKept = 64 * 1_024
    private static let mostKept = 256

    init() {
        input = .allocate(capacity: Self.inputBytes)
    }

    deinit { input.deallocate() }

    func takeOutput() -> [UInt8] {
        if let buffer = spare.popLast() { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.outputBytes)
        return buffer
    }

    func giveBack(_ buffer: consuming [UInt8]) {
        guard spare.count < Self.mostKept, buffer.capacity <= Self.largestKept else { return }
        buffer.removeAll(keepingCapacity: true)
        spare.append(buffer)
    }
}
