import Core
import Documents
import FoundationEssentials
import TestSupport
import Testing

func moment(_ text: String) -> Date {
    guard let time = Timestamp(text) else { preconditionFailure("\(text) is no time") }
    return time.date
}

@Suite struct `A printed document` {
    @Test func `is a PDF from its first line to its last`() throws {
        let pdf = try sampleInvoice().printed()

        #expect(pdf.starts(with: "%PDF-1.4".utf8))
        #expect(pdf.suffix(6).elementsEqual("%%EOF\n".utf8))
    }

    @Test func `has the same bytes every time`() async throws {
        let press = PDFPress()

        async let one = press.print(sampleInvoice(lines: 60))
        async let another = press.print(sampleInvoice(lines: 60))

        #expect(try await one == another)
    }

    @Test func `says its title, its date and its language`() throws {
        let text = String(decoding: try sampleInvoice().printed(), as: UTF8.self)

        #expect(text.contains("/Title (Invoice VB2026/000001)"))
        #expect(text.contains("/CreationDate (D:20261120103000Z)"))
        #expect(text.contains("/Lang (en)"))
    }

    @Test func `carries its fonts`() throws {
        let text = String(decoding: try sampleInvoice().printed(), as: UTF8.self)

        #expect(text.contains("/FontFile"))
        #expect(text.matches(of: #/\/FontDescriptor \d+ 0 R/#).count >= 2)
    }

    // How many exactly depends on the fonts of the machine.
    @Test(arguments: [(1, 1...1), (3, 1...1), (60, 3...5), (400, 16...28)])
    func `grows by pages`(lines: Int, pages: ClosedRange<Int>) throws {
        #expect(pages.contains(pageCount(try sampleInvoice(lines: lines).printed())))
    }

    @Test func `of nothing is one empty page`() throws {
        #expect(pageCount(try document {}.printed()) == 1)
    }

    @Test func `breaks where it is told to`() throws {
        let pdf = try document {
            Block.text("one")
            Block.pageBreak
            Block.text("two")
            Block.pageBreak
            Block.pageBreak
            Block.text("three")
        }.printed()

        #expect(pageCount(pdf) == 3)
    }

    @Test func `cuts a paragraph, a row, a column and a panel that no page holds`() throws {
        let long = StyledText(String(repeating: "Příliš žluťoučký kůň úpěl ďábelské ódy. ", count: 400))
        let pieces: [Block] = [
            .text(long), .table(Table(columns: [.init(width: .share(1)), .init()], rows: [[long, "end"]])),
            .columns(.init { Block.text(long) }, .init { Block.text("short") }), .panel { Block.text(long) },
            .together { Block.text(long) },
        ]

        for piece in pieces { #expect(pageCount(try document { piece }.printed()) >= 3) }
    }

    @Test func `keeps together what fits a page`() throws {
        let filler = Block.space(650)
        let pdf = try document {
            filler
            Block.together {
                Block.space(100)
                Block.text("below")
            }
        }.printed()

        #expect(pageCount(pdf) == 2)
    }

    @Test func `survives any text`() throws {
        let odd = [
            "", "\u{0}\u{7}\u{1B}[0m", "\n\n", "\u{202E}right to left", String(repeating: "W", count: 5_000),
            "🔌⚡️", "漢字かな交じり文",
        ]

        let pdf = try document {
            for text in odd { Block.text(StyledText(text)) }
            Block.table(
                Table(columns: [.init("A"), .init("B")], rows: odd.map { [StyledText($0), StyledText($0)] }))
        }.printed()

        #expect(pageCount(pdf) >= 1)
    }

    @Test func `is refused beyond its limits`() {
        var limits = Limits()
        limits.pages = 2
        #expect(throws: PrintFailure.tooManyPages(limit: 2)) {
            try sampleInvoice(lines: 200).printed(within: limits)
        }
        limits = Limits()
        limits.bytes = 2_000
        #expect(throws: PrintFailure.tooLarge(limit: 2_000)) { try sampleInvoice().printed(within: limits) }
    }

    private func document(@BlockBuilder _ body: () -> [Block]) -> PDFDocument {
        PDFDocument(title: "T", author: "A", language: "cs-CZ", created: moment("2026-11-20T10:30:00Z"), body)
    }

    private func pageCount(_ pdf: [UInt8]) -> Int {
        String(decoding: pdf, as: UTF8.self).matches(of: #/\/Type \/Page[^s]/#).count
    }
}
