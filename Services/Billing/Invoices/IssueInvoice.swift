import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// Issues the invoice of a ledger entry: number, copies of seller and buyer, lines and the printed document are stored in one
/// transaction, so that numbers have no gap and a second call finds the first one's invoice.
struct IssueInvoice {
    let billing: Billing
    let caller: Caller
    let request: Request

    /// Answers the invoice, and whether it is new. Throws: `BillingRefusal`.
    func run(entry number: Int64) async throws -> (InvoiceBody, isNew: Bool) {
        let host = billing.host
        guard let entry = try await host.database.run(.entry(number)),
            entry.user_id == caller.user || caller.isAdmin
        else { throw BillingRefusal.noSuchEntry }
        if let known = try await host.database.run(.invoice(ofEntry: number)) { return (known, false) }
        let draft = try await draft(of: entry)
        return try await billing.invoiceDesk.pass {
            if let known = try await host.database.run(.invoice(ofEntry: number)) { return (known, false) }
            do {
                return (try await issue(draft), true)
            } catch let error as DatabaseError where error.violatesUnique("invoice_ledger_entry_id_key") {
                // Another instance was quicker; the number went back with the transaction.
                guard let known = try await host.database.run(.invoice(ofEntry: number)) else { throw error }
                return (known, false)
            }
        }
    }

    /// Prints before the transaction: one that waits for a printer holds back every reader of every event log. When another
    /// instance has taken the number meanwhile it is done anew; somebody's invoice is stored each time, so that this ends.
    private func issue(_ draft: DraftInvoice) async throws -> InvoiceBody {
        let host = billing.host
        let year = CalendarDay(of: draft.issuedAt, in: host.settings.jobsZone).year
        let series = "\(billing.settings.invoicePrefix)\(year)"
        while true {
            let number = (try await host.database.run(.lastInvoiceNumber(of: series)) ?? 0) + 1
            var numbered = draft
            numbered.number = Self.text(series, number)
            let pdf = try await billing.press.print(numbered)
            guard let id = try await store(numbered, pdf, number, of: series) else { continue }
            guard let invoice = try await host.database.run(.invoice(id)) else {
                throw BillingRefusal.noSuchInvoice
            }
            return invoice
        }
    }

    /// Nil when the number is taken already.
    private func store(_ draft: DraftInvoice, _ pdf: [UInt8], _ number: Int32, of series: String) async throws
        -> Int64?
    {
        try await billing.host.database.transaction { transaction in
            guard try await transaction.run(.takeInvoiceNumber(number, of: series)).count == 1 else {
                return nil
            }
            let id = try await transaction.run(.enter(draft, pdf: pdf))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "ISSUE_INVOICE", by: caller.user,
                        ["number": .string(draft.number), "entry": .integer(draft.entry)], from: request),
                    in: .billing, at: draft.issuedAt))
            return id
        }
    }

    private static func text(_ series: String, _ number: Int32) -> String {
        let digits = String(number)
        return "\(series)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }

    private func draft(of entry: EntryBody) async throws -> DraftInvoice {
        guard ["Payment", "Refund"].contains(entry.type), entry.amount != 0 else {
            throw BillingRefusal.notInvoiceable
        }
        let host = billing.host
        guard let currency = Currency(code: entry.currency),
            let buyer = try await host.database.run(.buyer(entry.user_id))
        else { throw BillingRefusal.notInvoiceable }
        let split = VATSplit(of: Money(-entry.amount, currency), at: billing.settings.vatRate)
        var corrects: String?
        if entry.type == "Refund", let session = entry.charging_id {
            corrects = try await host.database.run(.invoiceNumber(of: session))
        }
        let session = try await session(of: entry)
        return DraftInvoice(
            number: "", kind: entry.type == "Refund" ? "correction" : "invoice", corrects: corrects,
            issuedAt: host.clock.now, user: entry.user_id, entry: entry.id, session: entry.charging_id,
            seller: try await billing.seller(),
            buyer: PartyBody(name: buyer.name, address: buyer.address, tax_id: buyer.taxID),
            lines: lines(of: entry, session, split), split: split, issuedBy: caller.user,
            language: buyer.language,
            place: session.map {
                "\($0.point), \(Timestamp.text($0.startedAt ?? $0.endedAt ?? host.clock.now))"
            })
    }

    /// Only a payment of the very cost can be shown part by part.
    private func session(of entry: EntryBody) async throws -> EndedSession? {
        guard entry.type == "Payment", let number = entry.charging_id else { return nil }
        let session = try await billing.host.database.run(.endedSession(ID(number)))
        return session.flatMap { $0.cost.total.minorUnits == -entry.amount ? $0 : nil }
    }

    private func lines(of entry: EntryBody, _ session: EndedSession?, _ split: VATSplit) -> [InvoiceLine] {
        guard let session else {
            let text = entry.description.isEmpty ? entry.subject : entry.description
            return [
                InvoiceLine(
                    description: text, quantity: "1", unit: "pcs", net: split.net.minorUnits,
                    vat: split.vat.minorUnits, gross: split.gross.minorUnits)
            ]
        }
        let cost = session.cost
        var parts: [(String, String, String, Money)] = [
            ("Energy at \(session.point)", Self.kilowattHours(cost.energy), "kWh", cost.energyPart)
        ]
        if cost.timePart.minorUnits > 0 {
            parts.append(
                (
                    "Time beyond \(session.price.freeMinutes) free minutes", String(cost.chargedMinutes),
                    "min", cost.timePart
                ))
        }
        if cost.discount.minorUnits > 0, let discount = session.price.discount {
            let taken = Money(-cost.discount.minorUnits, cost.discount.currency)
            parts.append(("Discount \(discount.code), \(discount.value.short) %", "1", "pcs", taken))
        }
        let splits = VATSplit.lines(of: parts.map(\.3), at: billing.settings.vatRate)
        return zip(parts, splits).map { part, split in
            InvoiceLine(
                description: part.0, quantity: part.1, unit: part.2, net: split.net.minorUnits,
                vat: split.vat.minorUnits, gross: split.gross.minorUnits)
        }
    }

    /// Three decimals, as meters show it.
    private static func kilowattHours(_ energy: Energy) -> String {
        let (whole, rest) = energy.wattHours.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(rest)
        return "\(whole).\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
    }
}
