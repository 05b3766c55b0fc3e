import Core
import FoundationEssentials
import Postgres
import Tariff

/// Who sold, or who bought: a copy of what held when the invoice was issued.
struct PartyBody: Codable, Equatable, Sendable {
    var name: String
    var address: String
    @OrNull var tax_id: String?
}

/// A line of an invoice, in minor units.
struct InvoiceLine: Codable, Equatable, Sendable {
    var description: String
    var quantity: String
    var unit: String
    var net: Int64
    var vat: Int64
    var gross: Int64
}

/// An invoice, as the API shows it (api.md 4.9).
struct InvoiceBody: Codable, Equatable, Sendable {
    var id: Int64
    var number: String
    var kind: String
    @OrNull var corrects: String?
    var issued_at: Date
    var user_id: Int64
    var ledger_entry_id: Int64
    @OrNull var charging_id: Int64?
    var seller: PartyBody
    var buyer: PartyBody
    var lines: [InvoiceLine]
    var net: Int64
    var net_decimal: String
    var vat: Int64
    var vat_decimal: String
    /// Percent with two decimals.
    var vat_rate: String
    var gross: Int64
    var gross_decimal: String
    var currency: String
    var pdf_url: String
}

extension InvoiceBody: RowDecodable {
    static let columns: StaticString = """
        invoice.id, invoice.number, invoice.kind, invoice.corrects, invoice.issued_at, invoice.user_id,
        invoice.ledger_entry_id, invoice.charging_id, invoice.seller, invoice.buyer, invoice.lines, invoice.net, invoice.vat,
        invoice.vat_hundredths, invoice.gross, invoice.currency
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        number = try cells.next()
        kind = try cells.next()
        corrects = try cells.next()
        issued_at = try cells.next()
        user_id = try cells.next()
        ledger_entry_id = try cells.next()
        charging_id = try cells.next()
        seller = try cells.next(json: PartyBody.self)
        buyer = try cells.next(json: PartyBody.self)
        lines = try cells.next(json: [InvoiceLine].self)
        net = try cells.next()
        vat = try cells.next()
        vat_rate = Percent(hundredths: Int64(try cells.next(Int32.self))).description
        gross = try cells.next()
        let currency = try cells.next(Currency.self)
        self.currency = currency.code
        net_decimal = Money(net, currency).decimal
        vat_decimal = Money(vat, currency).decimal
        gross_decimal = Money(gross, currency).decimal
        pdf_url = "/api/v1/invoices/\(id)/pdf"
    }
}

/// An invoice before it is stored.
struct DraftInvoice: Sendable {
    var number: String
    var kind: String
    var corrects: String?
    var issuedAt: Date
    var user: Int64
    var entry: Int64
    var session: Int64?
    var seller: PartyBody
    var buyer: PartyBody
    var lines: [InvoiceLine]
    var split: VATSplit
    /// Nil: the service itself.
    var issuedBy: Int64?
    /// Of the buyer: `en`, `pl`, `cs`.
    var language: String
    /// When the thing was sold; with a session its end.
    var suppliedAt: Date?
    /// `balance` or `card`.
    var funding: String
    var paper: Paper

    /// What only the paper says, frozen so that it may be printed at any time and says the same.
    struct Paper: Codable, Equatable, Sendable {
        var paidAt: Date
        var order: Int64?
        /// The seller's.
        var account: String?
        /// Nil for what is no session.
        var place: Place?
        /// In which days are reckoned.
        var zone: String

        /// Where and when it was charged.
        struct Place: Codable, Equatable, Sendable {
            var name: String
            var start: Date
            var end: Date
        }
    }
}

extension Query where Result == InvoiceBody? {
    static func invoice(_ id: Int64) -> Self {
        "SELECT \(raw: InvoiceBody.columns) FROM billing.invoice AS invoice WHERE invoice.id = \(id)"
    }

    static func invoice(ofEntry entry: Int64) -> Self {
        "SELECT \(raw: InvoiceBody.columns) FROM billing.invoice AS invoice WHERE invoice.ledger_entry_id = \(entry)"
    }
}

extension Query where Result == [InvoiceBody] {
    static func invoices(user: Int64?, number: String?, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: InvoiceBody.columns) FROM billing.invoice AS invoice
            WHERE (\(user as Int64?)::bigint IS NULL OR invoice.user_id = \(user as Int64?))
                AND (\(number as String?)::text IS NULL OR invoice.number = \(number as String?))
            ORDER BY invoice.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countInvoices(user: Int64?, number: String?) -> Self {
        """
        SELECT count(*) FROM billing.invoice AS invoice
        WHERE (\(user as Int64?)::bigint IS NULL OR invoice.user_id = \(user as Int64?))
            AND (\(number as String?)::text IS NULL OR invoice.number = \(number as String?))
        """
    }

    static func enter(_ draft: DraftInvoice) -> Self {
        """
        INSERT INTO billing.invoice (number, kind, corrects, issued_at, user_id, ledger_entry_id, charging_id, seller, buyer,
            lines, net, vat, vat_hundredths, gross, currency, issued_by, supplied_at, language, funding, paper)
        VALUES (\(draft.number), \(draft.kind), \(draft.corrects as String?), \(draft.issuedAt), \(draft.user),
            \(draft.entry), \(draft.session as Int64?), \(json: draft.seller), \(json: draft.buyer), \(json: draft.lines),
            \(draft.split.net.minorUnits), \(draft.split.vat.minorUnits), \(Int32(clamping: draft.split.rate.hundredths)),
            \(draft.split.gross.minorUnits), \(draft.split.gross.currency), \(draft.issuedBy as Int64?),
            \(draft.suppliedAt as Date?), \(draft.language), \(draft.funding), \(json: draft.paper))
        RETURNING id
        """
    }
}

extension Query where Result == Int32 {
    /// Given back when the transaction fails, so that there are no gaps. Whoever wants the next one waits for its end.
    static func takeInvoiceNumber(of series: String) -> Self {
        """
        INSERT INTO billing.invoice_series AS known (series, last_number) VALUES (\(series), 1)
        ON CONFLICT (series) DO UPDATE SET last_number = known.last_number + 1
        RETURNING last_number
        """
    }
}

/// The buyer as accounts has them now.
struct BuyerRow: Row, Sendable {
    var name: String
    var address: String
    var taxID: String?
    var language: String

    static let columns = "buyer.name, buyer.address, buyer.tax_id, account.language"

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        address = try cells.next()
        taxID = try cells.next()
        language = try cells.next()
    }
}

extension Query where Result == BuyerRow? {
    static func buyer(_ user: Int64) -> Self {
        """
        SELECT \(columns: BuyerRow.self)
        FROM accounts_view.buyer AS buyer
        JOIN accounts_view.account AS account ON account.user_id = buyer.user_id
        WHERE buyer.user_id = \(user)
        """
    }
}

extension Query where Result == JSONB? {
    static func platformSetting(_ name: String) -> Self {
        "SELECT value FROM accounts_view.setting WHERE name = \(name)"
    }
}

extension Query where Result == Int64? {
    /// The entry by which a session was paid.
    static func payment(of session: Int64) -> Self {
        """
        SELECT id FROM billing.ledger_entry
        WHERE charging_id = \(session) AND type = 'Payment' AND subject = 'charging'
        ORDER BY id
        LIMIT 1
        """
    }
}

extension Query where Result == String? {
    /// The invoice of the session that what came later corrects or supplements.
    static func invoiceNumber(of session: Int64, before entry: Int64) -> Self {
        """
        SELECT number FROM billing.invoice
        WHERE charging_id = \(session) AND kind = 'invoice' AND ledger_entry_id < \(entry)
        ORDER BY id
        LIMIT 1
        """
    }
}
