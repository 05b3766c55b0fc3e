import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff
import Telemetry

/// Issues the invoice of a ledger entry: number, copies of seller and buyer, lines and whatever the paper says are stored in one
/// transaction, so that numbers have no gap and a second call finds the first one's invoice. `PrintInvoice` prints it later.
struct IssueInvoice {
    let billing: Billing
    /// Nil: the service itself, for the changes of what was invoiced before.
    var caller: Caller?
    var request: Request?

    /// Answers the invoice, and whether it is new. Throws: `BillingRefusal`.
    func run(entry number: Int64) async throws -> (InvoiceBody, isNew: Bool) {
        let host = billing.host
        guard let entry = try await host.database.run(.entry(number)), isFor(entry.user_id) else {
            throw BillingRefusal.noSuchEntry
        }
        if let known = try await host.database.run(.invoice(ofEntry: number)) { return (known, false) }
        let draft = try await draft(of: entry)
        let answer = try await billing.invoiceDesk.pass {
            if let known = try await host.database.run(.invoice(ofEntry: number)) { return (known, false) }
            do {
                return (try await store(draft), true)
            } catch let error as DatabaseError where error.violatesUnique("invoice_ledger_entry_id_key") {
                // Another instance was quicker; the number went back with the transaction.
                guard let known = try await host.database.run(.invoice(ofEntry: number)) else { throw error }
                return (known, false)
            }
        }
        if answer.1 { printBehind(answer.0.id) }
        return answer
    }

    private func isFor(_ user: Int64) -> Bool {
        guard let caller else { return true }
        return user == caller.user || caller.isAdmin
    }

    /// Nobody waits for the printer: not whoever asked, and not those who want the next number.
    private func printBehind(_ invoice: Int64) {
        let billing = billing
        Task(executorPreference: billing.host.nextLoop()) {
            // What is not printed here is printed each minute, or when it is asked for.
            do { _ = try await PrintInvoice(billing: billing).run(invoice) } catch {
                billing.host.log.info("invoice.not_printed_yet", ["error": .text("\(error)")])
            }
        }
    }

    private func store(_ draft: DraftInvoice) async throws -> InvoiceBody {
        let host = billing.host
        let year = CalendarDay(of: draft.issuedAt, in: host.settings.jobsZone).year
        let series = "\(billing.settings.invoicePrefix)\(year)"
        let id = try await host.database.transaction { transaction in
            var numbered = draft
            numbered.number = Self.text(series, try await transaction.run(.takeInvoiceNumber(of: series)))
            let id = try await transaction.run(.enter(numbered))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "ISSUE_INVOICE", by: caller?.user,
                        ["number": .string(numbered.number), "entry": .integer(draft.entry)], from: request),
                    in: .billing, at: draft.issuedAt))
            return id
        }
        guard let invoice = try await host.database.run(.invoice(id)) else {
            throw BillingRefusal.noSuchInvoice
        }
        return invoice
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
        var earlier: String?
        var session: SessionRow?
        var ended: EndedSession?
        if let number = entry.charging_id {
            earlier = try await host.database.run(.invoiceNumber(of: number, before: entry.id))
            session = try await host.database.run(.session(number))
            ended = try await host.database.run(.endedSession(ID(number)))
        }
        let lines = InvoiceLines(
            entry: entry, session: session, ended: ended, split: split, corrects: earlier,
            words: InvoiceWords.of(buyer.language))
        var order: Int64?
        if case .number(let number)? = entry.order { order = number }
        return DraftInvoice(
            number: "", kind: entry.type == "Refund" ? "correction" : "invoice", corrects: earlier,
            issuedAt: host.clock.now, user: entry.user_id, entry: entry.id, session: entry.charging_id,
            seller: try await billing.seller(),
            buyer: PartyBody(name: buyer.name, address: buyer.address, tax_id: buyer.taxID),
            lines: lines.all, split: split, issuedBy: caller?.user, language: buyer.language,
            suppliedAt: ended?.endedAt ?? entry.created_at, funding: entry.funding,
            paper: DraftInvoice.Paper(
                paidAt: entry.created_at, order: order, account: billing.settings.sellerIBAN?.text,
                place: session.flatMap { session in
                    session.endedAt.map {
                        DraftInvoice.Paper.Place(name: session.place, start: session.startedAt, end: $0)
                    }
                }, zone: host.settings.jobsZone.identifier))
    }
}
