import Contracts
import Core
import Crypto

/// What stands on the sticker at a connector: `VB1:`, its number, and a mark that nobody makes without the key, so that a
/// sticker glued over ours leads to no other place than one of ours.
struct StartCode: Equatable, Sendable {
    let port: ID<Port>
    let text: String

    init(of port: ID<Port>, _ codes: CodeDigests) {
        self.port = port
        let mark = Hex.text(Array(codes.digest("start", for: "port/\(port.number)").prefix(6)))
        text = "VB1:\(port.number):\(mark)"
    }

    /// Nil for what is no code of ours.
    init?(reading text: String, _ codes: CodeDigests) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int64(parts[1]) else { return nil }
        let right = StartCode(of: ID(number), codes)
        guard equalInConstantTime(right.text, text) else { return nil }
        self = right
    }
}
