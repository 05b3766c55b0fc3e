import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A session whose card was charged in vain (api.md 4.9).
struct RetryBody: Codable, Equatable, Sendable {
    var transaction_id: Int64
    var attempt: Int
    @OrNull var next_at: Date?
    var last_result: String
    var status: String
    var unpaid: Int64
}

extension RetryBody: RowDecodable {
    static let columns: StaticString = """
        retry.session_id, retry.attempt, retry.next_at, retry.last_result, retry.status, greatest(0, due.cost - due.paid)
        """

    init(_ cells: inout Cells) throws {
        transaction_id = try cells.next()
        attempt = Int(try cells.next(Int16.self))
        next_at = try cells.next()
        last_result = try cells.next()
        status = try cells.next()
        unpaid = try cells.next()
    }
}

struct RetryQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var status: Status?

    enum Status: String, Codable, CaseIterable, Sendable {
        case planned, done
        case givenUp = "given_up"
    }
}

extension Billing {
    @RouteTable var retryRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/payment/retries", listRetries).failing("Failed to get retries")
            .summary("Payments that failed").needs(.power)
        Route(.post, "/api/v1/payment/retries/:transaction_id", retryPayment).failing("Failed to retry")
            .summary("Try a failed payment now").needs(.power)
        Route(.delete, "/api/v1/payment/retries/:transaction_id", giveUpPayment).failing("Failed to give up")
            .summary("Give a failed payment up").needs(.power)
    }

    func listRetries(_ call: Call<None, RetryQuery, None>) async throws -> PagedList<RetryBody> {
        let (query, database) = (call.query, host.database)
        let status = query.status?.rawValue
        return try await PagedList(query) {
            Int(try await database.run(.countRetries(status)))
        } rows: { cut in
            try await database.run(
                .retries(
                    status, limit: cut.limit, offset: cut.offset, descending: cut.order == .descending))
        }
    }

    func retryPayment(_ call: Call<PaidSessionPath, None, None>) async throws -> Accepted<RetryBody> {
        let (host, session) = (host, call.path.transaction_id)
        guard let user = try await host.database.run(.reviveRetry(of: session, at: host.clock.now)) else {
            throw BillingRefusal.noSuchRetry
        }
        _ = try await PaymentRun(billing: self).chargeUnpaid(of: user)
        guard let retry = try await host.database.run(.retry(of: session)) else {
            throw BillingRefusal.noSuchRetry
        }
        return Accepted(retry)
    }

    func giveUpPayment(_ call: Call<PaidSessionPath, None, None>) async throws -> NoContent {
        let (host, caller, session) = (host, call.identified, call.path.transaction_id)
        try await host.database.transaction { transaction in
            guard try await transaction.run(.giveUpRetry(of: session)).count == 1 else {
                throw BillingRefusal.noSuchRetry
            }
            try await transaction.run(
                .record(
                    AuditEntry(
                        "GIVE_UP_PAYMENT", by: caller.user, ["transaction_id": .integer(session.number)],
                        from: call.request), in: .billing, at: host.clock.now))
        }
        return NoContent()
    }
}

extension Query where Result == [RetryBody] {
    fileprivate static func retries(_ status: String?, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: RetryBody.columns)
            FROM billing.payment_retry AS retry
            JOIN billing.settled_session AS due ON due.session_id = retry.session_id
            WHERE \(status as String?)::text IS NULL OR retry.status = \(status as String?)
            ORDER BY retry.session_id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == RetryBody? {
    fileprivate static func retry(of session: ID<ChargingSession>) -> Self {
        """
        SELECT \(raw: RetryBody.columns)
        FROM billing.payment_retry AS retry
        JOIN billing.settled_session AS due ON due.session_id = retry.session_id
        WHERE retry.session_id = \(session)
        """
    }
}

extension Query where Result == Int64 {
    fileprivate static func countRetries(_ status: String?) -> Self {
        """
        SELECT count(*) FROM billing.payment_retry AS retry
        WHERE \(status as String?)::text IS NULL OR retry.status = \(status as String?)
        """
    }
}

extension Query where Result == ID<User>? {
    /// Also one that was given up.
    fileprivate static func reviveRetry(of session: ID<ChargingSession>, at now: Date) -> Self {
        """
        UPDATE billing.payment_retry SET status = 'planned', next_at = \(now)
        WHERE session_id = \(session) AND status <> 'done'
        RETURNING user_id
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func giveUpRetry(of session: ID<ChargingSession>) -> Self {
        """
        UPDATE billing.payment_retry SET status = 'given_up', next_at = NULL
        WHERE session_id = \(session) AND status <> 'done'
        """
    }
}
