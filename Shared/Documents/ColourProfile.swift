/// What the numbers of a colour mean, as an ICC profile (ICC.1:2001-04): a small one of our own, because the usual one
/// belongs to somebody.
enum ColourProfile {
    /// The primaries of sRGB under daylight D50, with a curve of 2.2.
    static let sRGB: [UInt8] = {
        let tags: [(name: String, bytes: [UInt8])] = [
            ("desc", description("sRGB")), ("cprt", signed("text") + Array("Public domain\0".utf8)),
            ("wtpt", point(0.9642, 1, 0.8249)), ("rXYZ", point(0.4361, 0.2225, 0.0139)),
            ("gXYZ", point(0.3851, 0.7169, 0.0971)), ("bXYZ", point(0.1431, 0.0606, 0.7141)),
            ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
        ]
        var table = number(UInt32(tags.count))
        var values: [UInt8] = []
        let start = 128 + 4 + tags.count * 12
        for tag in tags {
            table += Array(tag.name.utf8) + number(UInt32(start + values.count))
            table += number(UInt32(tag.bytes.count))
            values += tag.bytes + Array(repeating: 0, count: (4 - tag.bytes.count % 4) % 4)
        }
        return header(size: start + values.count) + table + values
    }()

    private static func header(size: Int) -> [UInt8] {
        var header = number(UInt32(size)) + zeros(4) + number(0x0210_0000)
        header += Array("mntrRGB XYZ ".utf8)
        // Made on 2026-01-01, for no platform in particular.
        header += [0x07, 0xEA, 0, 1, 0, 1] + zeros(6) + Array("acsp".utf8) + zeros(28)
        header += number(fixed(0.9642)) + number(fixed(1)) + number(fixed(0.8249))
        return header + zeros(128 - header.count)
    }

    private static func description(_ text: String) -> [UInt8] {
        let letters = Array(text.utf8) + [0]
        return signed("desc") + number(UInt32(letters.count)) + letters + zeros(8 + 3 + 67)
    }

    private static func point(_ x: Double, _ y: Double, _ z: Double) -> [UInt8] {
        signed("XYZ ") + number(fixed(x)) + number(fixed(y)) + number(fixed(z))
    }

    private static var curve: [UInt8] { signed("curv") + number(1) + [0x02, 0x33] }

    private static func signed(_ name: String) -> [UInt8] { Array(name.utf8) + zeros(4) }
    private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }
    private static func fixed(_ value: Double) -> UInt32 { UInt32((value * 65_536).rounded()) }
    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
