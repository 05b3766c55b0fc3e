import Core
import Documents
import FoundationEssentials
import Postgres

/// The lines of a document, read in portions behind a key, so that a million of them are never held at once.
struct DocumentRows: Sendable {
    /// One line: what it is sorted by, and what it shows.
    struct Line: Sendable {
        var moment: Date
        var key: Int64
        var cells: [SpreadsheetWriter.Cell]
    }

    let document: DocumentBody
    let zone: TimeZone
    let currency: Currency

    private var user: SQL {
        document.scope == .all ? "true" : "user_id = \(document.generated_by)"
    }

    func next(after last: Line?, limit: Int, in database: Database) async throws -> [Line] {
        let (moment, key) = (last?.moment ?? document.from, last?.key ?? .min)
        switch document.type {
        case .usage:
            let rows: [UsageRow] = try await database.run(
                """
                SELECT fact.session_id, fact.ended_at, fact.started_at, fact.charge_point_id,
                    coalesce(nullif(person.name, ''), person.username, ''), fact.energy_wh, fact.amount
                FROM (
                    SELECT session_id, started_at, ended_at, charge_point_id, user_id, energy_wh, amount
                    FROM reporting.session_fact
                    WHERE \(user) AND (ended_at, session_id) > (\(moment), \(key)) AND ended_at < \(document.to)
                    ORDER BY ended_at, session_id
                    LIMIT \(limit)
                ) AS fact
                LEFT JOIN accounts_view.account AS person ON person.user_id = fact.user_id
                ORDER BY fact.ended_at, fact.session_id
                """)
            return rows.map { $0.line(zone, currency) }
        case .cost:
            let rows: [LedgerRow] = try await database.run(
                """
                SELECT entry.id, entry.created_at, coalesce(nullif(person.name, ''), person.username, ''), entry.type,
                    entry.subject, entry.description, entry.funding, entry.amount
                FROM (
                    SELECT id, created_at, user_id, type, subject, description, funding, amount
                    FROM billing_view.ledger_entry
                    WHERE \(user) AND (created_at, id) > (\(moment), \(key)) AND created_at < \(document.to)
                    ORDER BY created_at, id
                    LIMIT \(limit)
                ) AS entry
                LEFT JOIN accounts_view.account AS person ON person.user_id = entry.user_id
                ORDER BY entry.created_at, entry.id
                """)
            return rows.map { $0.line(zone, currency) }
        case .statistics:
            // One line for each charge point; the key is its place.
            guard last == nil else { return [] }
            let rows: [PointRow] = try await database.run(
                """
                SELECT row_number() OVER (ORDER BY sum(amount) DESC, charge_point_id), charge_point_id, count(*),
                    count(DISTINCT user_id), sum(energy_wh)::bigint, sum(amount)::bigint
                FROM reporting.session_fact
                WHERE \(user) AND ended_at >= \(document.from) AND ended_at < \(document.to)
                GROUP BY charge_point_id
                ORDER BY 1
                LIMIT 100000
                """, within: .seconds(60))
            return rows.map { $0.line(document.from, currency) }
        case .invoice:
            let rows: [InvoiceRow] = try await database.run(
                """
                SELECT invoice.invoice_id, invoice.issued_at, invoice.number,
                    coalesce(nullif(person.name, ''), person.username, ''), invoice.kind, invoice.net, invoice.vat,
                    invoice.gross
                FROM (
                    SELECT invoice_id, user_id, number, kind, issued_at, net, vat, gross
                    FROM billing_view.invoice_line
                    WHERE \(user) AND (issued_at, invoice_id) > (\(moment), \(key)) AND issued_at < \(document.to)
                    ORDER BY issued_at, invoice_id
                    LIMIT \(limit)
                ) AS invoice
                LEFT JOIN accounts_view.account AS person ON person.user_id = invoice.user_id
                ORDER BY invoice.issued_at, invoice.invoice_id
                """)
            return rows.map { $0.line(zone, currency) }
        }
    }
}

private struct UsageRow: RowDecodable {
    let session: Int64
    let endedAt: Date
    let startedAt: Date
    let point: String
    let person: String
    let energy: Int64
    let amount: Int64

    init(_ cells: inout Cells) throws {
        session = try cells.next()
        endedAt = try cells.next()
        startedAt = try cells.next()
        point = try cells.next()
        person = try cells.next()
        energy = try cells.next()
        amount = try cells.next()
    }

    func line(_ zone: TimeZone, _ currency: Currency) -> DocumentRows.Line {
        DocumentRows.Line(
            moment: endedAt, key: session,
            cells: [
                .count(session), .moment(startedAt, zone), .moment(endedAt, zone), .text(point),
                .text(person),
                .decimal(DocumentNumbers.kWh(energy)), .decimal(Money(amount, currency).decimal),
            ])
    }
}

private struct LedgerRow: RowDecodable {
    let entry: Int64
    let createdAt: Date
    let person: String
    let type: String
    let subject: String
    let description: String
    let funding: String
    let amount: Int64

    init(_ cells: inout Cells) throws {
        entry = try cells.next()
        createdAt = try cells.next()
        person = try cells.next()
        type = try cells.next()
        subject = try cells.next()
        description = try cells.next()
        funding = try cells.next()
        amount = try cells.next()
    }

    func line(_ zone: TimeZone, _ currency: Currency) -> DocumentRows.Line {
        DocumentRows.Line(
            moment: createdAt, key: entry,
            cells: [
                .count(entry), .moment(createdAt, zone), .text(person), .text(type), .text(subject),
                .text(description), .text(funding), .decimal(Money(amount, currency).decimal),
            ])
    }
}

private struct PointRow: RowDecodable {
    let place: Int64
    let point: String
    let sessions: Int64
    let people: Int64
    let energy: Int64
    let amount: Int64

    init(_ cells: inout Cells) throws {
        place = try cells.next()
        point = try cells.next()
        sessions = try cells.next()
        people = try cells.next()
        energy = try cells.next()
        amount = try cells.next()
    }

    func line(_ moment: Date, _ currency: Currency) -> DocumentRows.Line {
        DocumentRows.Line(
            moment: moment, key: place,
            cells: [
                .text(point), .count(sessions), .count(people), .decimal(DocumentNumbers.kWh(energy)),
                .decimal(DocumentNumbers.kWh(energy / max(1, sessions))),
                .decimal(Money(amount, currency).decimal),
            ])
    }
}

private struct InvoiceRow: RowDecodable {
    let invoice: Int64
    let issuedAt: Date
    let number: String
    let person: String
    let kind: String
    let net: Int64
    let vat: Int64
    let gross: Int64

    init(_ cells: inout Cells) throws {
        invoice = try cells.next()
        issuedAt = try cells.next()
        number = try cells.next()
        person = try cells.next()
        kind = try cells.next()
        net = try cells.next()
        vat = try cells.next()
        gross = try cells.next()
    }

    func line(_ zone: TimeZone, _ currency: Currency) -> DocumentRows.Line {
        DocumentRows.Line(
            moment: issuedAt, key: invoice,
            cells: [
                .text(number), .moment(issuedAt, zone), .text(person), .text(kind),
                .decimal(Money(net, currency).decimal), .decimal(Money(vat, currency).decimal),
                .decimal(Money(gross, currency).decimal),
            ])
    }
}
