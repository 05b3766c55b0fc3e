/// One thing on a page, top to bottom. A document is a list of them; where pages break is the press's affair.
package indirect enum Block: Sendable {
    /// A paragraph. `staysWithNext` keeps a heading on the page of what it heads.
    case text(StyledText, TextStyle, Alignment, staysWithNext: Bool)
    case space(Double)
    case line(Colour, thickness: Double)
    case table(Table)
    /// Blocks side by side, each column with its share of the width.
    case columns([Column], gap: Double)
    /// Blocks on a tinted ground.
    case panel([Block], Colour, padding: Double)
    /// Blocks that no page break may part, unless a page is too short for them.
    case together([Block])
    case artwork(Artwork, Alignment)
    case chart(Chart)
    case pageBreak

    package struct Column: Sendable {
        package var share: Double
        package var blocks: [Block]

        package init(share: Double = 1, @BlockBuilder _ blocks: () -> [Block]) {
            self.share = share
            self.blocks = blocks()
        }
    }
}

extension Block {
    package static func title(_ text: StyledText) -> Block {
        .text(text, .title, .start, staysWithNext: true)
    }

    package static func heading(_ text: StyledText) -> Block {
        .text(text, .heading, .start, staysWithNext: true)
    }

    package static func text(_ text: StyledText, _ style: TextStyle = .body, _ alignment: Alignment = .start)
        -> Block
    {
        .text(text, style, alignment, staysWithNext: false)
    }

    package static func artwork(_ artwork: Artwork) -> Block { .artwork(artwork, .start) }

    package static func line(_ colour: Colour = .hairline) -> Block {
        .line(colour, thickness: 0.6)
    }

    package static func columns(gap: Double = 24, _ columns: Column...) -> Block {
        .columns(columns, gap: gap)
    }

    package static func panel(
        _ colour: Colour = .panel, padding: Double = 10, @BlockBuilder _ blocks: () -> [Block]
    ) -> Block {
        .panel(blocks(), colour, padding: padding)
    }

    package static func together(@BlockBuilder _ blocks: () -> [Block]) -> Block {
        .together(blocks())
    }

    /// Words and their values, one pair a line.
    package static func facts(_ pairs: KeyValuePairs<String, String>) -> Block {
        facts(pairs.map { ($0.key, StyledText($0.value)) })
    }

    package static func facts(_ pairs: [(label: String, value: StyledText)]) -> Block {
        .table(
            Table(
                columns: [Table.Column(width: .fit), Table.Column(width: .share(1))],
                rows: pairs.map { [StyledText($0.label, .label), $0.value] },
                look: Table.Look(hasHairlines: false, rowPadding: 1.2)))
    }
}

/// Collects blocks in the order in which they are written.
@resultBuilder
package enum BlockBuilder {
    package static func buildExpression(_ block: Block) -> [Block] { [block] }
    package static func buildExpression(_ blocks: [Block]) -> [Block] { blocks }
    package static func buildBlock(_ parts: [Block]...) -> [Block] { parts.flatMap { $0 } }
    package static func buildOptional(_ part: [Block]?) -> [Block] { part ?? [] }
    package static func buildEither(first: [Block]) -> [Block] { first }
    package static func buildEither(second: [Block]) -> [Block] { second }
    package static func buildArray(_ parts: [[Block]]) -> [Block] { parts.flatMap { $0 } }
}
