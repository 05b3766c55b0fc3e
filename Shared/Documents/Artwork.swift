/// A drawing of filled outlines, a mark or a code: as sharp on paper as on a screen. Points, from the upper left corner.
package struct Artwork: Hashable, Sendable {
    package var width: Double
    package var height: Double
    package var shapes: [Shape]

    package init(width: Double, height: Double, shapes: [Shape]) {
        self.width = width
        self.height = height
        self.shapes = shapes
    }

    package struct Shape: Hashable, Sendable {
        package var colour: Colour
        package var outline: [Step]

        package init(_ colour: Colour, _ outline: [Step]) {
            self.colour = colour
            self.outline = outline
        }
    }

    package enum Step: Hashable, Sendable {
        case move(Double, Double)
        case line(Double, Double)
        /// To a point by way of two others, as Bézier has it.
        case curve(Double, Double, Double, Double, Double, Double)
        case close
    }

    /// The mark of the house: a flash on a rounded ground.
    package static func mark(height: Double, _ colour: Colour = .accent) -> Artwork {
        let side = height
        func at(_ x: Double, _ y: Double) -> (Double, Double) { (x / 24 * side, y / 24 * side) }
        // Near enough to a quarter of a circle.
        let (corner, pull) = (6.0, 6.0 * 0.5523)
        func curve(_ a: (Double, Double), _ b: (Double, Double), _ c: (Double, Double)) -> Step {
            let (a, b, c) = (at(a.0, a.1), at(b.0, b.1), at(c.0, c.1))
            return .curve(a.0, a.1, b.0, b.1, c.0, c.1)
        }
        func line(_ x: Double, _ y: Double) -> Step { .line(at(x, y).0, at(x, y).1) }
        func move(_ x: Double, _ y: Double) -> Step { .move(at(x, y).0, at(x, y).1) }
        let ground = [
            move(corner, 0), line(24 - corner, 0),
            curve((24 - corner + pull, 0), (24, corner - pull), (24, corner)), line(24, 24 - corner),
            curve((24, 24 - corner + pull), (24 - corner + pull, 24), (24 - corner, 24)), line(corner, 24),
            curve((corner - pull, 24), (0, 24 - corner + pull), (0, 24 - corner)), line(0, corner),
            curve((0, corner - pull), (corner - pull, 0), (corner, 0)), .close,
        ]
        let flash = [
            move(13.6, 3.4), line(5.6, 13.4), line(11.2, 13.4), line(10.2, 20.6), line(18.4, 10.2),
            line(12.7, 10.2), .close,
        ]
        return Artwork(width: side, height: side, shapes: [Shape(colour, ground), Shape(.white, flash)])
    }
}

/// A drawing on its line.
struct ArtworkPiece: Piece {
    let artwork: Artwork
    let alignment: Alignment
    let width: Double

    var height: Double { artwork.height }

    func draw(with pen: Pen, x: Double, y: Double) {
        let left =
            switch alignment {
            case .start: 0.0
            case .center: (width - artwork.width) / 2
            case .end: width - artwork.width
            }
        for shape in artwork.shapes { pen.fill(shape, x: x + left, y: y) }
    }
}
