import Core
import FoundationEssentials
import Postgres
import Tariff

/// An invoice in the terms of EN 16931, made from what is frozen; numbers such as BT-5 are the standard's.
struct EInvoice: Sendable {
    struct Party: Sendable {
        var name: String
        var street: String
        var postcode: String
        var city: String
        /// Two letters; empty where nobody said it.
        var country: String
        var taxID: String
        /// A VAT number begins with its country, every other number of a tax office does not.
        var isVATNumber: Bool {
            taxID.utf8.count > 2 && taxID.prefix(2).allSatisfy { $0.isASCII && $0.isLetter }
        }
    }

    struct Line: Sendable {
        var name: String
        var quantity: String
        /// UN/ECE Recommendation 20.
        var unit: String
        var net: String
        var isOfNothing: Bool { quantity.allSatisfy { $0 == "0" || $0 == "." } }
    }

    struct Allowance: Sendable {
        var reason: String
        var amount: String
    }

    let number: String
    let issued: CalendarDay
    let supplied: CalendarDay?
    let isCreditNote: Bool
    /// The invoice before, which this one corrects or supplements (BT-25).
    let preceding: String?
    let currency: String
    let seller: Party
    let buyer: Party
    let lines: [Line]
    let allowances: [Allowance]
    let lineTotal: String
    let allowanceTotal: String
    let net: String
    let vat: String
    let gross: String
    /// UNCL 5305: the standard rate, or nothing at all.
    let category: String
    let rate: String
    /// UNCL 4461.
    let meansCode: String
    let meansText: String

    static let guideline = "urn:cen.eu:en16931:2017"

    /// A credit note says with positive amounts what a correction says with negative ones.
    init?(_ stored: StoredEInvoice, zone: TimeZone) {
        let body = stored.body
        guard let currency = Currency(code: body.currency), let percent = Percent(body.vat_rate) else {
            return nil
        }
        isCreditNote = body.gross < 0
        let sign: Int64 = isCreditNote ? -1 : 1
        func text(_ minorUnits: Int64) -> String { Money(sign * minorUnits, currency).decimal }
        number = body.number
        issued = CalendarDay(of: body.issued_at, in: zone)
        supplied = stored.suppliedAt.map { CalendarDay(of: $0, in: zone) }
        preceding = body.corrects
        self.currency = body.currency
        let seller = Self.party(body.seller)
        self.seller = seller
        var buyer = Self.party(body.buyer)
        if buyer.country.isEmpty { buyer.country = seller.country }
        self.buyer = buyer
        let (taken, sold) = (
            body.lines.filter { sign * $0.net < 0 }, body.lines.filter { sign * $0.net >= 0 }
        )
        lines = sold.map { line in
            Line(
                name: line.description, quantity: line.quantity, unit: Self.units[line.unit] ?? "C62",
                net: text(line.net))
        }
        allowances = taken.map { Allowance(reason: $0.description, amount: text(-$0.net)) }
        lineTotal = text(sold.reduce(0) { $0 + $1.net })
        allowanceTotal = text(-taken.reduce(0) { $0 + $1.net })
        (net, vat, gross) = (text(body.net), text(body.vat), text(body.gross))
        category = percent > .zero ? "S" : "Z"
        rate = percent.description
        meansCode = stored.funding == "card" ? "48" : "97"
        meansText = stored.funding == "card" ? "Card" : "Balance"
    }

    private static let units = ["kWh": "KWH", "min": "MIN", "pcs": "C62"]

    /// `Street 1, 110 00 Praha, CZ`, as accounts writes an address into one line.
    private static func party(_ party: PartyBody) -> Party {
        var parts = party.address.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        let taxID = (party.tax_id ?? "").filter { $0 != " " }
        var country = ""
        if let last = parts.last, isCountry(last) {
            country = last.uppercased()
            parts.removeLast()
        } else if isCountry(String(taxID.prefix(2))), taxID.utf8.count > 2 {
            // The tax offices' letters for Greece and Northern Ireland are not the country's.
            country = ["EL": "GR", "XI": "GB"][taxID.prefix(2).uppercased()] ?? taxID.prefix(2).uppercased()
        }
        let town = parts.count > 1 ? parts.removeLast() : ""
        let words = town.split(separator: " ")
        let digits = words.prefix { $0.contains(where: \.isNumber) }
        return Party(
            name: party.name, street: parts.joined(separator: ", "), postcode: digits.joined(separator: " "),
            city: words.dropFirst(digits.count).joined(separator: " "), country: country, taxID: taxID)
    }

    private static func isCountry(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }
}

/// An invoice with what only its structured form says.
struct StoredEInvoice: RowDecodable, Sendable {
    var body: InvoiceBody
    var suppliedAt: Date?
    var funding: String
    var language: String

    static let columns: StaticString = """
        invoice.id, invoice.number, invoice.kind, invoice.corrects, invoice.issued_at, invoice.user_id,
        invoice.ledger_entry_id, invoice.charging_id, invoice.seller, invoice.buyer, invoice.lines, invoice.net, invoice.vat,
        invoice.vat_hundredths, invoice.gross, invoice.currency, invoice.supplied_at, invoice.funding,
        invoice.language
        """

    init(_ cells: inout Cells) throws {
        body = try InvoiceBody(&cells)
        suppliedAt = try cells.next()
        funding = try cells.next()
        language = try cells.next()
    }
}

extension Query where Result == StoredEInvoice? {
    static func einvoice(_ id: Int64) -> Self {
        "SELECT \(raw: StoredEInvoice.columns) FROM billing.invoice AS invoice WHERE invoice.id = \(id)"
    }
}
