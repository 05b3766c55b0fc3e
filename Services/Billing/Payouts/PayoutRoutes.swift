import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct PayoutPath: Codable, Sendable {
    var id: ID<PayoutBody>
}

struct PayoutQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
    var month: Month?
    var status: PayoutBody.Status?
}

struct MonthQuery: Codable, Sendable {
    var month: Month
}

struct MonthInput: Codable, Sendable {
    var month: Month
}

struct DraftsMade: Codable, Sendable {
    var created: Int64
}

extension Billing {
    @RouteTable var payoutRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/payouts/account", showPayoutAccount).failing("Failed to get account")
            .summary("Where a host's money goes").needs(.user)
        Route(.put, "/api/v1/payouts/account", storePayoutAccount).failing("Failed to save account")
            .summary("Say where a host's money goes").needs(.user)
        Route(.get, "/api/v1/payouts", listPayouts).failing("Failed to get payouts")
            .summary("Payouts, page by page").needs(.user)
        Route(.post, "/api/v1/payouts", draftPayouts).failing("Failed to create payouts")
            .summary("A draft for each host of a month").needs(.admin)
        Route(.get, "/api/v1/payouts/sepa", showTransfers).failing("Failed to get transfers")
            .summary("What is approved, as a credit transfer file for the bank").needs(.admin)
        Route(.get, "/api/v1/payouts/:id", showPayout).failing("Failed to get payout")
            .summary("One payout").needs(.user)
        Route(.get, "/api/v1/payouts/:id/pdf", showStatement).failing("Failed to get statement")
            .summary("A payout's self-billing statement as PDF").needs(.user)
        Route(.post, "/api/v1/payouts/:id/approve", approvePayout).failing("Failed to approve payout")
            .summary("The second pair of eyes: the money leaves the host's balance").needs(.admin)
        Route(.post, "/api/v1/payouts/:id/paid", markPaid).failing("Failed to mark payout")
            .summary("The bank has transferred it").needs(.admin)
    }

    /// Throws: `BillingRefusal.notAHost`.
    private func checkHost(_ caller: Caller) async throws {
        if caller.isPower { return }
        guard try await host.database.run(.isHost(caller.user)) else { throw BillingRefusal.notAHost }
    }

    func showPayoutAccount(_ call: Call<None, None, None>) async throws -> OK<PayoutAccountBody> {
        try await checkHost(call.identified)
        guard let account = try await host.database.run(.payoutAccount(of: call.identified.user)) else {
            throw BillingRefusal.noSuchAccount
        }
        return OK(account)
    }

    func storePayoutAccount(_ call: Call<None, None, PayoutAccountInput>) async throws
        -> OK<PayoutAccountBody>
    {
        let (caller, body, host, request) = (call.identified, call.body, host, call.request)
        try await checkHost(caller)
        guard let iban = IBAN(body.iban.text) else {
            throw BillingRefusal.invalid(field: "iban", "is not the number of a bank account")
        }
        let account = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.store(body, iban, of: caller.user, at: now))
            // Whoever takes over a host's account would turn the money first of all: who did what stays known.
            try await transaction.run(
                .record(
                    AuditEntry(
                        "PAYOUT_ACCOUNT", by: caller.user, ["iban": .string(IBAN.masked(iban.text))],
                        from: request), in: .billing, at: now))
            return try await transaction.run(.payoutAccount(of: caller.user))
        }
        guard let account else { throw BillingRefusal.noSuchAccount }
        return OK(account)
    }

    func listPayouts(_ call: Call<None, PayoutQuery, None>) async throws -> PagedList<PayoutBody> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        try await checkHost(caller)
        let filter = PayoutFilter(
            user: caller.isAdmin && query.all == true ? nil : caller.user,
            month: query.month, status: query.status)
        return try await PagedList(query) {
            Int(try await database.run(.countPayouts(filter)))
        } rows: { cut in
            try await database.run(
                .payouts(
                    filter, limit: cut.limit, offset: cut.offset, descending: cut.order == .descending))
        }
    }

    func draftPayouts(_ call: Call<None, None, MonthInput>) async throws -> Created<DraftsMade> {
        let (host, caller, request) = (host, call.identified, call.request)
        let month = call.body.month
        let (now, end) = (host.clock.now, month.next.start(in: host.settings.jobsZone))
        guard end <= now else { throw BillingRefusal.invalid(field: "month", "has not ended") }
        let year = CalendarDay(of: now, in: host.settings.jobsZone).year
        // A hyphen is in no prefix of invoices: their series stay apart.
        let series = "\(settings.invoicePrefix)-P\(year)"
        let buyer = try await seller()
        let made = try await host.database.transaction { transaction in
            let last = try await transaction.run(.holdSeries(series))
            let made = try await transaction.run(
                .draftPayouts(
                    of: month, until: end, currency: host.settings.currency, buyer: buyer, series: series,
                    last: last, by: caller.user, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "DRAFT_PAYOUTS", by: caller.user,
                        ["month": .string(month.text), "created": .integer(made)], from: request),
                    in: .billing, at: now))
            return made
        }
        return Created(DraftsMade(created: made))
    }

    /// Throws: `BillingRefusal.noSuchPayout`, also for somebody else's.
    private func frozen(_ id: Int64, for caller: Caller) async throws -> FrozenPayout {
        guard let payout = try await host.database.run(.frozenPayout(id)),
            payout.body.user_id == caller.user || caller.isAdmin
        else { throw BillingRefusal.noSuchPayout }
        return payout
    }

    func showPayout(_ call: Call<PayoutPath, None, None>) async throws -> OK<PayoutBody> {
        OK(try await frozen(call.path.id.number, for: call.identified).body)
    }

    func showStatement(_ call: Call<PayoutPath, None, None>) async throws -> Download<PDFFile> {
        let payout = try await frozen(call.path.id.number, for: call.identified)
        let name = payout.body.statement_number.split(separator: "/").joined(separator: "-")
        if let pdf = payout.pdf {
            return Download(pdf.bytes, fileName: "\(name).pdf")
        }
        let language = try await host.database.run(.buyer(payout.body.user_id))?.language ?? "en"
        let sessions = try await sessions(ofPayout: payout.body.id)
        let printed = try await press.print(PayoutStatement(payout, sessions, language: language).document)
        try await host.database.run(.keepStatement(printed, of: payout.body.id))
        // Of two who print at once, the one whose document was kept.
        let kept = try await host.database.run(.frozenPayout(payout.body.id))?.pdf?.bytes ?? printed
        return Download(kept, fileName: "\(name).pdf")
    }

    func approvePayout(_ call: Call<PayoutPath, None, None>) async throws -> OK<PayoutBody> {
        try await ApprovePayout(billing: self, caller: call.identified, request: call.request)
            .run(call.path.id.number)
        return OK(try await frozen(call.path.id.number, for: call.identified).body)
    }

    func showTransfers(_ call: Call<None, MonthQuery, None>) async throws -> Download<XMLFile> {
        let month = call.query.month
        var payouts: [FrozenPayout] = []
        while true {
            let part = try await host.database.run(
                .approvedPayouts(of: month, after: payouts.last?.body.id ?? 0, limit: 1_000))
            payouts += part
            if part.count < 1_000 { break }
        }
        guard !payouts.isEmpty else { throw BillingRefusal.noSuchPayout }
        let payer = try await seller()
        let now = host.clock.now
        let file = CreditTransferFile(
            month: month, payer: payer.name, payerIBAN: settings.sellerIBAN, payouts: payouts, made: now,
            day: CalendarDay(of: now, in: host.settings.jobsZone), currency: host.settings.currency)
        return Download(file.xml, fileName: "payouts-\(month.text).xml")
    }

    func markPaid(_ call: Call<PayoutPath, None, None>) async throws -> OK<PayoutBody> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        _ = try await frozen(id, for: caller)
        try await host.database.transaction { transaction in
            let now = host.clock.now
            guard try await transaction.run(.markPaid(id, by: caller.user, at: now)).count == 1 else {
                throw BillingRefusal.payoutNot("approved")
            }
            try await transaction.run(
                .record(
                    AuditEntry("PAYOUT_PAID", by: caller.user, ["payout": .integer(id)], from: request),
                    in: .billing, at: now))
        }
        return OK(try await frozen(id, for: caller).body)
    }
}
