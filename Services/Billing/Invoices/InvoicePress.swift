import Core
import Documents
import FoundationEssentials
import Tariff

/// Prints invoices and statements.
struct InvoicePress: Sendable {
    private let press = PDFPress()

    func print(_ document: PDFDocument) async throws -> [UInt8] {
        try await press.print(document)
    }

    func print(_ invoice: UnprintedInvoice) async throws -> [UInt8] {
        try await press.print(InvoicePage(invoice).document)
    }
}

/// An invoice on paper.
struct InvoicePage: Sendable {
    private let invoice: InvoiceBody
    private let paper: DraftInvoice.Paper
    private let suppliedAt: Date?
    private let funding: String
    private let language: String
    private let split: VATSplit
    private let words: InvoiceWords
    private let numbers: LocalNumbers

    init(_ stored: UnprintedInvoice) {
        invoice = stored.body
        paper = stored.paper
        suppliedAt = stored.suppliedAt
        funding = stored.funding
        language = stored.language
        split = stored.split
        words = InvoiceWords.of(stored.language)
        numbers = LocalNumbers(language: stored.language, zone: stored.zone)
    }

    private var isCorrection: Bool { invoice.kind == "correction" }
    private var name: String { isCorrection ? words.correction : words.invoice }
    private var currency: Currency { split.gross.currency }
    private var rate: String { "\(numbers.grouped(split.rate.short)) %" }

    var document: PDFDocument {
        let title = "\(name) \(invoice.number)"
        let footer = [invoice.seller.name, invoice.seller.address, invoice.seller.tax_id ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " · ")
        return PDFDocument(
            title: title, author: invoice.seller.name, language: language, created: invoice.issued_at,
            footer: .init(StyledText(footer), numbering: words.pages), runningHead: StyledText(title)
        ) {
            head
            Block.space(18)
            Block.line(.accent, thickness: 1.2)
            Block.space(16)
            Block.columns(
                .init(share: 5) { party(words.seller, invoice.seller) },
                .init(share: 5) { party(words.buyer, invoice.buyer) },
                .init(share: 6) { Block.facts(facts) })
            Block.space(22)
            Block.table(lines)
            Block.space(18)
            Block.together {
                Block.columns(
                    gap: 30, .init(share: 6) { summary }, .init(share: 5) { total })
            }
            Block.space(16)
            Block.together { payment }
        }
    }

    private var head: Block {
        Block.columns(
            gap: 12, .init(share: 2) { Block.artwork(.mark(height: 34)) },
            .init(share: 8) {
                Block.space(4)
                Block.text(StyledText(invoice.seller.name), TextStyle(size: 15, weight: .bold))
            },
            .init(share: 10) {
                Block.text(
                    StyledText(name), TextStyle(size: 15, weight: .bold, colour: .accent), .end)
                Block.text(StyledText(invoice.number), TextStyle(size: 11, weight: .medium), .end)
            })
    }

    private var facts: [(label: String, value: StyledText)] {
        var facts: [(label: String, value: StyledText)] = [
            (words.issued, StyledText(numbers.day(invoice.issued_at)))
        ]
        if let supplied = suppliedAt {
            facts.append((words.supplied, StyledText(numbers.day(supplied))))
        }
        if let corrects = invoice.corrects {
            facts.append((isCorrection ? words.corrects : words.supplements, StyledText(corrects)))
        }
        if let session = invoice.charging_id { facts.append((words.session, StyledText(String(session)))) }
        if let place = paper.place {
            facts.append((words.place, StyledText(place.name)))
            facts.append((words.time, StyledText(numbers.span(place.start, place.end))))
        }
        return facts
    }

    @BlockBuilder private func party(_ label: String, _ party: PartyBody) -> [Block] {
        Block.text(StyledText(label.uppercased()), .label)
        Block.space(2)
        Block.text(StyledText(party.name), .strong)
        if !party.address.isEmpty {
            Block.text(
                StyledText(
                    party.address.split(separator: ",").map { String($0).trimmed }.joined(separator: "\n")))
        }
        if let taxID = party.tax_id, !taxID.isEmpty { Block.text(StyledText("\(words.taxID) \(taxID)")) }
    }

