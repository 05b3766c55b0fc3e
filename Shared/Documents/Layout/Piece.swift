/// Something set in its width, of known height, that can be drawn and perhaps be cut at a page's end.
protocol Piece {
    var height: Double { get }
    /// Space and page breaks mean nothing at the top of a page.
    var vanishesAtTop: Bool { get }
    var staysWithNext: Bool { get }

    func draw(with pen: Pen, x: Double, y: Double)

    /// The part that fits in a height, and the rest; nil when no sensible cut does. On an `emptyPage`, where
    /// waiting for the next one would not help, also a cut that is not sensible.
    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)?
}

extension Piece {
    var vanishesAtTop: Bool { false }
    var staysWithNext: Bool { false }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? { nil }
}

/// Lines of a text. It is cut between lines, two of which stay together on either side.
struct TextPiece: Piece {
    let text: SetText
    var lines: Range<Int>
    var staysWithNext = false

    init(_ text: SetText, staysWithNext: Bool = false) {
        self.text = text
        lines = 0..<text.lines.count
        self.staysWithNext = staysWithNext
    }

    var height: Double { text.height(of: lines) }

    func draw(with pen: Pen, x: Double, y: Double) {
        text.draw(lines, with: pen, x: x, y: y)
    }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? {
        let fitting = min(text.count(from: lines.lowerBound, fitting: height), lines.count - 2)
        let count = emptyPage ? max(1, fitting) : fitting
        guard count >= (emptyPage ? 1 : 2), count < lines.count else { return nil }
        return (
            part(lines.lowerBound..<lines.lowerBound + count),
            part(lines.lowerBound + count..<lines.upperBound)
        )
    }

    private func part(_ lines: Range<Int>) -> TextPiece {
        var part = self
        part.lines = lines
        return part
    }
}

struct SpacePiece: Piece {
    let height: Double
    var vanishesAtTop: Bool { true }

    func draw(with pen: Pen, x: Double, y: Double) {}
}

struct LinePiece: Piece {
    let colour: Colour
    let thickness: Double
    let width: Double
    var height: Double { thickness }

    func draw(with pen: Pen, x: Double, y: Double) {
        pen.line(x: x, y: y, width: width, thickness: thickness, colour)
    }
}

/// Ends a page by not fitting on any.
struct PageBreakPiece: Piece {
    var height: Double { .infinity }
    var vanishesAtTop: Bool { true }

    func draw(with pen: Pen, x: Double, y: Double) {}
}

/// Pieces below each other: a page's body, a column, a panel. Cutting it is what breaks pages.
struct StackPiece: Piece {
    var pieces: [any Piece]
    /// Not parted unless a page is too short for it.
    var isTogether = false

    var height: Double { pieces.reduce(0) { $0 + $1.height } }

    func draw(with pen: Pen, x: Double, y: Double) {
        var y = y
        for piece in pieces {
            piece.draw(with: pen, x: x, y: y)
            y += piece.height
        }
    }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? {
        if isTogether && !emptyPage { return nil }
        return parted(at: height, emptyPage: emptyPage)
    }

    /// The same with its own type, for the page's body.
    func parted(at height: Double, emptyPage: Bool) -> (fits: StackPiece, rest: StackPiece)? {
        var left = height
        var count = 0
        while count < pieces.count, pieces[count].height <= left + 0.01 {
            left -= pieces[count].height
            count += 1
        }
        guard count < pieces.count else { return nil }

        let isFirst = emptyPage && count == 0
        if let (fits, rest) = pieces[count].cut(at: left, emptyPage: isFirst) {
            return (
                StackPiece(pieces: pieces[..<count] + [fits]),
                StackPiece(pieces: [rest] + pieces[(count + 1)...])
            )
        }
        while count > 0, pieces[count - 1].staysWithNext || pieces[count - 1].vanishesAtTop,
            !(pieces[count] is PageBreakPiece)
        {
            count -= 1
        }
        if count == 0 {
            guard emptyPage else { return nil }
            // Neither fits nor can be cut: it runs over the margin rather than for ever.
            count = 1
        }
        return (
            StackPiece(pieces: Array(pieces[..<count])),
            StackPiece(pieces: Array(pieces[count...].drop(while: \.vanishesAtTop)))
        )
    }
}

/// Stacks side by side. A cut goes through all of them.
struct ColumnsPiece: Piece {
    var columns: [(offset: Double, stack: StackPiece)]

    var height: Double { columns.map(\.stack.height).max() ?? 0 }

    func draw(with pen: Pen, x: Double, y: Double) {
        for column in columns { column.stack.draw(with: pen, x: x + column.offset, y: y) }
    }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? {
        guard emptyPage else { return nil }
        let parts = columns.map { column in
            column.stack.parted(at: height, emptyPage: true) ?? (column.stack, StackPiece(pieces: []))
        }
        return (
            ColumnsPiece(columns: zip(columns, parts).map { ($0.offset, $1.0) }),
            ColumnsPiece(columns: zip(columns, parts).map { ($0.offset, $1.1) })
        )
    }
}

/// A stack on a tinted ground.
struct PanelPiece: Piece {
    var stack: StackPiece
    let colour: Colour
    let padding: Double
    let width: Double

    var height: Double { stack.height + 2 * padding }

    func draw(with pen: Pen, x: Double, y: Double) {
        pen.fill(x: x, y: y, width: width, height: height, radius: 4, colour)
        stack.draw(with: pen, x: x + padding, y: y + padding)
    }

    func cut(at height: Double, emptyPage: Bool) -> (fits: any Piece, rest: any Piece)? {
        guard emptyPage, let (fits, rest) = stack.parted(at: height - 2 * padding, emptyPage: true) else {
            return nil
        }
        return (
            PanelPiece(stack: fits, colour: colour, padding: padding, width: width),
            PanelPiece(stack: rest, colour: colour, padding: padding, width: width)
        )
    }
}
