import CPangoCairo

/// Turns text into lines with Pango: shaping, both writing directions, wrapping, fonts for every script.
///
/// One for each document and used on one thread: it has its own font map, so printing side by side shares nothing.
final class Typesetter {
    private let fontMap: UnsafeMutablePointer<PangoFontMap>
    private let context: OpaquePointer
    private let limits: Limits

    // Several families in one: the next is asked for what the one before cannot show.
    private static let families = "Noto Sans, Noto Sans Arabic, Noto Sans Hebrew, sans-serif"

    init(language: String, limits: Limits) {
        self.limits = limits
        fontMap = pango_cairo_font_map_new()
        context = pango_font_map_create_context(fontMap)
        pango_cairo_context_set_resolution(context, 72)
        pango_context_set_language(context, pango_language_from_string(language))
        // Paper has no pixels: letters stand where the font wants them.
        pango_context_set_round_glyph_positions(context, 0)
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(context))
        g_object_unref(fontMap)
    }

    /// Sets a text in lines of at most `width` points; nil keeps it on as many lines as it has itself.
    func set(_ text: StyledText, _ style: TextStyle, _ alignment: Alignment, width: Double?) -> SetText {
        let layout = newLayout()
        let attributes = pango_attr_list_new()
        var utf8: [UInt8] = []
        for run in text.runs {
            let start = utf8.count
            utf8 += run.text.printable(atMost: limits.textCharacters).utf8
            apply(run.style ?? style, to: attributes, from: start, to: utf8.count)
        }
        // An empty text is as high as a line of its style.
        if utf8.isEmpty { apply(style, to: attributes, from: 0, to: 1) }
        utf8.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                pango_layout_set_text(layout, characters.baseAddress, Int32(characters.count))
            }
        }
        pango_layout_set_attributes(layout, attributes)
        pango_attr_list_unref(attributes)
        pango_layout_set_alignment(layout, alignment.pango)
        pango_layout_set_line_spacing(layout, Float(style.leading))
        pango_layout_set_width(layout, width.map { Int32($0 * Double(PANGO_SCALE)) } ?? -1)
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        return SetText(owning: layout)
    }

    private func newLayout() -> OpaquePointer {
        guard let layout = pango_layout_new(context) else { preconditionFailure("Pango gave no layout") }
        return layout
    }

    private func apply(_ style: TextStyle, to attributes: OpaquePointer?, from start: Int, to end: Int) {
        let font = pango_font_description_new()
        defer { pango_font_description_free(font) }
        pango_font_description_set_family(font, Self.families)
        pango_font_description_set_absolute_size(font, style.size * Double(PANGO_SCALE))
        pango_font_description_set_weight(font, PangoWeight(rawValue: UInt32(style.weight.rawValue)))
        pango_font_description_set_style(font, style.isItalic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL)
        insert(pango_attr_font_desc_new(font), into: attributes, from: start, to: end)
        let (red, green, blue) = style.colour.in16Bits
        insert(pango_attr_foreground_new(red, green, blue), into: attributes, from: start, to: end)
    }

    private func insert(
        _ attribute: UnsafeMutablePointer<PangoAttribute>?, into list: OpaquePointer?, from start: Int,
        to end: Int
    ) {
        attribute?.pointee.start_index = UInt32(start)
        attribute?.pointee.end_index = UInt32(end)
        pango_attr_list_insert(list, attribute)
    }
}

/// A text in its lines, ready to be drawn. Keeps the layout that its lines belong to.
final class SetText {
    private let layout: OpaquePointer
    let lines: [Line]

    struct Line {
        fileprivate let line: UnsafeMutablePointer<PangoLayoutLine>?
        fileprivate let x: Double
        let width: Double
        let top: Double
        let baseline: Double
        let bottom: Double
    }

    fileprivate init(owning layout: OpaquePointer) {
        self.layout = layout
        let iterator = pango_layout_get_iter(layout)
        defer { pango_layout_iter_free(iterator) }
        var lines: [Line] = []
        repeat {
            var logical = PangoRectangle()
            pango_layout_iter_get_line_extents(iterator, nil, &logical)
            lines.append(
                Line(
                    line: pango_layout_iter_get_line_readonly(iterator), x: logical.x.points,
                    width: logical.width.points, top: logical.y.points,
                    baseline: pango_layout_iter_get_baseline(iterator).points,
                    bottom: (logical.y + logical.height).points))
        } while pango_layout_iter_next_line(iterator) != 0
        self.lines = lines
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(layout))
    }

    /// As wide as the widest line, for columns that fit their contents. A little more than measured, so that the
    /// text does not wrap when it is set anew in exactly this width.
    var naturalWidth: Double { (lines.map(\.width).max() ?? 0).rounded(.up) + 0.5 }

    func height(of range: Range<Int>) -> Double {
        range.isEmpty ? 0 : lines[range.upperBound - 1].bottom - lines[range.lowerBound].top
    }

    /// From the top of the first line to what its letters stand on.
    func ascent(of range: Range<Int>) -> Double {
        range.isEmpty ? 0 : lines[range.lowerBound].baseline - lines[range.lowerBound].top
    }

    /// How many lines from `first` on fit in a height.
    func count(from first: Int, fitting height: Double) -> Int {
        var last = first
        while last < lines.count, self.height(of: first..<last + 1) <= height + 0.01 { last += 1 }
        return last - first
    }

    func draw(_ range: Range<Int>, with pen: Pen, x: Double, y: Double) {
        guard let first = range.first else { return }
        for line in lines[range] {
            pen.draw(line.line, x: x + line.x, baseline: y + line.baseline - lines[first].top)
        }
    }
}

extension Alignment {
    // Pango mirrors left and right for lines that are read from the right.
    fileprivate var pango: PangoAlignment {
        switch self {
        case .start: PANGO_ALIGN_LEFT
        case .center: PANGO_ALIGN_CENTER
        case .end: PANGO_ALIGN_RIGHT
        }
    }
}

extension Colour {
    fileprivate var in16Bits: (UInt16, UInt16, UInt16) {
        func scaled(_ part: Double) -> UInt16 { UInt16((min(max(part, 0), 1) * 65_535).rounded()) }
        return (scaled(red), scaled(green), scaled(blue))
    }
}

extension Int32 {
    fileprivate var points: Double { Double(self) / Double(PANGO_SCALE) }
}

extension String {
    /// Without what cannot be printed: control characters would end the text for Pango or turn into boxes.
    fileprivate func printable(atMost limit: Int) -> String {
        let cut = count > limit ? prefix(limit) + "…" : self[...]
        var scalars = String.UnicodeScalarView()
        for scalar in cut.unicodeScalars
        where scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control {
            scalars.append(scalar)
        }
        return String(scalars)
    }
}
