import CEpoll
import Glibc

/// A system call on a socket that failed: which call, and why.
package struct SocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system call or step, as `man` names it.
    package let call: String
    /// The value of `errno` afterwards.
    package let number: Int32

    package init(call: String, number: Int32) {
        self.call = call
        self.number = number
    }

    /// Reads `errno`; call it directly after the failed system call.
    init(call: String) {
        self.init(call: call, number: errno)
    }

    package var description: String {
        "\(call): \(String(cString: strerror(number)))"
    }
}

/// Why a connection ended.
package enum CloseReason: Equatable, Sendable {
    /// Our own side asked for it.
    case requested
    /// The other side closed in good order.
    case peerClosed
    /// The network or the kernel ended it.
    case failed(SocketError)
    /// The other side read so slowly that more than `Connection.Limits.outputBytes` had to wait for it.
    case slowReader
    /// The handler left more than `Connection.Limits.carriedBytes` unused.
    case inputTooLarge
}
