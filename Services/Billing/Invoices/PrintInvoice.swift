import Core
import FoundationEssentials
import Hosting
import Postgres
import Tariff

/// Prints an invoice from what was frozen with it, once: whoever comes later gets the same bytes. Of those that issue many at once
/// one prints at a time, so that the printer leaves the processor to others.
struct PrintInvoice {
    let billing: Billing

    /// - Returns: nil where there is no such invoice.
    func run(_ invoice: Int64) async throws -> [UInt8]? {
        let database = billing.host.database
        if let printed = try await database.run(.printedInvoice(invoice)) { return printed.bytes }
        return try await billing.printer.pass {
            if let printed = try await database.run(.printedInvoice(invoice)) { return printed.bytes }
            guard let stored = try await database.run(.unprinted(invoice)) else { return nil }
            let pdf = try await billing.press.print(stored)
            try await database.run(.keep(pdf, of: invoice, at: billing.host.clock.now))
            // Of two that print at once, the one that was kept.
            return try await database.run(.printedInvoice(invoice))?.bytes
        }
    }

    /// What was issued by who then went away. Answers how many.
    func runAll() async throws -> Int {
        var printed = 0
        for invoice in try await billing.host.database.run(.unprintedInvoices(limit: 200)) {
            if try await run(invoice) != nil { printed += 1 }
        }
        return printed
    }
}

/// An invoice with all that its paper says.
struct UnprintedInvoice: RowDecodable, Sendable {
    var body: InvoiceBody
    var suppliedAt: Date?
    var funding: String
    var language: String
    var paper: DraftInvoice.Paper
    var split: VATSplit

    static let columns: StaticString = """
        invoice.id, invoice.number, invoice.kind, invoice.corrects, invoice.issued_at, invoice.user_id,
        invoice.ledger_entry_id, invoice.charging_id, invoice.seller, invoice.buyer, invoice.lines, invoice.net, invoice.vat,
        invoice.vat_hundredths, invoice.gross, invoice.currency, invoice.supplied_at, invoice.funding, invoice.language,
        invoice.paper, invoice.vat_hundredths, invoice.currency
        """

    init(_ cells: inout Cells) throws {
        body = try InvoiceBody(&cells)
        suppliedAt = try cells.next()
        funding = try cells.next()
        language = try cells.next()
        paper = try cells.next(json: DraftInvoice.Paper.self)
        let rate = Percent(hundredths: Int64(try cells.next(Int32.self)))
        split = VATSplit(of: Money(body.gross, try cells.next()), at: rate)
    }

    var zone: TimeZone { TimeZone(identifier: paper.zone) ?? .gmt }
}

extension Query where Result == Octets? {
    fileprivate static func printedInvoice(_ id: Int64) -> Self {
        """
        SELECT coalesce(printed.pdf, invoice.pdf)
        FROM billing.invoice AS invoice
        LEFT JOIN billing.invoice_document AS printed ON printed.invoice_id = invoice.id
        WHERE invoice.id = \(id) AND coalesce(printed.pdf, invoice.pdf) IS NOT NULL
        """
    }
}

extension Query where Result == UnprintedInvoice? {
    fileprivate static func unprinted(_ id: Int64) -> Self {
        """
        SELECT \(raw: UnprintedInvoice.columns) FROM billing.invoice AS invoice
        WHERE invoice.id = \(id) AND invoice.paper IS NOT NULL
        """
    }
}

extension Query where Result == [Int64] {
    fileprivate static func unprintedInvoices(limit: Int) -> Self {
        """
        SELECT invoice.id FROM billing.invoice AS invoice
        WHERE invoice.pdf IS NULL
            AND NOT EXISTS (SELECT FROM billing.invoice_document AS printed WHERE printed.invoice_id = invoice.id)
        ORDER BY invoice.id
        LIMIT \(limit)
        """
    }
}

extension Query where Result == Void {
    fileprivate static func keep(_ pdf: [UInt8], of invoice: Int64, at now: Date) -> Self {
        """
        INSERT INTO billing.invoice_document (invoice_id, pdf, printed_at) VALUES (\(invoice), \(Octets(pdf)), \(now))
        ON CONFLICT (invoice_id) DO NOTHING
        """
    }
}
