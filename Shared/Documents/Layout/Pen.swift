import CPangoCairo

/// Draws on the pages of one PDF. Coordinates are points from the upper left corner.
struct Pen {
    let cairo: OpaquePointer

    func draw(_ line: UnsafeMutablePointer<PangoLayoutLine>?, x: Double, baseline: Double) {
        cairo_move_to(cairo, x, baseline)
        pango_cairo_show_layout_line(cairo, line)
    }

    func line(x: Double, y: Double, width: Double, thickness: Double, _ colour: Colour) {
        fill(x: x, y: y, width: width, height: thickness, radius: 0, colour)
    }

    func fill(x: Double, y: Double, width: Double, height: Double, radius: Double, _ colour: Colour) {
        cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue)
        let radius = min(radius, width / 2, height / 2)
        if radius > 0 {
            cairo_new_sub_path(cairo)
            cairo_arc(cairo, x + width - radius, y + radius, radius, -.pi / 2, 0)
            cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, .pi / 2)
            cairo_arc(cairo, x + radius, y + height - radius, radius, .pi / 2, .pi)
            cairo_arc(cairo, x + radius, y + radius, radius, .pi, .pi * 1.5)
            cairo_close_path(cairo)
        } else {
            cairo_rectangle(cairo, x, y, width, height)
        }
        cairo_fill(cairo)
        cairo_set_source_rgb(cairo, 0, 0, 0)
    }

    func fill(_ shape: Artwork.Shape, x: Double, y: Double) {
        cairo_set_source_rgb(cairo, shape.colour.red, shape.colour.green, shape.colour.blue)
        cairo_new_path(cairo)
        for step in shape.outline {
            switch step {
            case .move(let toX, let toY): cairo_move_to(cairo, x + toX, y + toY)
            case .line(let toX, let toY): cairo_line_to(cairo, x + toX, y + toY)
            case .curve(let x1, let y1, let x2, let y2, let x3, let y3):
                cairo_curve_to(cairo, x + x1, y + y1, x + x2, y + y2, x + x3, y + y3)
            case .close: cairo_close_path(cairo)
            }
        }
        cairo_fill(cairo)
        cairo_set_source_rgb(cairo, 0, 0, 0)
    }

    func endPage() {
        cairo_show_page(cairo)
    }
}
