import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct OrderInput: Codable, Sendable {
    var transaction_id: Int64?
    var amount: Whole<0, 1_000_000_000>?
    /// Letters or number.
    var currency: Text<0, 3>?
    var description: Text<0, 255>?
    var identifier: Text<0, 255>?
    /// 0 is a new one.
    var order: Int64?
    var mode: Mode?
    var return_url_ok: Text<0, 2_000>?
    var return_url_ko: Text<0, 2_000>?

    enum Mode: String, Codable, CaseIterable, Sendable {
        case web
    }
}

struct OrderPath: Codable, Sendable {
    var order: ID<PaymentOrder>
}

struct OrderQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var all: Bool?
    var transaction_id: Int64?
}

extension Billing {
    @RouteTable var orderRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/payment/order", placeOrder).failing("Failed to create payment order")
            .summary("Open an order, or change an open one").idempotent.needs(.user)
        Route(.get, "/api/v1/payment/orders", listOrders).failing("Failed to get payment orders")
            .summary("Payment orders, page by page").needs(.user)
        Route(.get, "/api/v1/payment/orders/:order", showOrder).failing("Failed to get payment order")
            .summary("One payment order").needs(.user)
    }

    func placeOrder(_ call: Call<None, None, OrderInput>) async throws -> OK<OrderBody> {
        let (host, user, body) = (host, ID<User>(call.identified.user), call.body)
        let order = try await newOrder(body, of: user)
        let id = try await host.database.transaction { transaction in
            if let session = order.session { try await transaction.run(.holdMoney(of: session)) }
            guard let number = body.order, number != 0 else {
                return try await transaction.place(order, at: host.clock.now)
            }
            guard let known = try await transaction.run(.holdOrder(ID(number))) else {
                throw BillingRefusal.noSuchOrder
            }
            guard known.user == user else { throw BillingRefusal.othersOrder }
            guard !known.isCompleted else { throw BillingRefusal.orderCompleted }
            guard known.askedAt == nil, !known.isCapture else { throw BillingRefusal.paymentUnderWay }
            try await transaction.run(.rewrite(known.id, order))
            return known.id
        }
        guard let stored = try await host.database.run(.order(id)) else { throw BillingRefusal.noSuchOrder }
        var answer = OrderBody(stored, for: user.number)
        if body.mode == .web {
            let page = try provider.page(for: stored, base: host.settings.backendURL)
            (answer.form_url, answer.form_fields) = (page.url, page.fields)
        }
        return OK(answer)
    }

    /// Throws: `BillingRefusal`.
    private func newOrder(_ body: OrderInput, of user: ID<User>) async throws -> NewOrder {
        let currency = host.settings.currency
        if let wanted = body.currency?.text, !wanted.isEmpty {
            guard wanted == currency.code || wanted == settings.payments.currencyNumber else {
                throw BillingRefusal.badPayment("the currency is \(currency.code)")
            }
        }
        let identifier = body.identifier?.text ?? ""
        if !identifier.isEmpty, let owner = try await host.database.run(.cardOwner(identifier)), owner != user
        {
            throw BillingRefusal.othersOrder
        }
        var order = NewOrder(
            kind: .enrolment, user: user, identifier: identifier,
            amount: Money(Int64(body.amount?.number ?? 0), currency),
            description: body.description?.text ?? "",
            returnOK: try Self.link(body.return_url_ok, "return_url_ok"),
            returnKO: try Self.link(body.return_url_ko, "return_url_ko"))
        guard let number = body.transaction_id, number != 0 else { return order }
        guard let session = try await host.database.run(.session(number)), session.user == user.number else {
            throw BillingRefusal.noSuchSession
        }
        guard session.isFinished, let due = try await host.database.run(.due(ID(number))) else {
            throw BillingRefusal.unfinished
        }
        order.kind = .charging
        order.session = due.number
        if body.amount == nil { order.amount = Money(due.unpaid, currency) }
        guard order.amount.minorUnits <= due.unpaid else {
            throw BillingRefusal.invalid(field: "amount", "is above what is unpaid")
        }
        return order
    }

    /// A place that a person is sent to: nothing but a web address.
    private static func link(_ text: Text<0, 2_000>?, _ field: String) throws(BillingRefusal) -> String? {
        guard let text = text?.text, !text.isEmpty else { return nil }
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain, text.hasPrefix("https://") || text.hasPrefix("http://"),
            let url = URL(string: text), url.host()?.isEmpty == false
        else { throw .invalid(field: field, "must be an http or https address") }
        return text
    }

    func listOrders(_ call: Call<None, OrderQuery, None>) async throws -> PagedList<OrderBody> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        let isWide = caller.isPower && (query.all == true || query.transaction_id != nil)
        let user = isWide ? nil : caller.user
        return try await PagedList(query) {
            Int(try await database.run(.countOrders(user: user, session: query.transaction_id)))
        } rows: { cut in
            try await database.run(
                .orders(
                    user: user, session: query.transaction_id, limit: cut.limit, offset: cut.offset,
                    descending: cut.order == .descending)
            ).map { OrderBody($0, for: caller.user) }
        }
    }

    func showOrder(_ call: Call<OrderPath, None, None>) async throws -> OK<OrderBody> {
        let caller = call.identified
        guard let order = try await host.database.run(.order(call.path.order)),
            order.user.number == caller.user || caller.isPower
        else { throw BillingRefusal.noSuchOrder }
        return OK(OrderBody(order, for: caller.user))
    }
}
