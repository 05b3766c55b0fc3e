import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// Issues the invoice of a ledger entry: number, copies of seller and buyer, lines and the printed document in one
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
        do {
            let id = try await host.database.transaction { transaction in
                var numbered = draft
                numbered.number = try await takeNumber(in: transaction)
                let pdf = try await billing.press.print(numbered)
                let id = try await transaction.run(.enter(numbered, pdf: pdf))
                try await transaction.run(
                    .record(
                        AuditEntry(
                            "ISSUE_INVOICE", by: caller.user,
                            ["number": .string(numbered.number), "entry": .integer(number)], from: request),
                        in: .billing, at: numbered.issuedAt))
                return id
            }
            guard let invoice = try await host.database.run(.invoice(id)) else {
                throw BillingRefusal.noSuchInvoice
            }
            return (invoice, true)
        } catch let error as DatabaseError where error.violatesUnique("invoice_ledger_entry_id_key") {
            // Somebody else was quicker; the number went back with the transaction.
            guard let known = try await host.database.run(.invoice(ofEntry: number)) else { throw error }
            return (known, false)
        }
    }

    private func takeNumber(in transaction: Transaction) async throws -> String {
        let year = CalendarDay(of: billing.host.clock.now, in: billing.host.settings.jobsZone).year
        let series = "\(billing.settings.invoicePrefix)\(year)"
        let number = String(try await transaction.run(.nextInvoiceNumber(of: series)))
        return "\(series)/\(String(repeating: "0", count: max(0, 6 - number.count)))\(number)"
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
            seller: try await seller(),
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

    /// What an administrator entered as `company` wins over the environment, field by field.
    private func seller() async throws -> PartyBody {
        struct Company: Codable {
            var name: String?
            var address: String?
            var tax_id: String?
        }
        let stored = try await billing.host.database.run(.platformSetting("company"))
        let company = try? stored?.decode(Company.self)
        let own = billing.settings.seller
        func chosen(_ entered: String?, _ standard: String) -> String {
            guard let entered, !entered.isEmpty, entered != "VoltBus" || standard == "VoltBus" else {
                return standard
            }
            return entered
        }
        let taxID = chosen(company?.tax_id, own.taxID)
        return PartyBody(
            name: chosen(company?.name, own.name), address: chosen(company?.address, own.address),
            tax_id: taxID.isEmpty ? nil : taxID)
    }
}