    private var lines: Table {
        Table(
            columns: [
                .init(words.description, width: .share(1)), .init(words.quantity, align: .end),
                .init(words.rate, align: .end), .init(words.net, align: .end), .init(words.vat, align: .end),
                .init("\(words.gross), \(currency.code)", align: .end),
            ],
            rows: invoice.lines.map { line in
                let unit = line.unit == "pcs" ? words.pieces : line.unit
                return [
                    StyledText(line.description), StyledText("\(numbers.grouped(line.quantity)) \(unit)"),
                    StyledText(rate), money(line.net), money(line.vat), money(line.gross),
                ]
            }, look: .init(rowPadding: 5))
    }

    private var summary: Block {
        Block.table(
            Table(
                columns: [
                    .init(words.summary, width: .share(1)), .init(words.net, align: .end),
                    .init(words.vat, align: .end), .init(words.gross, align: .end),
                ],
                rows: [
                    [
                        StyledText(rate), money(split.net.minorUnits),
                        money(split.vat.minorUnits), money(split.gross.minorUnits),
                    ]
                ]))
    }

    private var total: Block {
        Block.panel {
            Block.text(StyledText(words.total), .label, .end)
            Block.text(
                StyledText(
                    "\(numbers.amount(split.gross.minorUnits, currency)) \(currency.code)"),
                TextStyle(size: 17, weight: .bold, colour: .accent), .end)
        }
    }

    /// How it was paid, and the invoice once more for machines.
    @BlockBuilder private var payment: [Block] {
        let day = numbers.day(paper.paidAt)
        let phrase =
            switch (isCorrection, funding) {
            case (false, "card"): words.paidByCard
            case (false, _): words.paidFromBalance
            case (true, "card"): words.returnedToCard
            case (true, _): words.returnedToBalance
            }
        Block.columns(
            .init(share: 3) {
                Block.text(StyledText(words.payment.uppercased()), .label)
                Block.space(3)
                Block.text(StyledText(phrase.filled(["day": day])), .strong)
                Block.text(StyledText("\(words.nothingDue) \(words.includesVAT)"))
                if let order = paper.order { Block.text(StyledText("\(words.order) \(order)")) }
                if let account = paper.account {
                    Block.space(4)
                    Block.text(StyledText("\(words.account): \(IBAN.grouped(account))"), .small)
                }
            },
            .init(share: 1) {
                if let code = QRCode(machineReadable) {
                    Block.artwork(Artwork(code, width: 88), .end)
                    Block.text(StyledText(words.scan), .label, .end)
                }
            })
    }

    /// The text of a QR Faktura, which bookkeeping programs read (Short Invoice Descriptor, qr-faktura.cz). Nothing in it asks
    /// for a payment: the invoice is paid.
    private var machineReadable: String {
        let issued = CalendarDay(of: invoice.issued_at, in: numbers.zone).text.filter { $0 != "-" }
        var parts = [
            "SID*1.0", "ID:\(invoice.number)", "DD:\(issued)", "AM:\(split.gross.decimal)",
            "CC:\(currency.code)", "TB0:\(split.net.decimal)", "T0:\(split.vat.decimal)",
        ]
        if let taxID = invoice.seller.tax_id { parts.append("VII:\(taxID)") }
        if let taxID = invoice.buyer.tax_id { parts.append("VIR:\(taxID)") }
        // A star parts the fields.
        return parts.map { part in
            part.hasPrefix("SID") ? part : part.replacing("*", with: "%2A")
        }.joined(separator: "*")
    }

    private func money(_ minorUnits: Int64) -> StyledText {
        StyledText(numbers.amount(minorUnits, currency))
    }
}
