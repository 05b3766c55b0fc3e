import CPangoCairo
import Core
import Dispatch
import FoundationEssentials

/// Prints documents as PDF off the event loops, a few at a time.
package struct PDFPress: Sendable {
    private let limits: Limits
    private let gate: BlockingGate

    package init(limits: Limits = Limits()) {
        self.limits = limits
        gate = BlockingGate(name: "pdf", width: limits.printing, capacity: limits.waiting) { work in
            DispatchQueue.global().async(execute: work)
        }
    }

    package func print(_ document: PDFDocument) async throws -> [UInt8] {
        try await gate.run { [limits] in try document.printed(within: limits) }
    }
}

extension PDFDocument {
    /// The bytes of the PDF. Burns a core for milliseconds: on an event loop, use a `PDFPress`.
    package func printed(within limits: Limits = Limits()) throws(PrintFailure) -> [UInt8] {
        let typesetter = Typesetter(language: language, limits: limits)
        let pages = try pages(typesetter, limits)
        let output = Output(limit: limits.bytes)
        let surface = cairo_pdf_surface_create_for_stream(
            { closure, bytes, count in
                guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
                let output = Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue()
                return output.append(UnsafeBufferPointer(start: bytes, count: Int(count)))
                    ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR
            }, Unmanaged.passUnretained(output).toOpaque(), paper.width, paper.height)
        defer { cairo_surface_destroy(surface) }
        // The plain cross-reference table of this version is what `PDFUpdate` appends to.
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4)
        describe(surface)

        guard let cairo = cairo_create(surface) else { throw .cairo("no context") }
        let pen = Pen(cairo: cairo)
        for (index, page) in pages.enumerated() {
            draw(page, number: index + 1, of: pages.count, with: pen, typesetter)
            pen.endPage()
        }
        let drawing = cairo_status(cairo)
        cairo_destroy(cairo)
        cairo_surface_finish(surface)
        let writing = cairo_surface_status(surface)
        if output.isOverLimit { throw .tooLarge(limit: limits.bytes) }
        for status in [drawing, writing] where status != CAIRO_STATUS_SUCCESS {
            throw .cairo(cairo_status_to_string(status).map { String(cString: $0) } ?? "unknown error")
        }
        return PDFUpdate(of: output.bytes).completed(language: language)
    }

    private var headHeight: Double { runningHead == nil ? 0 : 26 }
    private var footHeight: Double { footer == nil ? 0 : 22 }
    private var bodyWidth: Double { paper.width - 2 * paper.margin }

    private func pages(_ typesetter: Typesetter, _ limits: Limits) throws(PrintFailure) -> [StackPiece] {
        let height = paper.height - 2 * paper.margin - footHeight
        var rest = StackPiece(pieces: body.map { $0.set(in: bodyWidth, typesetter) })
        var pages: [StackPiece] = []
        while true {
            let room = height - (pages.isEmpty ? 0 : headHeight)
            guard pages.count < limits.pages else { throw .tooManyPages(limit: limits.pages) }
            guard let (page, next) = rest.parted(at: room, emptyPage: true) else {
                pages.append(rest)
                return pages
            }
            pages.append(page)
            if next.pieces.isEmpty { return pages }
            rest = next
        }
    }

    private func draw(_ page: StackPiece, number: Int, of count: Int, with pen: Pen, _ typesetter: Typesetter)
    {
        let left = paper.margin
        var top = paper.margin
        if number > 1, let runningHead {
            let text = typesetter.set(runningHead, .small, .start, width: bodyWidth)
            text.draw(0..<min(1, text.lines.count), with: pen, x: left, y: top)
            pen.line(x: left, y: top + 14, width: bodyWidth, thickness: 0.5, .hairline)
            top += headHeight
        }
        page.draw(with: pen, x: left, y: top)
        guard let footer else { return }
        let y = paper.height - paper.margin - 10
        pen.line(x: left, y: y - 6, width: bodyWidth, thickness: 0.5, .hairline)
        var numberWidth = 0.0
        if let numbering = footer.numbering {
            let text = numbering.replacing("{page}", with: "\(number)").replacing("{pages}", with: "\(count)")
            let set = typesetter.set(StyledText(text), .label, .end, width: bodyWidth)
            set.draw(0..<1, with: pen, x: left, y: y)
            numberWidth = set.naturalWidth + 12
        }
        // Up to three lines, into the lower margin.
        let text = typesetter.set(footer.text, .label, .start, width: bodyWidth - numberWidth)
        text.draw(0..<min(3, text.lines.count), with: pen, x: left, y: y)
    }

    private func describe(_ surface: OpaquePointer?) {
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "VoltBus")
        let moment = Timestamp.text(created)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, moment)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, moment)
    }
}

extension Block {
    /// Sets the block's text in a width.
    fileprivate func set(in width: Double, _ typesetter: Typesetter) -> any Piece {
        switch self {
        case .text(let text, let style, let alignment, let staysWithNext):
            return TextPiece(
                typesetter.set(text, style, alignment, width: width), staysWithNext: staysWithNext)
        case .space(let height): return SpacePiece(height: height)
        case .line(let colour, let thickness):
            return LinePiece(colour: colour, thickness: thickness, width: width)
        case .table(let table): return TablePiece(table, width: width, typesetter)
        case .panel(let blocks, let colour, let padding):
            let inner = StackPiece(pieces: blocks.map { $0.set(in: width - 2 * padding, typesetter) })
            return PanelPiece(stack: inner, colour: colour, padding: padding, width: width)
        case .together(let blocks):
            return StackPiece(pieces: blocks.map { $0.set(in: width, typesetter) }, isTogether: true)
        case .artwork(let artwork, let alignment):
            return ArtworkPiece(artwork: artwork, alignment: alignment, width: width)
        case .chart(let chart): return DrawingPiece(chart.drawing(width: width), typesetter)
        case .pageBreak: return PageBreakPiece()
        case .columns(let columns, let gap):
            let shares = columns.reduce(0) { $0 + $1.share }
            let room = width - gap * Double(columns.count - 1)
            var offset = 0.0
            return ColumnsPiece(
                columns: columns.map { column in
                    let columnWidth = room * column.share / max(shares, .leastNonzeroMagnitude)
                    defer { offset += columnWidth + gap }
                    return (
                        offset, StackPiece(pieces: column.blocks.map { $0.set(in: columnWidth, typesetter) })
                    )
                })
        }
    }
}

/// Where cairo writes the PDF.
private final class Output {
    private(set) var bytes: [UInt8] = []
    private(set) var isOverLimit = false
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    func append(_ more: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count + more.count <= limit else {
            isOverLimit = true
            return false
        }
        bytes += more
        return true
    }
}
