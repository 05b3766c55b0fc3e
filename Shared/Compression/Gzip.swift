/// RFC 1952 in one piece, for what is held in memory anyway: answers, files of a backup.
package enum Gzip {
    /// - Parameter level: 1 is the fastest, 9 packs the closest.
    package static func pack(_ bytes: Span<UInt8>, level: Int = 6) -> [UInt8] {
        var packed: [UInt8] = []
        Deflater(.gzip, level: level).pack(bytes, to: &packed, .finish)
        return packed
    }

    package static func pack(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
        pack(bytes.span, level: level)
    }

    /// What the bytes stand for. Several packed pieces one behind the other are one, as the RFC says.
    ///
    /// Throws: `.tooLarge` as soon as more than `limit` bytes come out; `.corrupt` for anything else that is wrong,
    /// an early end and bytes behind the end included.
    package static func unpack(_ packed: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        let inflater = Inflater(.gzip)
        var bytes: [UInt8] = []
        var start = 0
        repeat {
            let rest = packed.span.extracting(start...)
            guard case .ended(let unused) = try inflater.unpack(rest, to: &bytes, limit: limit) else {
                throw .corrupt
            }
            start = packed.count - unused
            inflater.reset()
        } while start < packed.count
        return bytes
    }
}
