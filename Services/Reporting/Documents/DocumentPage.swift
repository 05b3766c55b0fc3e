import Core
import Documents
import FoundationEssentials
import Mail

/// A report on paper: what it is about, its figures, its charts, its lines.
struct DocumentPage: Sendable {
    let document: DocumentBody
    let figures: DocumentFigures
    let lines: [DocumentRows.Line]
    let hasMore: Bool
    let person: String
    let company: String
    let words: DocumentWords
    let numbers: LocalNumbers
    let currency: Currency
    let now: Date

    /// Lines of a PDF: more than anybody reads. The other forms hold all.
    static let mostLines = 1_000

    var printed: PDFDocument {
        let title = words.title(document.type, scope: document.scope)
        let period = numbers.period(document.from, document.to - 1)
        return PDFDocument(
            title: "\(title), \(period)", author: company, language: words.language.rawValue, created: now,
            footer: .init(StyledText("\(company) · \(title) · \(period)"), numbering: words.pages),
            runningHead: StyledText("\(title), \(period)")
        ) {
            head(title, period)
            Block.space(18)
            tiles
            if lines.isEmpty {
                Block.space(24)
                Block.text(StyledText(words.nothing))
            } else {
                charts
                Block.space(20)
                Block.heading(StyledText(words.details))
                Block.space(6)
                Block.table(table)
                if hasMore {
                    Block.space(8)
                    Block.text(StyledText(words.more(lines.count)), .small)
                }
            }
        }
    }

    @BlockBuilder private func head(_ title: String, _ period: String) -> [Block] {
        Block.columns(
            gap: 10, .init(share: 1) { Block.artwork(.mark(height: 30)) },
            .init(share: 13) {
                Block.space(4)
                Block.text(StyledText(company), TextStyle(size: 14, weight: .bold))
            })
        Block.space(20)
        Block.columns(
            gap: 24,
            .init(share: 9) {
                Block.title(StyledText(title))
                Block.text(StyledText(period), TextStyle(size: 11.5, colour: .muted))
            },
            .init(share: 6) {
                Block.space(4)
                Block.facts([
                    (words.whom, StyledText(document.scope == .all ? words.everybody : person)),
                    (words.made, StyledText(numbers.day(now))),
                ])
            })
        Block.space(14)
        Block.line(.accent, thickness: 1.2)
    }

    private var tiles: Block {
        // No line break between a number and its unit.
        let money = "\(numbers.amount(figures.amount, currency))\u{A0}\(currency.code)"
        let isLarge = figures.energyWh >= 100_000_000
        let energy =
            numbers.grouped(DocumentNumbers.kWh(isLarge ? figures.energyWh / 1_000 : figures.energyWh))
            + "\u{A0}\(isLarge ? "MWh" : "kWh")"
        switch document.type {
        case .usage, .statistics:
            let average = DocumentNumbers.kWh(figures.energyWh / max(1, figures.rows))
            let fourth =
                document.scope == .all
                ? (words.drivers, numbers.grouped(String(figures.people)))
                : (words.average, "\(numbers.grouped(average))\u{A0}kWh")
            return row([
                (words.sessions, numbers.grouped(String(figures.rows))), (words.energy, energy),
                (words.amount, money), fourth,
            ])
        case .cost, .invoice:
            return row([(words.entries, numbers.grouped(String(figures.rows))), (words.amount, money)])
        }
    }

    private func row(_ tiles: [(label: String, value: String)]) -> Block {
        // One size for all of them, in which the longest stays on its line.
        let longest = tiles.map(\.value.count).max() ?? 0
        let size = longest <= 13 ? 13 : longest <= 17 ? 10 : 8.5
        return .columns(
            tiles.map { tile in
                Block.Column {
                    Block.panel {
                        Block.text(StyledText(tile.label), .label)
                        Block.space(2)
                        Block.text(StyledText(tile.value), TextStyle(size: size, weight: .bold))
                    }
                }
            }, gap: 10)
    }

    @BlockBuilder private var charts: [Block] {
        if document.type == .usage || document.type == .statistics {
            chart(words.energyPer(figures.unit), .bars(bars(.accent) { Double($0.energyWh) / 1_000 }))
            chart(
                words.busyHours,
                .heat(
                    HeatMap(
                        rows: words.weekdays, columns: (0..<24).map { $0 % 3 == 0 ? "\($0):00" : nil },
                        shares: figures.hours, legend: (words.quiet, words.busy))))
        }
        if figures.bars.contains(where: { $0.amount > 0 }) {
            let units = (0..<currency.places).reduce(1.0) { units, _ in units * 10 }
            chart(
                words.amountPer(figures.unit, currency: currency.code),
                .bars(bars(Colour(hex: 0x2F5FA8)) { Double($0.amount) / units }))
        }
    }

    private func chart(_ title: String, _ chart: Chart) -> Block {
        .together {
            Block.space(20)
            Block.heading(StyledText(title))
            Block.space(8)
            Block.chart(chart)
        }
    }

    private func bars(_ colour: Colour, _ value: (DocumentFigures.Bar) -> Double) -> BarChart {
        // About ten labels, whatever the number of bars.
        let every = max(1, (figures.bars.count + 9) / 10)
        let numbers = numbers
        return BarChart(
            figures.bars.enumerated().map { index, bar in
                .init(
                    index % every == 0 ? numbers.short(bar.day, isMonth: figures.unit == .month) : nil,
                    value(bar))
            }, colour
        ) { value in
            let isWhole = value == value.rounded()
            return numbers.grouped(isWhole ? String(Int64(value)) : String((value * 100).rounded() / 100))
        }
    }

    private var table: Table {
        let titles = words.columns(document.type, currency: currency.code)
        // A person's own lines need not name the person on each.
        let hidden = document.scope == .own ? DocumentColumns.person(of: document.type) : nil
        let shown = titles.indices.filter { $0 != hidden }
        let widths = DocumentColumns.flexible(of: document.type)
        return Table(
            columns: shown.map { index in
                Table.Column(
                    titles[index], width: widths.contains(index) ? .share(1) : .fit,
                    align: DocumentColumns.isNumber(index, of: document.type) ? .end : .start)
            },
            rows: lines.map { line in shown.map { StyledText(text(line.cells[$0])) } },
            look: Table.Look(style: TextStyle(size: 8), rowPadding: 3, columnGap: 10))
    }

    private func text(_ cell: SpreadsheetWriter.Cell) -> String {
        switch cell {
        case .nothing: ""
        case .text(let text): text
        case .count(let number): String(number)
        case .decimal(let number): numbers.grouped(number)
        case .moment(let date, let zone): "\(numbers.day(date)) \(TimeOfDay(of: date, in: zone).text)"
        }
    }
}

/// Which column of a document is what, by its place in `DocumentRows`.
enum DocumentColumns {
    static func person(of type: DocumentBody.Kind) -> Int? {
        switch type {
        case .usage: 4
        case .cost, .invoice: 2
        case .statistics: nil
        }
    }

    /// Those that take what the others leave.
    static func flexible(of type: DocumentBody.Kind) -> Set<Int> {
        switch type {
        case .usage: [3, 4]
        case .cost: [2, 5]
        case .statistics: [0]
        case .invoice: [0, 2]
        }
    }

    static func isNumber(_ index: Int, of type: DocumentBody.Kind) -> Bool {
        switch type {
        case .usage: index >= 5
        case .cost: index == 7
        case .statistics: index >= 1
        case .invoice: index >= 4
        }
    }
}
