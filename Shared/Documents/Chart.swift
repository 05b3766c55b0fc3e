/// Numbers as a picture, in the width that it is given.
package enum Chart: Sendable {
    case bars(BarChart)
    case heat(HeatMap)

    func drawing(width: Double) -> Drawing {
        switch self {
        case .bars(let chart): chart.drawing(width: width)
        case .heat(let map): map.drawing(width: width)
        }
    }
}

/// One bar for each value, from zero up.
package struct BarChart: Sendable {
    package struct Bar: Sendable {
        /// Below the bar; nil where there is no room for every bar's.
        package var label: String?
        /// Below zero it has no bar.
        package var value: Double

        package init(_ label: String?, _ value: Double) {
            self.label = label
            self.value = value
        }
    }

    package var bars: [Bar]
    package var height: Double
    package var colour: Colour
    /// How the numbers beside the axis are written.
    package var format: @Sendable (Double) -> String

    package init(
        _ bars: [Bar], height: Double = 112, _ colour: Colour = .accent,
        format: @escaping @Sendable (Double) -> String
    ) {
        self.bars = bars
        self.height = height
        self.colour = colour
        self.format = format
    }

    private static let axisWidth = 44.0
    private static let labelHeight = 14.0
    private static let small = TextStyle(size: 7, colour: .muted)

    func drawing(width: Double) -> Drawing {
        var drawing = Drawing(height: height)
        let top = 5.0
        let floor = height - Self.labelHeight
        let step = Self.step(for: bars.map(\.value).max() ?? 0)
        let steps = max(1, ((bars.map(\.value).max() ?? 0) / step).rounded(.up))
        let scale = (floor - top) / (step * steps)
        for index in 0...Int(steps) {
            let y = floor - Double(index) * step * scale
            drawing.rectangle(
                x: Self.axisWidth, y: y - 0.25, width: width - Self.axisWidth, height: 0.5,
                index == 0 ? .muted : .hairline)
            drawing.label(
                format(Double(index) * step), Self.small, x: Self.axisWidth - 6, y: y - 5, .end)
        }
        let pitch = (width - Self.axisWidth) / Double(max(1, bars.count))
        let thickness = min(pitch * 0.68, 26)
        for (index, bar) in bars.enumerated() {
            let middle = Self.axisWidth + (Double(index) + 0.5) * pitch
            if bar.value > 0 {
                let tall = bar.value * scale
                drawing.bar(
                    x: middle - thickness / 2, y: floor - tall, width: thickness, height: tall, colour)
            }
            if let label = bar.label { drawing.label(label, Self.small, x: middle, y: floor + 3, .center) }
        }
        return drawing
    }

    /// 1, 2 or 5 times a power of ten, so that four or five lines reach the top.
    static func step(for highest: Double) -> Double {
        guard highest > 0 else { return 1 }
        let rough = highest / 4
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    }
}

/// Rows and columns of squares, the fuller the darker.
package struct HeatMap: Sendable {
    package var rows: [String]
    /// One for each column; nil where it would be too many.
    package var columns: [String?]
    /// Row by row, 0 to 1.
    package var shares: [[Double]]
    /// Of 0 and of the fullest square, below the map.
    package var legend: (empty: String, full: String)
    package var colour: Colour

    package init(
        rows: [String], columns: [String?], shares: [[Double]], legend: (empty: String, full: String),
        _ colour: Colour = .accent
    ) {
        self.rows = rows
        self.columns = columns
        self.shares = shares
        self.legend = legend
        self.colour = colour
    }

    private static let rowHeight = 15.0
    private static let axisWidth = 44.0
    private static let small = TextStyle(size: 7, colour: .muted)

    func drawing(width: Double) -> Drawing {
        var drawing = Drawing(height: 14 + Double(rows.count) * Self.rowHeight + 22)
        let pitch = (width - Self.axisWidth) / Double(max(1, columns.count))
        for (index, title) in columns.enumerated() {
            guard let title else { continue }
            drawing.label(
                title, Self.small, x: Self.axisWidth + (Double(index) + 0.5) * pitch, y: 0, .center)
        }
        // What is half as full as the fullest is half as dark.
        let fullest = max(shares.flatMap(\.self).max() ?? 0, .leastNonzeroMagnitude)
        for (row, title) in rows.enumerated() {
            let y = 14 + Double(row) * Self.rowHeight
            drawing.label(title, Self.small, x: Self.axisWidth - 6, y: y + 2.5, .end)
            for column in columns.indices {
                let share = row < shares.count && column < shares[row].count ? shares[row][column] : 0
                drawing.rectangle(
                    x: Self.axisWidth + Double(column) * pitch + 0.75, y: y + 0.75, width: pitch - 1.5,
                    height: Self.rowHeight - 1.5, shade(share / fullest))
            }
        }
        let y = 14 + Double(rows.count) * Self.rowHeight + 8
        for index in 0..<24 {
            drawing.rectangle(
                x: width - 145 + Double(index) * 4, y: y + 1, width: 4.1, height: 7, shade(Double(index) / 23)
            )
        }
        drawing.label(legend.empty, Self.small, x: width - 150, y: y - 0.5, .end)
        drawing.label(legend.full, Self.small, x: width - 44, y: y - 0.5, .start)
        return drawing
    }

    private func shade(_ share: Double) -> Colour {
        // The eye sees the first steps less than the last: the root spreads them.
        let part = share.squareRoot()
        let empty = Colour(hex: 0xEEF2F4)
        func mixed(_ low: Double, _ high: Double) -> Double { low + (high - low) * part }
        return Colour(
            red: mixed(empty.red, colour.red), green: mixed(empty.green, colour.green),
            blue: mixed(empty.blue, colour.blue))
    }
}
