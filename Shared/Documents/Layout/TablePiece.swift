/// A table set in its columns. It is cut between rows and repeats its head; a row is cut only when it is higher
/// than a page.
struct TablePiece: Piece {
    private let geometry: Geometry
    private let head: Row?
    private var rows: [Row]

    var height: Double { (head?.height ?? 0) + rows.reduce(0) { $0 + $1.height } }

    func draw(with pen: Pen, x: Double, y: Double) {
        var y = y
        for row in (head.map { [$0] } ?? []) + rows {
            row.draw(with: pen, x: x, y: y, geometry)
            y += row.height
        }
    }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? {
        var left = height - (head?.height ?? 0)
        var count = 0
        while count < rows.count, rows[count].height <= left + 0.01 {
            left -= rows[count].height
            count += 1
        }
        // Totals alone at the top of a page would belong to nothing.
        while count > 1, count < rows.count, rows[count].kind == .total, rows[count - 1].kind == .total {
            count -= 1
        }
        if count > 1, count < rows.count, rows[count].kind == .total { count -= 1 }
        if count > 0, count < rows.count {
            return (with(Array(rows[..<count])), with(Array(rows[count...])))
        }
        guard emptyPage, count == 0, let (fits, rest) = rows.first?.cut(at: left) else { return nil }
        return (with([fits]), with([rest] + rows.dropFirst()))
    }

    private func with(_ rows: [Row]) -> TablePiece {
        var part = self
        part.rows = rows
        return part
    }

    fileprivate struct Geometry {
        var offsets: [Double]
        var width: Double
    }

    fileprivate enum Kind { case head, body, total }

    fileprivate struct Row {
        var kind: Kind
        var cells: [(text: SetText, lines: Range<Int>)]
        var padding: Double
        var lineAbove: (colour: Colour, thickness: Double)?
        var lineBelow: (colour: Colour, thickness: Double)?

        var height: Double {
            2 * padding + (cells.map { drop(of: $0) + $0.text.height(of: $0.lines) }.max() ?? 0)
        }

        /// How far a cell's text is moved down so that all first lines stand on one line, whatever their sizes.
        private func drop(of cell: (text: SetText, lines: Range<Int>)) -> Double {
            let highest = cells.map { $0.text.ascent(of: $0.lines) }.max() ?? 0
            return cell.lines.isEmpty ? 0 : highest - cell.text.ascent(of: cell.lines)
        }

        func draw(with pen: Pen, x: Double, y: Double, _ geometry: Geometry) {
            if let lineAbove {
                pen.line(x: x, y: y, width: geometry.width, thickness: lineAbove.thickness, lineAbove.colour)
            }
            if let lineBelow {
                pen.line(
                    x: x, y: y + height - lineBelow.thickness, width: geometry.width,
                    thickness: lineBelow.thickness, lineBelow.colour)
            }
            for (cell, offset) in zip(cells, geometry.offsets) {
                cell.text.draw(cell.lines, with: pen, x: x + offset, y: y + padding + drop(of: cell))
            }
        }

        func cut(at height: Double) -> (Row, Row)? {
            var (fits, rest) = (self, self)
            for (index, cell) in cells.enumerated() {
                let count = max(
                    1, cell.text.count(from: cell.lines.lowerBound, fitting: height - 2 * padding))
                let middle = min(cell.lines.lowerBound + count, cell.lines.upperBound)
                fits.cells[index].lines = cell.lines.lowerBound..<middle
                rest.cells[index].lines = middle..<cell.lines.upperBound
            }
            return rest.cells.allSatisfy(\.lines.isEmpty) ? nil : (fits, rest)
        }
    }
}

extension TablePiece {
    init(_ table: Table, width: Double, _ typesetter: Typesetter) {
        let widths = Self.widths(of: table, in: width, typesetter)
        var offset = 0.0
        geometry = Geometry(
            offsets: widths.map { columnWidth in
                defer { offset += columnWidth + table.look.columnGap }
                return offset
            }, width: width)

        func row(_ kind: Kind, _ cells: [StyledText], _ style: TextStyle) -> Row {
            Row(
                kind: kind,
                cells: zip(table.columns, widths).enumerated().map { index, column in
                    let cell = index < cells.count ? cells[index] : ""
                    let text = typesetter.set(cell, style, column.0.alignment, width: column.1)
                    return (text, 0..<text.lines.count)
                }, padding: table.look.rowPadding)
        }

        if table.columns.contains(where: { $0.title != nil }) {
            var head = row(.head, table.columns.map { StyledText($0.title ?? "") }, Self.headStyle)
            head.lineBelow = (.ink, 0.9)
            self.head = head
        } else {
            head = nil
        }
        var strong = table.look.style
        strong.weight = .bold
        rows = table.rows.map { cells in
            var row = row(.body, cells, table.look.style)
            if table.look.hasHairlines { row.lineBelow = (.hairline, 0.5) }
            return row
        }
        for (index, cells) in table.totals.enumerated() {
            var row = row(.total, cells, strong)
            if index == 0 { row.lineAbove = (.ink, 0.9) }
            rows.append(row)
        }
    }

    private static let headStyle = TextStyle(size: 7.5, weight: .bold, colour: .muted)

    private static func widths(of table: Table, in width: Double, _ typesetter: Typesetter) -> [Double] {
        var strong = table.look.style
        strong.weight = .bold
        let gaps = table.look.columnGap * Double(max(0, table.columns.count - 1))
        var left = max(0, width - gaps)
        var widths = Array(repeating: 0.0, count: table.columns.count)
        var shares = 0.0
        for (index, column) in table.columns.enumerated() {
            func natural(_ cells: some Sequence<StyledText>, _ style: TextStyle) -> Double {
                cells.map { typesetter.set($0, style, .start, width: nil).naturalWidth }.max() ?? 0
            }
            func cells(_ rows: [[StyledText]]) -> some Sequence<StyledText> {
                rows.lazy.filter { index < $0.count }.map { $0[index] }
            }
            switch column.width {
            case .points(let points): widths[index] = points
            case .share(let share): shares += max(0, share)
            case .fit:
                widths[index] = max(
                    natural(CollectionOfOne(StyledText(column.title ?? "")), headStyle),
                    natural(cells(table.rows), table.look.style), natural(cells(table.totals), strong))
            }
        }
        // Columns for shares keep at least a fifth of the width; the others give way in proportion.
        let fixed = widths.reduce(0, +)
        let most = shares > 0 ? left * 0.8 : left
        if fixed > most, fixed > 0 { widths = widths.map { $0 * most / fixed } }
        left -= widths.reduce(0, +)
        for (index, column) in table.columns.enumerated() {
            if case .share(let share) = column.width, shares > 0 {
                widths[index] = left * max(0, share) / shares
            }
        }
        return widths
    }
}
