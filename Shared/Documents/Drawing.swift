/// Shapes and short texts at places of their own. Points, from the upper left corner.
struct Drawing {
    struct Label {
        var text: String
        var style: TextStyle
        var x: Double
        var y: Double
        /// Which end of the text stands at `x`.
        var alignment: Alignment
    }

    var height: Double
    private(set) var shapes: [Artwork.Shape] = []
    private(set) var labels: [Label] = []

    init(height: Double) {
        self.height = height
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
        shapes.append(
            Artwork.Shape(
                colour,
                [
                    .move(x, y), .line(x + width, y), .line(x + width, y + height), .line(x, y + height),
                    .close,
                ]))
    }

    /// With its upper corners rounded.
    mutating func bar(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
        let corner = min(2, width / 2, height)
        let pull = corner * 0.45
        shapes.append(
            Artwork.Shape(
                colour,
                [
                    .move(x, y + height), .line(x, y + corner),
                    .curve(x, y + pull, x + pull, y, x + corner, y), .line(x + width - corner, y),
                    .curve(x + width - pull, y, x + width, y + pull, x + width, y + corner),
                    .line(x + width, y + height), .close,
                ]))
    }

    mutating func label(_ text: String, _ style: TextStyle, x: Double, y: Double, _ alignment: Alignment) {
        labels.append(Label(text: text, style: style, x: x, y: y, alignment: alignment))
    }
}

/// A drawing in its place on a page.
struct DrawingPiece: Piece {
    private let drawing: Drawing
    private let labels: [(text: SetText, x: Double, y: Double)]

    init(_ drawing: Drawing, _ typesetter: Typesetter) {
        self.drawing = drawing
        labels = drawing.labels.map { label in
            let text = typesetter.set(StyledText(label.text), label.style, .start, width: nil)
            let width = text.naturalWidth
            let x =
                switch label.alignment {
                case .start: label.x
                case .center: label.x - width / 2
                case .end: label.x - width
                }
            return (text, x, label.y)
        }
    }

    var height: Double { drawing.height }

    func draw(with pen: Pen, x: Double, y: Double) {
        for shape in drawing.shapes { pen.fill(shape, x: x, y: y) }
        for label in labels {
            label.text.draw(0..<label.text.lines.count, with: pen, x: x + label.x, y: y + label.y)
        }
    }
}
