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

    /// Dark modules that touch in a row: one shape each, or fine lines would show between them.
    fileprivate var bars: [(row: Int, columns: Range<Int>)] {
        var bars: [(row: Int, columns: Range<Int>)] = []
        for row in 0..<size {
            var column = 0
            while column < size {
                let start = column
                while column < size, isDark(column, row) { column += 1 }
                if column > start { bars.append((row, start..<column)) } else { column += 1 }
            }
        }
        return bars
    }

    /// For a screen; scales to any size.
    package var svg: String {
        let path = bars.map {
            "M\($0.columns.lowerBound + 4) \($0.row + 4)h\($0.columns.count)v1h-\($0.columns.count)z"
        }
        .joined()
        let side = size + 8
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" width="\(side * 8)" height="\(side * 8)" \
            shape-rendering="crispEdges" role="img" aria-label="QR code">\
            <rect width="\(side)" height="\(side)" fill="#fff"/><path fill="#000" d="\(path)"/></svg>
            """
    }
}

extension Artwork {
    /// The code at a width in points, its border included.
    package init(_ code: QRCode, width: Double, colour: Colour = .black) {
        let side = code.size + 8
        let unit = width / Double(side)
        let steps = code.bars.flatMap { bar -> [Step] in
            let (left, right) = (
                Double(bar.columns.lowerBound + 4) * unit, Double(bar.columns.upperBound + 4) * unit
            )
            let (top, bottom) = (Double(bar.row + 4) * unit, Double(bar.row + 5) * unit)
            return [.move(left, top), .line(right, top), .line(right, bottom), .line(left, bottom), .close]
        }
        self.init(width: width, height: width, shapes: [Shape(colour, steps)])
    }
}
