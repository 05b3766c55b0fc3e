import Core
import FoundationEssentials
import Postgres

/// A month's money of a host on its way to the bank, as the API shows it (api.md 4.9).
struct PayoutBody: Codable, Equatable, Sendable {
    var id: Int64
    var user_id: Int64
    /// `YYYY-MM`.
    var month: String
    var statement_number: String
    var sessions: Int
    var energy_wh: Int64
    /// What drivers paid.
    var gross: Int64
    var gross_decimal: String
    var commission: Int64
    var commission_decimal: String
    var amount: Int64
    var amount_decimal: String
    var currency: String
    var status: Status
    var created_by: Int64
    @OrNull var approved_by: Int64?
    @OrNull var paid_at: Date?
    @OrNull var ledger_entry_id: Int64?
    var created_at: Date
    var pdf_url: String

    enum Status: String, Codable, CaseIterable, Sendable {
        case draft, approved, paid
    }
}

extension PayoutBody: RowDecodable {
    static let columns: StaticString = """
        payout.id, payout.user_id, to_char(payout.month, 'YYYY-MM'), payout.statement_number, payout.sessions,
        payout.energy_wh, payout.gross, payout.commission, payout.amount, payout.currency, payout.status,
        payout.created_by, payout.approved_by, payout.paid_at, payout.ledger_entry_id, payout.created_at
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user_id = try cells.next()
        month = try cells.next()
        statement_number = try cells.next()
        sessions = Int(try cells.next(Int32.self))
        energy_wh = try cells.next()
        gross = try cells.next()
        commission = try cells.next()
        amount = try cells.next()
        let currency = try cells.next(Currency.self)
        self.currency = currency.code
        gross_decimal = Money(gross, currency).decimal
        commission_decimal = Money(commission, currency).decimal
        amount_decimal = Money(amount, currency).decimal
        let word = try cells.next(String.self)
        guard let status = Status(rawValue: word) else { throw CellError("it is no state of a payout") }
        self.status = status
        created_by = try cells.next()
        approved_by = try cells.next()
        paid_at = try cells.next()
        ledger_entry_id = try cells.next()
        created_at = try cells.next()
        pdf_url = "/api/v1/payouts/\(id)/pdf"
    }
}

/// A month of the calendar: `2026-10`.
struct Month: Equatable, Sendable {
    let first: CalendarDay

    init?(_ text: String) {
        guard text.utf8.count == 7, let first = CalendarDay("\(text)-01"),
            (1_000...2_999).contains(first.year)
        else { return nil }
        self.first = first
    }

    private init(first: CalendarDay) {
        self.first = first
    }

    /// The first day behind it.
    var next: CalendarDay { first.firstOfNextMonth }

    var text: String { String(first.text.prefix(7)) }
}

extension Month: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        guard let month = Self(try decoder.singleValueContainer().decode(String.self).trimmed) else {
            throw OutsideLimits("must be YYYY-MM")
        }
        self = month
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema { .string(pattern: "^[12][0-9]{3}-(0[1-9]|1[0-2])$") }
    static var standIn: Self { Self(first: CalendarDay(of: Date(timeIntervalSince1970: 0), in: .gmt)) }
}

/// Which payouts are asked for.
struct PayoutFilter: Sendable {
    var user: Int64?
    var month: Month?
    var status: PayoutBody.Status?

    fileprivate var condition: SQL {
        var condition: SQL = "true"
        if let user { condition = "\(condition) AND payout.user_id = \(user)" }
        if let month { condition = "\(condition) AND payout.month = \(month.first.text)::date" }
        if let status { condition = "\(condition) AND payout.status = \(status.rawValue)" }
        return condition
    }
}

extension Query where Result == [PayoutBody] {
    static func payouts(_ filter: PayoutFilter, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: PayoutBody.columns) FROM billing.payout AS payout
            WHERE \(filter.condition)
            ORDER BY payout.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countPayouts(_ filter: PayoutFilter) -> Self {
        "SELECT count(*) FROM billing.payout AS payout WHERE \(filter.condition)"
    }

    /// A draft for each host who has something to get and an account, with what was credited until the month's end and is on
    /// no other payout. One statement, so that what is added up is what is marked; answers how many.
    ///
    /// - Parameter last: the last number of the series, which the transaction holds.
    static func draftPayouts(
        of month: Month, until end: Date, currency: Currency, buyer: PartyBody, series: String, last: Int32,
        by user: Int64, at now: Date
    ) -> Self {
        """
        WITH credited AS (
            SELECT share.user_id, count(DISTINCT share.session_id)::integer AS sessions,
                sum(share.energy_wh)::bigint AS energy_wh, sum(share.gross)::bigint AS gross,
                sum(share.credit)::bigint AS amount, array_agg(share.entry_id) AS entries
            FROM billing.host_share AS share
            WHERE share.payout_id IS NULL AND share.created_at < \(end)
                AND NOT EXISTS (
                    SELECT FROM billing.payout AS known
                    WHERE known.user_id = share.user_id AND known.month = \(month.first.text)::date)
            GROUP BY share.user_id
            HAVING sum(share.credit) > 0
        ), made AS (
            INSERT INTO billing.payout (user_id, month, statement_number, sessions, energy_wh, gross, commission, amount,
                currency, holder, iban, address, tax_id, buyer, created_by, created_at)
            SELECT credited.user_id, \(month.first.text)::date,
                \(series) || '/' || lpad((\(last) + row_number() OVER (ORDER BY credited.user_id))::text, 6, '0'),
                credited.sessions, credited.energy_wh, credited.gross, credited.gross - credited.amount, credited.amount,
                \(currency), account.holder, account.iban, account.address, account.tax_id, \(json: buyer), \(user), \(now)
            FROM credited
            JOIN billing.payout_account AS account ON account.user_id = credited.user_id
            RETURNING id, user_id
        ), marked AS (
            UPDATE billing.host_share AS share SET payout_id = made.id
            FROM made
            JOIN credited ON credited.user_id = made.user_id
            WHERE share.entry_id = ANY (credited.entries)
        ), counted AS (
            UPDATE billing.invoice_series SET last_number = last_number + (SELECT count(*)::integer FROM made)
            WHERE series = \(series)
        )
        SELECT count(*) FROM made
        """
    }
}

extension Query where Result == Int32 {
    /// Holds the series until the transaction ends, so that its numbers have no gap; answers the last one.
    static func holdSeries(_ series: String) -> Self {
        """
        INSERT INTO billing.invoice_series AS known (series, last_number) VALUES (\(series), 0)
        ON CONFLICT (series) DO UPDATE SET last_number = known.last_number
        RETURNING last_number
        """
    }
}

extension Query where Result == PayoutBody? {
    static func payout(_ id: Int64) -> Self {
        "SELECT \(raw: PayoutBody.columns) FROM billing.payout AS payout WHERE payout.id = \(id)"
    }

    /// The row is what a second approval waits for.
    static func holdPayout(_ id: Int64) -> Self {
        "SELECT \(raw: PayoutBody.columns) FROM billing.payout AS payout WHERE payout.id = \(id) FOR UPDATE"
    }
}

extension Query where Result == Void {
    static func approve(_ id: Int64, entry: Int64, by user: Int64, at now: Date) -> Self {
        """
        UPDATE billing.payout
        SET status = 'approved', approved_by = \(user), approved_at = \(now), ledger_entry_id = \(entry)
        WHERE id = \(id)
        """
    }

    static func keepStatement(_ pdf: [UInt8], of payout: Int64) -> Self {
        "UPDATE billing.payout SET pdf = \(Octets(pdf)) WHERE id = \(payout) AND pdf IS NULL"
    }
}

extension Query where Result == RowCount {
    /// Once: who comes second finds it paid.
    static func markPaid(_ id: Int64, by user: Int64, at now: Date) -> Self {
        """
        UPDATE billing.payout SET status = 'paid', paid_by = \(user), paid_at = \(now)
        WHERE id = \(id) AND status = 'approved'
        """
    }
}

/// What is printed and transferred of a payout, beside what everybody sees.
struct FrozenPayout: RowDecodable, Sendable {
    var body: PayoutBody
    var holder: String
    var iban: String
    var address: String
    var taxID: String?
    var buyer: PartyBody
    var pdf: Octets?

    /// All but the statement.
    static let facts: StaticString = """
        payout.id, payout.user_id, to_char(payout.month, 'YYYY-MM'), payout.statement_number, payout.sessions,
        payout.energy_wh, payout.gross, payout.commission, payout.amount, payout.currency, payout.status,
        payout.created_by, payout.approved_by, payout.paid_at, payout.ledger_entry_id, payout.created_at,
        payout.holder, payout.iban, payout.address, payout.tax_id, payout.buyer
        """

    init(_ cells: inout Cells) throws {
        body = try PayoutBody(&cells)
        holder = try cells.next()
        iban = try cells.next()
        address = try cells.next()
        taxID = try cells.next()
        buyer = try cells.next(json: PartyBody.self)
        pdf = try cells.next()
    }
}

extension Query where Result == FrozenPayout? {
    static func frozenPayout(_ id: Int64) -> Self {
        "SELECT \(raw: FrozenPayout.facts), payout.pdf FROM billing.payout AS payout WHERE payout.id = \(id)"
    }
}

extension Query where Result == [FrozenPayout] {
    /// Without their statements, which are large.
    ///
    /// - Parameter last: the number of the one that came before; 0 for the first part.
    static func approvedPayouts(of month: Month, after last: Int64, limit: Int) -> Self {
        """
        SELECT \(raw: FrozenPayout.facts), NULL::bytea FROM billing.payout AS payout
        WHERE payout.month = \(month.first.text)::date AND payout.status = 'approved' AND payout.id > \(last)
        ORDER BY payout.id
        LIMIT \(limit)
        """
    }
}
