import Core
import HTTP
import Hosting
import Postgres

struct InvoicePath: Codable, Sendable {
    var id: ID<InvoiceBody>
}

struct InvoiceQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
    var user_id: Int64?
    var number: String?
}

/// In which form an invoice is wanted.
struct InvoiceForm: Codable, Sendable {
    var einvoice: Bool?
    var syntax: Syntax?

    enum Syntax: String, Codable, CaseIterable, Sendable {
        case ubl, cii
    }
}

/// One of the two.
struct InvoiceInput: Codable, Sendable {
    /// A ledger entry.
    var transaction_id: Int64?
    /// A session.
    var charging_id: Int64?
}

extension Billing {
    @RouteTable var invoiceRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/invoices", listInvoices).failing("Failed to get invoices")
            .summary("Invoices, page by page").needs(.user)
        Route(.post, "/api/v1/invoices", issueInvoice).failing("Failed to create invoice")
            .summary("The invoice of a payment").idempotent.needs(.user)
        Route(.get, "/api/v1/invoices/:id", showInvoice).failing("Failed to get invoice")
            .summary("One invoice").needs(.user)
        Route(.get, "/api/v1/invoices/:id/pdf", showInvoicePDF).failing("Failed to get invoice")
            .summary("One invoice as PDF").needs(.user)
        Route(.get, "/api/v1/invoices/:id/xml", showInvoiceXML).failing("Failed to get invoice")
            .summary("One invoice as EN 16931 has it, for machines").needs(.user)
    }

    func listInvoices(_ call: Call<None, InvoiceQuery, None>) async throws -> PagedList<InvoiceBody> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        var user: Int64? = caller.user
        if caller.isAdmin {
            if let wanted = query.user_id { user = wanted } else if query.all == true { user = nil }
        }
        let chosen = user
        return try await PagedList(query) {
            Int(try await database.run(.countInvoices(user: chosen, number: query.number)))
        } rows: { cut in
            try await database.run(
                .invoices(
                    user: chosen, number: query.number, limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending))
        }
    }

    func issueInvoice(_ call: Call<None, None, InvoiceInput>) async throws -> CreatedOrOK<InvoiceBody> {
        let issue = IssueInvoice(billing: self, caller: call.identified, request: call.request)
        let entry: Int64
        switch (call.body.transaction_id, call.body.charging_id) {
        case (let number?, nil): entry = number
        case (nil, let session?):
            let row = try await ownSession(session, call.identified)
            guard row.user == call.identified.user || call.identified.isAdmin else {
                throw BillingRefusal.noSuchSession
            }
            guard let payment = try await host.database.run(.payment(of: session)) else {
                throw BillingRefusal.notPaid
            }
            entry = payment
        default:
            throw BillingRefusal.invalid(
                field: "transaction_id", "or charging_id is needed, and only one of them")
        }
        let (invoice, isNew) = try await issue.run(entry: entry)
        return isNew ? .created(invoice) : .existed(invoice)
    }

    private func invoice(_ id: Int64, for caller: Caller) async throws -> InvoiceBody {
        guard let invoice = try await host.database.run(.invoice(id)),
            invoice.user_id == caller.user || caller.isAdmin
        else { throw BillingRefusal.noSuchInvoice }
        return invoice
    }

    func showInvoice(_ call: Call<InvoicePath, None, None>) async throws -> OK<InvoiceBody> {
        OK(try await invoice(call.path.id.number, for: call.identified))
    }

    /// Throws: `BillingRefusal.noSuchInvoice`, also for somebody else's.
    private func stored(_ path: InvoicePath, for caller: Caller) async throws -> (
        StoredEInvoice, name: String
    ) {
        guard let stored = try await host.database.run(.einvoice(path.id.number)),
            stored.body.user_id == caller.user || caller.isAdmin
        else { throw BillingRefusal.noSuchInvoice }
        return (stored, stored.body.number.split(separator: "/").joined(separator: "-"))
    }

    /// Throws: `BillingRefusal.noSuchInvoice`.
    private func structured(_ stored: StoredEInvoice) throws(BillingRefusal) -> EInvoice {
        guard let invoice = EInvoice(stored, zone: host.settings.jobsZone) else { throw .noSuchInvoice }
        return invoice
    }

    func showInvoicePDF(_ call: Call<InvoicePath, InvoiceForm, None>) async throws -> Download<PDFFile> {
        let (stored, name) = try await stored(call.path, for: call.identified)
        guard var pdf = try await PrintInvoice(billing: self).run(stored.body.id) else {
            throw BillingRefusal.noSuchInvoice
        }
        if call.query.einvoice == true {
            let words = InvoiceWords.of(stored.language)
            let kind = stored.body.kind == "correction" ? words.correction : words.invoice
            let title = "\(kind) \(stored.body.number)"
            pdf = try structured(stored).embedded(in: pdf, title: title, issued: stored.body.issued_at) ?? pdf
        }
        return Download(pdf, fileName: "\(name).pdf")
    }

    func showInvoiceXML(_ call: Call<InvoicePath, InvoiceForm, None>) async throws -> Download<XMLFile> {
        let (stored, name) = try await stored(call.path, for: call.identified)
        let invoice = try structured(stored)
        let xml =
            switch call.query.syntax ?? .ubl {
            case .ubl: invoice.ubl
            case .cii: invoice.cii
            }
        return Download(xml, fileName: "\(name).xml")
    }
}
