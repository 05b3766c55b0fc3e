import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

struct PointsQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var user_id: ID<User>?
}

struct PointsInput: Codable, Sendable {
    var user_id: ID<User>
    var points: Whole<-1_000_000_000, 1_000_000_000>
    var description: Text<1, 255>
}

struct PointsPage: Codable, Sendable {
    var items: [PointsBody]
    var pagination: Paged<PointsBody>.Pagination
    var points: Int64
    var points_per_kwh: Int64
}

struct PointsPath: Codable, Sendable {
    var id: ID<PointsBody>
}

struct ExchangeInput: Codable, Sendable {
    var threshold_id: ID<ThresholdBody>
}

struct ExchangeBody: Codable, Sendable {
    var discount_code: String
    var discount_value: String
    var expires_at: Date
    var remaining_points: Int64
}

extension Billing {
    @RouteTable var pointsRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/points", listPoints).failing("Failed to get points")
            .summary("Movements of points").needs(.user)
        Route(.post, "/api/v1/points", enterPoints).failing("Failed to create points entry")
            .summary("Give or take points").idempotent.needs(.admin)
        Route(.get, "/api/v1/points/:id", showPoints).failing("Failed to get points entry")
            .summary("One movement of points").needs(.user)
        Route(.post, "/api/v1/points/exchange", exchangePoints).failing("Failed to exchange points")
            .summary("A discount code for points").idempotent.needs(.user)
    }

    func listPoints(_ call: Call<None, PointsQuery, None>) async throws -> OK<PointsPage> {
        let (query, caller, database) = (call.query, call.identified, host.database)
        let user = caller.isAdmin ? query.user_id ?? ID(caller.user) : ID(caller.user)
        let total = Int(try await database.run(.countPointsEntries(of: user)))
        let page = query.asked.within(total: total)
        let rows = try await database.run(
            .pointsEntries(
                of: user, limit: page.size, offset: page.offset, descending: page.order == .descending))
        let paged = Paged(rows, page: page, total: total)
        return OK(
            PointsPage(
                items: paged.items, pagination: paged.pagination,
                points: try await database.run(.points(of: user)) ?? 0, points_per_kwh: settings.pointsPerKWh)
        )
    }

    func showPoints(_ call: Call<PointsPath, None, None>) async throws -> OK<PointsBody> {
        guard let entry = try await host.database.run(.pointsEntry(call.path.id.number)),
            entry.user_id == call.identified.user || call.identified.isAdmin
        else { throw BillingRefusal.noSuchPointsEntry }
        return OK(entry)
    }

    func enterPoints(_ call: Call<None, None, PointsInput>) async throws -> Created<PointsBody> {
        let (host, caller, body) = (host, call.identified, call.body)
        let points = Int64(body.points.number)
        guard points != 0 else { throw BillingRefusal.invalid(field: "points", "must not be 0") }
        guard try await host.database.run(.accountExists(body.user_id)) else {
            throw BillingRefusal.noSuchUser
        }
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            let move = try await transaction.movePoints(of: body.user_id, by: points)
            guard move.moved == points else { throw BillingRefusal.notEnoughPoints }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "POINTS_ENTRY", by: caller.user,
                        ["user_id": .integer(body.user_id.number), "points": .integer(points)],
                        from: call.request), in: .billing, at: now))
            return try await transaction.run(
                .enterPoints(
                    PointsMove(
                        user: body.user_id, points: points, reason: "manual",
                        description: body.description.text, balanceAfter: move.after,
                        cause: "api:\(RandomText.opaqueToken())"), at: now))
        }
        guard let entry = try await host.database.run(.pointsEntry(id.number)) else {
            throw BillingRefusal.noSuchPointsEntry
        }
        host.bus.publish(PointsChanged(user: body.user_id, points: Int(entry.balance_after)))
        return Created(entry)
    }

    func exchangePoints(_ call: Call<None, None, ExchangeInput>) async throws -> Created<ExchangeBody> {
        let (host, user) = (host, ID<User>(call.identified.user))
        guard let threshold = try await host.database.run(.threshold(call.body.threshold_id.number)),
            threshold.is_active
        else { throw BillingRefusal.noSuchThreshold }
        let now = host.clock.now
        let expires = now + Double(settings.exchangeDays * 86_400)
        let code = RandomText.discountCode()
        let left = try await host.database.transaction { transaction in
            guard
                let left = try await transaction.run(
                    .spendPoints(of: user, by: -Int64(threshold.points_required)))
            else { throw BillingRefusal.notEnoughPoints }
            let new = NewDiscount(
                code: code, hundredths: Int32(clamping: threshold.discount_value.hundredths),
                expiresAt: expires, maxUses: 1, user: user)
            let id = try await transaction.run(.enter(new, at: now))
            try await transaction.run(
                .enter(
                    PointsMove(
                        user: user, points: -Int64(threshold.points_required), reason: "exchange",
                        description: "Discount code \(code)", balanceAfter: left, cause: "exchange:\(id)"),
                    at: now))
            return left
        }
        host.bus.publish(PointsChanged(user: user, points: Int(left)))
        return Created(
            ExchangeBody(
                discount_code: code, discount_value: threshold.discount_value.description,
                expires_at: expires,
                remaining_points: left))
    }
}
