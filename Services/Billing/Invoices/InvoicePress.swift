import Core
import Documents
import FoundationEssentials
import Tariff

/// Prints invoices.
struct InvoicePress: Sendable {
    private let press = PDFPress()

    func print(_ invoice: DraftInvoice) async throws -> [UInt8] {
        try await press.print(Self.document(invoice, InvoiceWords.of(invoice.language)))
    }

    func print(_ document: PDFDocument) async throws -> [UInt8] {
        try await press.print(document)
    }

    static func document(_ invoice: DraftInvoice, _ words: InvoiceWords) -> PDFDocument {
        let split = invoice.split
        let (currency, rate) = (split.gross.currency, split.rate.short)
        let title = "\(invoice.kind == "correction" ? words.correction : words.invoice) \(invoice.number)"
        let footer = [invoice.seller.name, invoice.seller.address, invoice.seller.tax_id ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " · ")
        return PDFDocument(
            title: title, author: invoice.seller.name, language: invoice.language, created: invoice.issuedAt,
            footer: .init(StyledText(footer), numbering: words.pages), runningHead: StyledText(title)
        ) {
            Block.columns(
                .init(share: 3) {
                    Block.title(
                        StyledText(
                            invoice.kind == "correction" ? words.correction : words.invoice,
                            TextStyle.title.coloured(.accent)))
                    Block.text(StyledText(invoice.number), .strong)
                    if let corrects = invoice.corrects {
                        Block.text(StyledText("\(words.corrects) \(corrects)"))
                    }
                },
                .init(share: 2) { Block.facts(facts(invoice, words)) })
            Block.space(22)
            Block.columns(
                .init { party(words.seller, invoice.seller, words) },
                .init { party(words.buyer, invoice.buyer, words) })
            Block.space(24)
            Block.table(
                Table(
                    columns: [
                        .init(words.description, width: .share(1)), .init(words.quantity, align: .end),
                        .init(words.net, align: .end), .init("\(words.vat) \(rate) %", align: .end),
                        .init("\(words.gross), \(currency.code)", align: .end),
                    ],
                    rows: invoice.lines.map { line in
                        [
                            StyledText(line.description), StyledText("\(line.quantity) \(line.unit)"),
                            amount(line.net, currency), amount(line.vat, currency),
                            amount(line.gross, currency),
                        ]
                    },
                    totals: [
                        [
                            StyledText(words.total), "", amount(split.net.minorUnits, currency),
                            amount(split.vat.minorUnits, currency), amount(split.gross.minorUnits, currency),
                        ]
                    ]))
            Block.space(20)
            Block.panel {
                Block.columns(
                    .init(share: 2) {
                        Block.text(StyledText(words.paidFromBalance))
                    },
                    .init {
                        Block.text(StyledText(words.total), .label, .end)
                        Block.text(
                            StyledText("\(split.gross.decimal) \(currency.code)"),
                            TextStyle(size: 15, weight: .bold, colour: .accent), .end)
                    })
            }
        }
    }

    private static func facts(_ invoice: DraftInvoice, _ words: InvoiceWords) -> [(
        label: String, value: StyledText
    )] {
        let day = Timestamp.text(invoice.issuedAt).prefix(10)
        var facts: [(label: String, value: StyledText)] = [(words.issued, StyledText(String(day)))]
        if let session = invoice.session { facts.append((words.session, StyledText(String(session)))) }
        if let place = invoice.place { facts.append((words.place, StyledText(place))) }
        return facts
    }

    @BlockBuilder private static func party(_ label: String, _ party: PartyBody, _ words: InvoiceWords)
        -> [Block]
    {
        Block.text(StyledText(label.uppercased()), .label)
        Block.text(StyledText(party.name), .strong)
        if !party.address.isEmpty {
            Block.text(
                StyledText(
                    party.address.split(separator: ",").map { String($0).trimmed }.joined(separator: "\n")))
        }
        if let taxID = party.tax_id { Block.text(StyledText("\(words.taxID) \(taxID)")) }
    }

    private static func amount(_ minorUnits: Int64, _ currency: Currency) -> StyledText {
        StyledText(Money(minorUnits, currency).decimal)
    }
}

/// The fixed words of an invoice, in the buyer's language.
struct InvoiceWords: Sendable {
    var invoice: String
    var correction: String
    var corrects: String
    var issued: String
    var session: String
    var place: String
    var seller: String
    var buyer: String
    var taxID: String
    var description: String
    var quantity: String
    var net: String
    var vat: String
    var gross: String
    var total: String
    var paidFromBalance: String
    var pages: String

    static func of(_ language: String) -> InvoiceWords {
        switch language {
        case "pl": polish
        case "cs": czech
        default: english
        }
    }

    private static let english = InvoiceWords(
        invoice: "Invoice", correction: "Corrective invoice", corrects: "corrects", issued: "Issued",
        session: "Session", place: "Charged", seller: "Seller", buyer: "Buyer", taxID: "Tax ID",
        description: "Description", quantity: "Quantity", net: "Net", vat: "VAT", gross: "Gross",
        total: "Total",
        paidFromBalance: "Paid. Prices include VAT.", pages: "Page {page} of {pages}")

    private static let polish = InvoiceWords(
        invoice: "Faktura", correction: "Faktura korygująca", corrects: "koryguje",
        issued: "Data wystawienia",
        session: "Sesja", place: "Ładowanie", seller: "Sprzedawca", buyer: "Nabywca", taxID: "NIP",
        description: "Opis", quantity: "Ilość", net: "Netto", vat: "VAT", gross: "Brutto", total: "Razem",
        paidFromBalance: "Zapłacono. Ceny zawierają VAT.", pages: "Strona {page} z {pages}")

    private static let czech = InvoiceWords(
        invoice: "Faktura", correction: "Opravný daňový doklad", corrects: "opravuje", issued: "Vystaveno",
        session: "Nabíjení č.", place: "Místo a čas", seller: "Dodavatel", buyer: "Odběratel", taxID: "DIČ",
        description: "Popis", quantity: "Množství", net: "Základ", vat: "DPH", gross: "S daní",
        total: "Celkem",
        paidFromBalance: "Uhrazeno. Ceny jsou včetně DPH.", pages: "Strana {page} z {pages}")
}
