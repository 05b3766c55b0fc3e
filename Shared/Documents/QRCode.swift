import CQREncode

/// A square of dark and light modules that phones read: ISO/IEC 18004.
package struct QRCode: Hashable, Sendable {
    /// Modules on a side, without the light border of four that belongs around.
    package let size: Int
    private let modules: [Bool]

    /// How much of the code may be spoilt before it can no longer be read: 7, 15, 25, 30 per cent.
    package enum Correction: UInt32, Sendable {
        case low, medium, quartile, high
    }

    /// Nil for a text that is empty or longer than a code can be.
    package init?(_ text: String, correction: Correction = .medium) {
        let level = QRecLevel(rawValue: correction.rawValue)
        guard let code = QRcode_encodeString8bit(text, 0, level) else { return nil }
        defer { QRcode_free(code) }
        let size = Int(code.pointee.width)
        guard let bytes = code.pointee.data else { return nil }
        self.size = size
        // The lowest bit is the colour, the others say what the module is for.
        modules = (0..<size * size).map { bytes[$0] & 1 == 1 }
    }

    package func isDark(_ x: Int, _ y: Int) -> Bool { modules[y * size + x] }
}

extension Artwork {
    /// The code at a width in points, its border included.
    package init(_ code: QRCode, width: Double, colour: Colour = .black) {
        let side = code.size + 8
        let unit = width / Double(side)
        var steps: [Step] = []
        for y in 0..<code.size {
            var x = 0
            while x < code.size {
                var end = x
                while end < code.size, code.isDark(end, y) { end += 1 }
                if end > x {
                    let (left, right) = (Double(x + 4) * unit, Double(end + 4) * unit)
                    let (top, bottom) = (Double(y + 4) * unit, Double(y + 5) * unit)
                    steps += [
                        .move(left, top), .line(right, top), .line(right, bottom), .line(left, bottom),
                        .close,
                    ]
                }
                x = max(end, x + 1)
            }
        }
        self.init(width: width, height: width, shapes: [Shape(colour, steps)])
    }
}
