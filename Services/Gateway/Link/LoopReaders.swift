import OCPP
import Sockets

/// A frame reader for each loop, so that connections share its memory. Each is touched on its loop only, which is what
/// `@unchecked Sendable` stands for.
final class LoopReaders: @unchecked Sendable {
    private final class Slot {
        var reader = OCPPFrameReader()
    }

    private let slots: [Slot]

    init(count: Int) {
        slots = (0..<count).map { _ in Slot() }
    }

    func read(_ bytes: Span<UInt8>, as version: OCPPVersion, on loop: EventLoop) throws(FrameMistake)
        -> OCPPFrame
    {
        try slots[loop.index].reader.read(bytes, as: version)
    }
}
