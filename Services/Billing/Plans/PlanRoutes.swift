import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct PlanPath: Codable, Sendable {
    var id: ID<PlanBody>
}

struct PlanQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var plan_id: String?
    var is_active: Bool?
}

extension Billing {
    @RouteTable var planRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/payment-plans", listPlans).summary("Payment plans").needs(.user)
        Route(.post, "/api/v1/payment-plans", enterPlan).failing("Failed to create payment plan")
            .summary("A new row of a plan").needs(.admin)
        Route(.get, "/api/v1/payment-plans/:id", showPlan).summary("One row of a plan").needs(.user)
        Route(.put, "/api/v1/payment-plans/:id", replacePlan).failing("Failed to update payment plan")
            .summary("Change a row; running sessions keep their copy").needs(.admin)
        Route(.patch, "/api/v1/payment-plans/:id", changePlan).failing("Failed to update payment plan")
            .summary("Change a row; running sessions keep their copy").needs(.admin)
        Route(.delete, "/api/v1/payment-plans/:id", hidePlan).failing("Failed to delete payment plan")
            .summary("Hide a row").needs(.admin)
    }

    func listPlans(_ call: Call<None, PlanQuery, None>) async throws -> PagedList<PlanBody> {
        let plans = try await host.database.run(
            .plans(named: call.query.plan_id, isActive: call.query.is_active))
        return PagedList(call.query.order == .ascending ? plans : plans.reversed(), call.query)
    }

    func showPlan(_ call: Call<PlanPath, None, None>) async throws -> OK<PlanBody> {
        OK(try await plan(call.path.id.number))
    }

    private func plan(_ id: Int64) async throws -> PlanBody {
        guard let plan = try await host.database.run(.plan(id)) else { throw BillingRefusal.noSuchPlan }
        return plan
    }

    func enterPlan(_ call: Call<None, None, PlanInput>) async throws -> Created<PlanBody> {
        let new = try StoredPlan(call.body)
        let (host, caller, request) = (host, call.identified, call.request)
        let id = try await host.database.transaction { transaction in
            if new.isDefault { try await transaction.run(.clearDefaultPlan) }
            let id = try await transaction.run(.enter(new))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "CREATE_PLAN", by: caller.user, ["plan_id": .string(new.planID)], from: request),
                    in: .billing, at: host.clock.now))
            return id
        }
        return Created(try await plan(id))
    }

    func changePlan(_ call: Call<PlanPath, None, PlanInput>) async throws -> OK<PlanBody> {
        try await storePlan(call) { known throws(BillingRefusal) in
            var next = StoredPlan(known)
            try next.apply(call.body)
            return next
        }
    }

    func replacePlan(_ call: Call<PlanPath, None, PlanInput>) async throws -> OK<PlanBody> {
        try await storePlan(call) { _ throws(BillingRefusal) in try StoredPlan(call.body) }
    }

    private func storePlan(
        _ call: Call<PlanPath, None, PlanInput>,
        _ change: @escaping @Sendable (PlanBody) throws(BillingRefusal) -> StoredPlan
    ) async throws -> OK<PlanBody> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        try await host.database.transaction { transaction in
            guard let known = try await transaction.run(.holdPlan(id)) else {
                throw BillingRefusal.noSuchPlan
            }
            let next = try change(known)
            // Another row must become the default, this one cannot just cease to be it.
            guard next.isDefault || !known.is_default else { throw BillingRefusal.lastDefaultPlan }
            if next.isDefault, !known.is_default { try await transaction.run(.clearDefaultPlan) }
            try await transaction.run(.store(next, as: id))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "UPDATE_PLAN", by: caller.user, ["plan_id": .string(next.planID)], from: request),
                    in: .billing, at: host.clock.now))
        }
        return OK(try await plan(id))
    }

    func hidePlan(_ call: Call<PlanPath, None, None>) async throws -> NoContent {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id.number)
        try await host.database.transaction { transaction in
            guard let known = try await transaction.run(.holdPlan(id)) else {
                throw BillingRefusal.noSuchPlan
            }
            guard !known.is_default else { throw BillingRefusal.lastDefaultPlan }
            if try await transaction.run(.isAssigned(known.plan_id)) { throw BillingRefusal.planInUse }
            try await transaction.run(.hidePlan(id, at: host.clock.now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "DELETE_PLAN", by: caller.user, ["plan_id": .string(known.plan_id)], from: request),
                    in: .billing, at: host.clock.now))
        }
        return NoContent()
    }
}
