/// Why bytes could not be packed or unpacked.
package enum CompressionError: Error, Equatable {
    /// The bytes are not what their format says, or they end too early.
    case corrupt
    /// Unpacked they would exceed the limit that the caller set: a mistake, or a bomb.
    case tooLarge(limit: Int)
    /// A name that an archive must not hold: empty, absolute, climbing out with `..`, too long, or there already.
    case badName(String)
}

/// How a DEFLATE stream is wrapped.
package enum CompressionFormat: Hashable, Sendable {
    /// RFC 1951 alone, as ZIP and WebSocket want it. The window is 2^`windowBits` bytes: 9 to 15.
    case raw(windowBits: Int = 15)
    /// RFC 1952: with a header, a checksum and the length.
    case gzip

    /// zlib tells the formats apart by sign and offset of one number.
    var zlibWindowBits: Int32 {
        switch self {
        case .raw(let bits): Int32(-bits)
        case .gzip: 15 + 16
        }
    }
}
