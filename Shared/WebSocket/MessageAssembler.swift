import Compression

/// Makes messages of their parts: joins, unpacks and checks that text is UTF-8, failing at the first wrong byte.
///
/// A message that stands whole in the receive buffer is left there. Between messages nothing is held.
package struct MessageAssembler {
    package enum Outcome: Equatable {
        case incomplete
        /// The message is the part just given, where it lies.
        case inPlace
        case assembled([UInt8])
    }

    private var text = UTF8Validator()
    private var gathered: [UInt8] = []

    package init() {}

    /// - Parameters:
    ///   - payload: the part's bytes.
    ///   - inflater: for messages that came packed.
    ///   - limit: how long a message may be, unpacked.
    package mutating func add(
        _ part: FrameParser.Part, _ payload: UnsafeBufferPointer<UInt8>, inflater: MessageInflater?,
        limit: Int
    ) throws(Violation) -> Outcome {
        if part.beginsMessage { text = UTF8Validator() }
        if part.isCompressed {
            guard let inflater else { throw Violation(.protocolError, "nothing packed was agreed") }
            let before = gathered.count
            try inflater.unpack(payload, endsMessage: part.endsMessage, to: &gathered, limit: limit)
            if part.kind == .text {
                let isGood = gathered.withUnsafeBufferPointer {
                    text.accepts(UnsafeBufferPointer(rebasing: $0[before...]))
                }
                guard isGood else { throw Self.notText }
            }
        } else {
            if part.kind == .text {
                guard text.accepts(payload) else { throw Self.notText }
            }
            let isWhole = part.beginsMessage && part.endsMessage
            if !isWhole { gathered.append(contentsOf: payload) }
        }
        guard part.endsMessage else { return .incomplete }
        guard part.kind == .binary || text.isComplete else { throw Self.notText }
        if part.beginsMessage, !part.isCompressed { return .inPlace }
        defer { gathered = [] }
        return .assembled(gathered)
    }

    private static let notText = Violation(.invalidPayload, "not UTF-8")
}
