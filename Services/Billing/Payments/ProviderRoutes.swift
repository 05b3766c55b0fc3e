import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct NotifyAnswer: Codable, Sendable {
    var status_code: Int
    var status_message: String
}

extension Billing {
    @RouteTable var providerRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/payment/notify", hearProvider).failing("Failed to take the notification")
            .summary("The provider's word about an order, signed").openToAnyCredential
        Route(.get, "/api/v1/payment/sandbox/:order", showSandbox)
            .summary("The sandbox's page: approve or refuse").openToAnyCredential
        Route(.post, "/api/v1/payment/sandbox/:order", decideSandbox)
            .summary("What was decided on the sandbox's page").openToAnyCredential
    }

    func hearProvider(_ call: Call<None, None, None>) async throws -> OK<NotifyAnswer> {
        let signature = call.request.headers["X-Signature"]
        guard let notice = try provider.notice(call.request.body, signature: signature) else {
            throw BillingRefusal.wrongSignature
        }
        _ = try await CompleteOrder(
            billing: self, id: notice.order, result: notice.result, identifier: notice.identifier,
            notice: notice
        ).run()
        return OK(NotifyAnswer(status_code: 0, status_message: "ok"))
    }

    /// Throws: `BillingRefusal.noSuchOrder`, also where another provider charges.
    private func sandboxOrder(_ id: ID<PaymentOrder>) async throws -> StoredOrder {
        guard settings.payments.provider == .sandbox, let order = try await host.database.run(.order(id)),
            order.askedAt == nil
        else { throw BillingRefusal.noSuchOrder }
        return order
    }

    func showSandbox(_ call: Call<OrderPath, None, None>) async throws -> HTML {
        let order = try await sandboxOrder(call.path.order)
        let form =
            order.isCompleted
            ? "<p>This order is closed.</p>"
            : """
            <form method="post"><button name="decision" value="approve">Approve</button>
            <button name="decision" value="refuse">Refuse</button></form>
            """
        return HTML(
            """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox payment</title>
            <h1>Order \(order.id)</h1><p>\(order.amount.decimal) \(order.amount.currency.code)</p>\(form)</html>
            """, policy: Self.sandboxPolicy)
    }

    /// A form's policy holds for where its answer sends the person, too: back to the shop, wherever that is.
    private static let sandboxPolicy = HTML.strictPolicy.replacing(
        "form-action 'self'", with: "form-action *")

    func decideSandbox(_ call: Call<OrderPath, None, None>) async throws -> SeeOther {
        let order = try await sandboxOrder(call.path.order)
        guard !order.isCompleted else { throw BillingRefusal.orderCompleted }
        let words = String(decoding: call.request.body, as: UTF8.self).split(separator: "&")
        let isApproved = words.contains("decision=approve")
        guard isApproved || words.contains("decision=refuse") else {
            throw BillingRefusal.invalid(field: "decision", "must be approve or refuse")
        }
        let card = order.identifier.isEmpty ? "card_\(order.id)" : order.identifier
        _ = try await CompleteOrder(
            billing: self, id: order.id, result: PaymentResult(code: isApproved ? "0000" : "0190"),
            identifier: card
        ).run()
        let back = isApproved ? order.returnOK : order.returnKO
        return SeeOther(back ?? "/api/v1/payment/sandbox/\(order.id)")
    }
}
