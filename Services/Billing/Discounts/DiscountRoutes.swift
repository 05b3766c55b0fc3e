import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// What is written of a code. On PATCH what is absent stays, and null takes away.
struct DiscountInput: Codable, Sendable {
    var code: Text<3, 32>?
    var value: PercentText?
    var expires_at: Patch<Date>
    var max_uses: Patch<Whole<1, 1_000_000_000>>
    var user_id: Patch<ID<User>>

    /// Throws: `BillingRefusal`.
    func applied(to known: DiscountBody?) throws(BillingRefusal) -> NewDiscount {
        guard let code = code?.text.uppercased() ?? known?.code else {
            throw .invalid(field: "code", "is missing")
        }
        guard code.utf8.allSatisfy(Self.isAllowed) else {
            throw .invalid(field: "code", "must be letters, digits, _ or -")
        }
        guard let value = value?.percent ?? known?.value else { throw .invalid(field: "value", "is missing") }
        return NewDiscount(
            code: code, hundredths: Int32(clamping: value.hundredths),
            expiresAt: expires_at.applied(to: known?.expires_at),
            maxUses: max_uses.map { Int32($0.number) }.applied(to: known?.max_uses.map { Int32($0) }),
            user: user_id.applied(to: known?.user_id.map { ID($0) }))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }
}

struct DiscountPath: Codable, Sendable {
    var id: ID<DiscountBody>
}

struct DiscountQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var code: String?
}

struct DiscountQuestion: Codable, Sendable {
    var code: Text<1, 32>
    var amount: Whole<1, 1_000_000_000>
}

struct DiscountQuote: Codable, Equatable, Sendable {
    var code: String
    var original_amount: Int64
    var final_amount: Int64
    var discount: Int64
}

extension Billing {
    @RouteTable var discountRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/discounts", listDiscounts).failing("Failed to get discounts")
            .summary("Discount codes, page by page").needs(.admin)
        Route(.post, "/api/v1/discounts", enterDiscount).failing("Failed to create discount")
            .summary("A new code").needs(.admin)
        Route(.get, "/api/v1/discounts/:id", showDiscount).failing("Failed to get discount")
            .summary("One code").needs(.admin)
        Route(.put, "/api/v1/discounts/:id", replaceDiscount).failing("Failed to update discount")
            .summary("Change a code").needs(.admin)
        Route(.patch, "/api/v1/discounts/:id", changeDiscount).failing("Failed to update discount")
            .summary("Change a code").needs(.admin)
        Route(.delete, "/api/v1/discounts/:id", hideDiscount).failing("Failed to delete discount")
            .summary("Hide a code; uses that sessions hold stay valid").needs(.admin)
        Route(.post, "/api/v1/discounts/quote", quoteDiscount).failing("Failed to quote discount")
            .summary("What a code would take off; uses nothing up").needs(.user)
    }

    func listDiscounts(_ call: Call<None, DiscountQuery, None>) async throws -> PagedList<DiscountBody> {
        let (code, database) = (call.query.code?.uppercased(), host.database)
        return try await PagedList(call.query) {
            Int(try await database.run(.countDiscounts(named: code)))
        } rows: { cut in
            try await database.run(
                .discounts(
                    named: code, limit: cut.limit, offset: cut.offset, descending: cut.order == .descending))
        }
    }

    /// Throws: `BillingRefusal.noSuchDiscount`.
    private func discount(_ id: Int64) async throws -> DiscountBody {
        guard let discount = try await host.database.run(.discount(id)) else {
            throw BillingRefusal.noSuchDiscount
        }
        return discount
    }

    func showDiscount(_ call: Call<DiscountPath, None, None>) async throws -> OK<DiscountBody> {
        OK(try await discount(call.path.id.number))
    }

    func enterDiscount(_ call: Call<None, None, DiscountInput>) async throws -> Created<DiscountBody> {
        let (new, host, caller, request) = (
            try call.body.applied(to: nil), host, call.identified, call.request
        )
        if let user = new.user, try await !host.database.run(.accountExists(user)) {
            throw BillingRefusal.noSuchUser
        }
        let id = try await unlessCodeExists {
            try await host.database.transaction { transaction in
                try await transaction.run(
                    .record(
                        AuditEntry(
                            "CREATE_DISCOUNT", by: caller.user, ["code": .string(new.code)], from: request),
                        in: .billing, at: host.clock.now))
                return try await transaction.run(.enter(new, at: host.clock.now))
            }
        }
        return Created(try await discount(id))
    }

    /// Throws: `BillingRefusal.discountExists`.
    private func unlessCodeExists<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch let error as DatabaseError
            where error.violatesUnique("discount_code")
        { throw BillingRefusal.discountExists }
    }

    func changeDiscount(_ call: Call<DiscountPath, None, DiscountInput>) async throws -> OK<DiscountBody> {
        try await storeDiscount(call) { known throws(BillingRefusal) in try call.body.applied(to: known) }
    }

    func replaceDiscount(_ call: Call<DiscountPath, None, DiscountInput>) async throws -> OK<DiscountBody> {
        try await storeDiscount(call) { _ throws(BillingRefusal) in try call.body.applied(to: nil) }
    }

    private func storeDiscount(
        _ call: Call<DiscountPath, None, DiscountInput>,
        _ change: @escaping @Sendable (DiscountBody) throws(BillingRefusal) -> NewDiscount
    ) async throws -> OK<DiscountBody> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        try await unlessCodeExists {
            try await host.database.transaction { transaction in
                guard let known = try await transaction.run(.holdDiscount(id)) else {
                    throw BillingRefusal.noSuchDiscount
                }
                let next = try change(known)
                if let most = next.maxUses, Int(most) < known.usage_count + known.reserved_count {
                    throw BillingRefusal.tooFewUses
                }
                if let user = next.user, try await !transaction.run(.accountExists(user)) {
                    throw BillingRefusal.noSuchUser
                }
                try await transaction.run(.store(next, as: id))
                try await transaction.run(
                    .record(
                        AuditEntry(
                            "UPDATE_DISCOUNT", by: caller.user, ["code": .string(next.code)], from: request),
                        in: .billing, at: host.clock.now))
            }
        }
        return OK(try await discount(id))
    }

    func hideDiscount(_ call: Call<DiscountPath, None, None>) async throws -> NoContent {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        try await host.database.transaction { transaction in
            guard try await transaction.run(.hideDiscount(id, at: host.clock.now)).count == 1 else {
                throw BillingRefusal.noSuchDiscount
            }
            try await transaction.run(
                .record(
                    AuditEntry("DELETE_DISCOUNT", by: caller.user, ["discount": .integer(id)], from: request),
                    in: .billing, at: host.clock.now))
        }
        return NoContent()
    }

    func quoteDiscount(_ call: Call<None, None, DiscountQuestion>) async throws -> OK<DiscountQuote> {
        let (user, body) = (ID<User>(call.identified.user), call.body)
        guard let code = try await host.database.run(.discount(named: body.code.text.uppercased())),
            code.isUsable(by: user, at: host.clock.now)
        else { throw BillingRefusal.discountNotUsable }
        let amount = Money(Int64(body.amount.number), host.settings.currency)
        let discount = code.value.share(of: amount).minorUnits
        return OK(
            DiscountQuote(
                code: code.code, original_amount: amount.minorUnits,
                final_amount: amount.minorUnits - discount, discount: discount))
    }
}
