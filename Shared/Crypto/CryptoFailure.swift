import COpenSSL

/// What libcrypto refused to do and its own word for why: never the bytes that it was given.
package struct CryptoFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let operation: String
    package let reason: String

    package init(_ operation: String, reason: String) {
        self.operation = operation
        self.reason = reason
    }

    /// Takes the reason from libcrypto's error queue of this thread, and empties it.
    static func taken(from operation: String) -> CryptoFailure {
        let code = ERR_peek_last_error()
        defer { ERR_clear_error() }
        let reason = ERR_reason_error_string(code).map { String(cString: $0) }
        return CryptoFailure(operation, reason: reason ?? "no reason given")
    }

    package var description: String { "\(operation) failed: \(reason)" }
}

/// libcrypto's 1 for "done"; anything else throws its reason.
func demand(_ result: Int32, _ operation: String) throws(CryptoFailure) {
    guard result == 1 else { throw .taken(from: operation) }
}

/// For what can fail only when memory is gone or libcrypto is broken: to go on would be to sign with nothing.
func insist(_ result: Int32, _ operation: String) {
    guard result == 1 else { fatalError("\(CryptoFailure.taken(from: operation))") }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
package func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

package func equalInConstantTime(_ left: String, _ right: String) -> Bool {
    equalInConstantTime(Array(left.utf8), Array(right.utf8))
}
